/** What a failure to get an answer tells: whether the request can have reached a server. */
export type FailureVerdict = 'not-sent' | 'unsendable' | 'unknown'

/** Said only before a connection exists, whatever the runtime: Node's names, then undici's, then Bun's. */
const notSent =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_[A-Z]+|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused|FailedToOpenSocket)$/

/** Said of a broken connection too, unless the system call was the one that opens it. */
const notSentOnConnect = /^(?:ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|ETIMEDOUT|ECONNRESET|ECONNABORTED)$/

/** The server's certificate or the request itself is refused, by this side. */
const unsendable =
  /^(?:CERT_|UNABLE_TO_(?:GET|VERIFY)_|DEPTH_ZERO_SELF_SIGNED|(?:ERR_TLS_CERT|SELF_SIGNED_CERT|HOSTNAME_MISMATCH)|ERR_INVALID_(?:URL|CHAR|HTTP_TOKEN)|UND_ERR_INVALID_ARG$|ERR_SSL_WRONG_VERSION_NUMBER$)/

/** Deno gives no codes, and undici none for what the fetch standard blocks. */
const unsendableMessage = /^(?:bad port|unknown scheme|invalid method)$|invalid peer certificate/
const notSentMessage = /client error \(Connect\)/

interface SystemError {
  readonly code?: unknown
  readonly syscall?: unknown
  readonly message?: unknown
  readonly cause?: unknown
  readonly errors?: unknown
}

/**
 * Reads the error of a fetch. Only what provably happened before anything was sent is `not-sent`; a runtime that does
 * not say (browsers) gives `unknown`.
 */
export function readFailure(error: unknown): FailureVerdict {
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 8; depth += 1) {
    const { code, syscall, message, cause, errors } = at as SystemError
    if (Array.isArray(errors) && errors.length > 0) {
      const verdicts = errors.map((one) => readFailure(one))
      return verdicts.every((verdict) => verdict === verdicts[0])
        ? (verdicts[0] as FailureVerdict)
        : 'unknown'
    }
    if (typeof code === 'string') {
      if (notSent.test(code) || (notSentOnConnect.test(code) && syscall === 'connect')) return 'not-sent'
      if (unsendable.test(code)) return 'unsendable'
    }
    if (typeof message === 'string') {
      if (unsendableMessage.test(message)) return 'unsendable'
      if (notSentMessage.test(message)) return 'not-sent'
    }
    at = cause
  }
  return 'unknown'
}
