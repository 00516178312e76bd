import * as ky from 'ky'
import { isError } from '../transport/web-shapes.js'

/** ky's error classes. `NetworkError` is new in ky 2. */
const { HTTPError, TimeoutError } = ky
const { NetworkError } = ky as unknown as {
  NetworkError?: new (request: Request, options: { cause: unknown }) => Error
}

/** What runtimes and fetch libraries say when a connection fails; ky 2 knows the same words. */
const networkMessages =
  /^(?:fetch failed|terminated|The socket connection was closed unexpectedly\b.*|network error|Network request failed|Network connection lost\.?|\s?A network error occurred\.?|NetworkError when attempting to fetch resource\.|The Internet connection appears to be offline\.|Failed to fetch(?: \(.*\))?|Load failed(?: \(.*\))?|error sending request for url.*)$/s

/**
 * Whether what a fetch has thrown is a connection that failed. Anything else is an error of the fetch itself, such as a bug
 * or a session that has ended: ky's callers get it as it is, and to send again would not help.
 */
export function isConnectionFailure(error: unknown): boolean {
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 8; depth += 1) {
    const { name, message, code, cause } = at as { [field: string]: unknown }
    if (typeof message === 'string' && networkMessages.test(message)) return true
    if (
      typeof code === 'string' &&
      /^(?:E[A-Z_]+|UND_ERR_\w+|ConnectionRefused|FailedToOpenSocket)$/.test(code)
    )
      return true
    if (name === 'NetworkError') return true
    at = cause
  }
  return false
}

/** By its name, ky takes an error of the fetch itself for its own. */
export function isTimeoutError(error: unknown): boolean {
  return (error as { name?: unknown } | null | undefined)?.name === 'TimeoutError'
}

/** A lost answer in the form in which ky takes it for a failed connection. */
export function toNetworkFailure(error: unknown): unknown {
  const { name, message } = Object(error) as { name?: unknown; message?: unknown }
  const isKnown =
    name === 'TypeError' && /^(?:fetch failed|terminated|Failed to fetch)$/.test(String(message))
  return isKnown ? error : new TypeError('fetch failed', { cause: error })
}

export function createTimeoutError(request: Request): Error {
  return new TimeoutError(request)
}

/** As ky shows what a fetch throws that is no error. ky keeps its class to itself. */
class NonError extends Error {
  override name = 'NonError'
  constructor(readonly value: unknown) {
    const { message } = (typeof value === 'object' && value ? value : {}) as { message?: unknown }
    const known = typeof value === 'string' ? value : message
    super(typeof known === 'string' ? known : 'Non-error value was thrown')
  }
}

/** What ky shows its hooks for a lost answer: ky 2 an error of its own for a connection that failed, else what the fetch has thrown. */
export function createLossError(request: Request, cause: unknown, isKy2: boolean): Error {
  if (isKy2 && NetworkError !== undefined && isConnectionFailure(cause))
    return new NetworkError(request, { cause })
  return isError(cause) ? cause : new NonError(cause)
}

/** What ky shows its hooks for an answer that is no success; ky 2 reads the body into `data`. */
export function createHttpError(response: Response, request: Request, options: object, data: unknown): Error {
  const error: Error = new HTTPError(response, request, options as never)
  return data === undefined ? error : Object.assign(error, { data })
}
