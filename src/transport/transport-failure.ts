/** What a failure to get an answer tells: whether the request can have reached a server. */
export type FailureVerdict = 'not-sent' | 'unsendable' | 'unknown'

/** Said only before a connection exists, whatever the runtime: Node's names, then undici's, then Bun's. */
const notSent =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_[A-Z]+|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused|FailedToOpenSocket)$/

/** The request itself is refused, by this side. */
const unsendable = /^(?:ERR_INVALID_(?:CHAR|HTTP_TOKEN)|UND_ERR_(?:INVALID_ARG|NOT_SUPPORTED))$/

/** The server's certificate is refused. Deno gives no codes. */
const badCertificate =
  /^(?:[A-Z_]+_)?CERT(?:_|$)|^(?:UNABLE_TO_(?:GET|VERIFY)_|HOSTNAME_MISMATCH|ERR_SSL_WRONG_VERSION_NUMBER$)/
const badCertificateMessage = /invalid peer certificate/

/** undici has no codes for what the fetch standard blocks. */
const badUrlMessage =
  /invalid url|not a valid url|url is invalid|(?:^|: )failed to parse url|^unknown scheme$|credentials/i
const notSentMessage = /client error \(Connect\)/

/** What went wrong behind a redirect tells nothing of the write, which may have been applied before it. */
export class LostBehindRedirect extends TypeError {}

interface SystemError {
  readonly code?: unknown
  readonly syscall?: unknown
  readonly port?: unknown
  readonly hostname?: unknown
  readonly address?: unknown
  readonly host?: unknown
  readonly path?: unknown
  readonly message?: unknown
  readonly cause?: unknown
  readonly errors?: unknown
}

function says(text: unknown, pattern: RegExp): text is string {
  return typeof text === 'string' && pattern.test(text)
}

function parse(url: unknown): URL | undefined {
  return typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined
}

/**
 * Whether a failure is about another server than the one that was addressed, or may be: then that one has answered with a
 * redirect, and the write may have been applied.
 */
function isElsewhere(
  { port, hostname, host = hostname, address, path, message }: SystemError,
  target: URL,
  mayHaveMoved: boolean,
): boolean {
  const ownHost = target.hostname.replace(/^\[|\]$/g, '')
  const ownPort = target.port || (target.protocol === 'https:' ? '443' : '80')
  const isAddress = /^[\d.]+$|:/.test(ownHost)
  const isLoopback = ownHost === 'localhost' && /^(?:127\.0\.0\.1|::1)$/.test(String(address))
  const url = parse(path)
  const attempted = /attempted address(?:es)?: ([^,)]+)/.exec(String(message))?.[1]
  return (
    // Bun, which names the URL that was asked for first.
    (url !== undefined && (mayHaveMoved || url.host !== target.host)) ||
    (typeof port === 'number' && String(port) !== ownPort) ||
    (typeof host === 'string' && host.toLowerCase() !== ownHost) ||
    // undici, when the connection takes too long.
    (mayHaveMoved && attempted !== undefined && attempted !== `${ownHost}:${ownPort}`) ||
    // Node, which does not name the host whose address it has looked up.
    (typeof address === 'string' && address !== ownHost && (isAddress || (mayHaveMoved && !isLoopback)))
  )
}

/** Deno has the URL in its messages, that of where a redirect has led. */
function isOfOther(message: unknown, target: URL | undefined): boolean {
  return (
    target !== undefined &&
    / for url \(/.test(String(message)) &&
    !String(message).includes(`(${target.origin}/`)
  )
}

/**
 * Reads the error of a fetch that was to send to `url`. Only what provably happened before anything was sent is
 * `not-sent`; a runtime that does not say (browsers) gives `unknown`. Where the fetch may have followed a redirect of a
 * write (`mayHaveMoved`), a connection that failed may be that of where it led.
 */
export function readFailure(error: unknown, url?: string, mayHaveMoved = false): FailureVerdict {
  const target = parse(url)
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 8; depth += 1) {
    const { code, syscall, message, cause, errors } = at as SystemError
    if (Array.isArray(errors) && errors.length > 0) {
      const [verdict, ...others] = new Set(errors.map((one) => readFailure(one, url, mayHaveMoved)))
      return others.length > 0 ? 'unknown' : (verdict as FailureVerdict)
    }
    if (at instanceof LostBehindRedirect) return 'unknown'
    if (target !== undefined && isElsewhere(at, target, mayHaveMoved)) return 'unknown'
    // Of a broken connection too, unless the system call was the one that opens it.
    if (says(code, notSent) || syscall === 'connect') return 'not-sent'
    if (says(code, unsendable)) return 'unsendable'
    if (says(code, badCertificate) || says(message, badCertificateMessage))
      return target?.protocol === 'http:' || isOfOther(message, target) ? 'unknown' : 'unsendable'
    if (says(message, badUrlMessage))
      return target && /^https?:\/\/[^@/]*\//.test(target.href) ? 'unknown' : 'unsendable'
    if (message === 'bad port') return mayHaveMoved || target?.port === '' ? 'unknown' : 'unsendable'
    if (says(message, notSentMessage)) return isOfOther(message, target) ? 'unknown' : 'not-sent'
    at = cause
  }
  return 'unknown'
}
