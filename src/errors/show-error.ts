import type { IdempotencyError } from './idempotency-error.js'
import { withSafeUrls } from './safe-url.js'

const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

/** What may be written to a log. A key of the caller's may be made of a name or an account; a made one tells nothing. */
export interface ShownError {
  readonly name: string
  readonly code: string
  readonly message: string
  readonly key: string | undefined
  readonly attempts: number
  readonly outcome: string
  readonly method: string
  readonly url: string
}

export function showFacts(error: IdempotencyError): ShownError {
  const { name, code, message, key, attempts, outcome, method, url } = error
  const shownKey = key === undefined || uuid.test(key) ? key : '(given)'
  return { name, code, message, key: shownKey, attempts, outcome, method, url }
}

/** Where the messages of runtimes, mocks and libraries quote what was sent: whole requests, queries of paths, credentials. */
const quotes: readonly (readonly [RegExp, string])[] = [
  [/\{[^]*/, '{…'],
  [/\?[^\s'"`<>]+/g, ''],
  [/\b(authorization|cookie|token|secret|password|key)\b(["']?\s*[:=])[^]*/i, '$1$2 …'],
  [/\b(bearer|basic) \S+/gi, '$1 …'],
]

/** The message of a cause. One about a header or about JSON quotes its value, or the body. */
function withoutSecrets(message: string): string {
  let shown = withSafeUrls(message)
  if (/header|json/i.test(message)) shown = shown.replace(/["'][^]*["']/, '…')
  for (const [pattern, text] of quotes) shown = shown.replace(pattern, text)
  return shown
}

/** The causes in brief. Responses and what runtimes hang on their errors can hold cookies, queries and credentials. */
function showCauses(error: unknown): string {
  let text = ''
  for (let at = error, depth = 1; typeof at === 'object' && at !== null && depth < 6; depth += 1) {
    const { name, code, message, status, cause } = at as Record<string, unknown>
    const words = typeof message === 'string' ? `: ${withoutSecrets(message)}` : ''
    const mark = typeof code === 'string' ? ` [${code}]` : ''
    const what =
      typeof status === 'number' && words === ''
        ? `an answer with status ${status}`
        : String(name ?? 'an object')
    text += `\n${'  '.repeat(depth)}[cause]: ${what}${mark}${words}`
    at = cause
  }
  return text
}

/** What `console.error` prints. */
export function showError(error: IdempotencyError): string {
  const { code, key, attempts, outcome } = showFacts(error)
  const facts = `{ code: '${code}', key: ${key === undefined ? 'undefined' : `'${key}'`}, attempts: ${attempts}, outcome: '${outcome}' }`
  let causes = ''
  try {
    causes = showCauses(error.cause)
  } catch {
    causes = '\n  [cause]: one that cannot be read'
  }
  return `${error.stack ?? String(error)} ${facts}${causes}`
}
