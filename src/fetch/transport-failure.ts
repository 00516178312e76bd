/** What a failure to get an answer tells: whether the request can have reached a server. */
export type FailureVerdict = 'not-sent' | 'unsendable' | 'unknown'

/** Said only before a connection exists, whatever the runtime: Node's names, then undici's, then Bun's. */
const notSent =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_[A-Z]+|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused|FailedToOpenSocket)$/

/** Said of a broken connection too, unless the system call was the one that opens it. */
const notSentOnConnect = /^(?:ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|ETIMEDOUT|ECONNRESET|ECONNABORTED)$/

/** The request itself is refused, by this side. */
const unsendable = /^(?:ERR_INVALID_(?:CHAR|HTTP_TOKEN)|UND_ERR_INVALID_ARG)$/

/** The server's certificate is refused. */
const badCertificate =
  /^(?:CERT_|UNABLE_TO_(?:GET|VERIFY)_|DEPTH_ZERO_SELF_SIGNED|ERR_TLS_CERT|SELF_SIGNED_CERT|HOSTNAME_MISMATCH|ERR_SSL_WRONG_VERSION_NUMBER$)/

/** Deno gives no codes, and undici none for what the fetch standard blocks. */
const badCertificateMessage = /invalid peer certificate/
const badUrlMessage =
  /invalid url|not a valid url|url is invalid|(?:^|: )failed to parse url|^unknown scheme$|credentials/i
const notSentMessage = /client error \(Connect\)/

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

/**
 * Whether a failure is about another server than the one that was addressed, which must have answered with a redirect
 * that led there: then the write may have been applied.
 */
function isElsewhere({ port, hostname, host = hostname, address, path }: SystemError, target: URL): boolean {
  const ownHost = target.hostname.replace(/^\[|\]$/g, '')
  const ownPort = target.port || (target.protocol === 'https:' ? '443' : '80')
  return (
    // Bun
    (typeof path === 'string' && URL.canParse(path) && new URL(path).host !== target.host) ||
    (typeof port === 'number' && String(port) !== ownPort) ||
    (typeof host === 'string' && host.toLowerCase() !== ownHost) ||
    // An address tells only where no name had to be looked up.
    (typeof address === 'string' && /^[\d.]+$|:/.test(ownHost) && address !== ownHost)
  )
}

/**
 * Reads the error of a fetch that was to send to `url`. Only what provably happened before anything was sent is
 * `not-sent`; a runtime that does not say (browsers) gives `unknown`.
 */
export function readFailure(error: unknown, url?: string): FailureVerdict {
  const target = url !== undefined && URL.canParse(url) ? new URL(url) : undefined
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 8; depth += 1) {
    const { code, syscall, message, cause, errors } = at as SystemError
    if (Array.isArray(errors) && errors.length > 0) {
      const verdicts = errors.map((one) => readFailure(one, url))
      return verdicts.every((verdict) => verdict === verdicts[0])
        ? (verdicts[0] as FailureVerdict)
        : 'unknown'
    }
    if (target !== undefined && isElsewhere(at, target)) return 'unknown'
    if (typeof code === 'string') {
      if (notSent.test(code) || (notSentOnConnect.test(code) && syscall === 'connect')) return 'not-sent'
      if (unsendable.test(code)) return 'unsendable'
      if (badCertificate.test(code)) return target?.protocol === 'http:' ? 'unknown' : 'unsendable'
    }
    if (typeof message === 'string') {
      if (badUrlMessage.test(message))
        return target && /^https?:\/\/[^@/]*\//.test(target.href) ? 'unknown' : 'unsendable'
      if (message === 'bad port') return target?.port === '' ? 'unknown' : 'unsendable'
      if (badCertificateMessage.test(message)) return target?.protocol === 'http:' ? 'unknown' : 'unsendable'
      if (notSentMessage.test(message) && (!target || message.includes(target.hostname))) return 'not-sent'
    }
    at = cause
  }
  return 'unknown'
}
