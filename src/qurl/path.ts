import { describeShape, invalid } from './validate.js'

/**
 * Builds a request path; every value becomes one encoded segment. Values that are not a name are refused: empty or padded
 * strings, and `.` and `..`, which a URL parser would resolve into a call on the parent.
 *
 * @throws {@link ValidationError} for a value that cannot be one path segment.
 *
 * @example
 * ```ts
 * path`/v1/resources/${'r_k8xqp9h2sj9'}/qurls` // '/v1/resources/r_k8xqp9h2sj9/qurls'
 * ```
 */
export function path(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return parts.reduce(
    (built, part, index) => built + encodeSegment(parts[index - 1] ?? '', values[index - 1]) + part,
  )
}

function encodeSegment(before: string, value: unknown): string {
  const refuse = (reason: string) => invalid(`the path segment after ${before} ${reason}`)
  if (typeof value !== 'string') throw refuse(`must be a string (got ${describeShape(value)})`)
  if (value === '') throw refuse('must not be empty')
  if (value.trim() !== value) throw refuse('must not have surrounding whitespace')
  if (value === '.' || value === '..') throw refuse('must not be "." or ".."')
  try {
    return encodeURIComponent(value)
  } catch {
    throw refuse('must be well-formed text')
  }
}
