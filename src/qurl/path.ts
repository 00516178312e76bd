import { findIdProblem, type IdKind } from './pasted-secret.js'
import { describeShape, invalid } from './validate.js'

/**
 * Builds a request path; every value becomes one encoded segment. Values that are not a name are refused: empty or padded
 * strings, pasted links and tokens, and `.` and `..`, which a URL parser would resolve into a call on the parent.
 *
 * @throws {@link ValidationError} for a value that cannot be one path segment.
 *
 * @example
 * ```ts
 * path`/v1/resources/${'r_k8xqp9h2sj9'}/qurls` // '/v1/resources/r_k8xqp9h2sj9/qurls'
 * ```
 */
export function path(parts: TemplateStringsArray, ...values: readonly string[]): string {
  let built = parts[0] as string
  for (let at = 0; at < values.length; at += 1) {
    built += encodeSegment(parts[at] as string, values[at]) + (parts[at + 1] as string)
  }
  return built
}

/** What the segment after a part of a path names. */
function kindAfter(before: string): IdKind {
  if (before.endsWith('/v1/qurls/')) return 'either'
  if (before.endsWith('/resources/')) return 'resource'
  return before.endsWith('qurls/') ? 'qurl' : 'other'
}

function encodeSegment(before: string, value: unknown): string {
  checkId(`the path segment after ${before}`, value, kindAfter(before))
  try {
    return encodeURIComponent(value as string)
  } catch {
    throw invalid(`the path segment after ${before} must be well-formed text`)
  }
}

/**
 * Refuses what cannot be an id.
 *
 * @throws {@link ValidationError} whose text never shows the value.
 */
export function checkId(what: string, value: unknown, kind: IdKind): void {
  const problem =
    typeof value === 'string' ? findIdProblem(value, kind) : `must be a string (got ${describeShape(value)})`
  if (problem !== undefined) throw invalid(`${what} ${problem}`)
}
