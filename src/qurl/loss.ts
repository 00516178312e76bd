import { isIdempotencyError } from '../errors/any-idempotency-error.js'
import { advise } from './advice.js'
import type { Call } from './call.js'
import { ConflictError, NetworkError, RuntimeError, TimeoutError } from './errors.js'
import type { CallFacts } from './problem.js'
import { QURLError } from './qurl-error.js'
import { invalid } from './validate.js'

/**
 * The error of a call that ended without an answer.
 *
 * @param isSent - Whether a request may have reached the service.
 * @param redact - Takes the credential out of what may hold it.
 */
export function errorOfLoss(
  failure: unknown,
  call: Call,
  facts: CallFacts,
  isSent: boolean,
  redact: (text: string) => string,
): QURLError {
  const where = `${call.method} ${call.path}`
  const advice = facts.outcome === 'unknown' ? `. ${advise(call)}` : ''
  const options = { cause: withoutRequest(failure), ...facts }
  const code = isIdempotencyError(failure) ? failure.code : undefined
  switch (code) {
    case 'key_reused':
      return new ConflictError({
        status: 0,
        code,
        title: 'Idempotency key reused',
        detail: reused,
        ...options,
      })
    case 'key_invalid':
      return Object.defineProperty(invalid(`${where}: ${(failure as Error).message}`), 'cause', {
        value: failure,
        configurable: true,
        writable: true,
      })
    case 'deadline_exceeded':
      return new TimeoutError(`${where}: the deadline passed${advice}`, options)
    case undefined:
    case 'not_applied':
    case 'outcome_unknown':
    case 'unsendable':
      return hasTimedOut(failure)
        ? new TimeoutError(`${where}: no whole answer arrived in time${advice}`, options)
        : new NetworkError(
            `${where}: ${describeLoss(failure, call, facts, isSent, redact)}${advice}`,
            options,
          )
    default:
      return new QURLError({
        status: 0,
        code,
        title: 'Idempotency',
        detail: (failure as Error).message,
        ...options,
      })
  }
}

function describeLoss(
  failure: unknown,
  call: Call,
  { attempts }: CallFacts,
  isSent: boolean,
  redact: (text: string) => string,
): string {
  if (isSent && attempts === 0)
    return 'nothing was sent now: an earlier call sent this key, and the service is not known to honour keys here'
  const code = findCode(failure)
  const why = code === undefined ? '' : ` (${redact(code)})`
  if (isSent) return `no whole answer arrived${why}`
  return `the request could not be sent${why}${call.method === 'GET' ? '' : ', so nothing was done'}`
}

const unsentCodes = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused)$/
const unsentCalls = /^(?:connect|getaddrinfo)$/

/** Whether a failed read never left this machine. Of a write the loop tells. */
export function isUnsent(failure: unknown): boolean {
  for (let at = failure, depth = 0; typeof at === 'object' && at !== null && depth < 8; depth += 1) {
    const { code, syscall, cause, errors } = at as {
      code?: unknown
      syscall?: unknown
      cause?: unknown
      errors?: readonly unknown[]
    }
    if (unsentCodes.test(String(code)) || unsentCalls.test(String(syscall))) return true
    at = Array.isArray(errors) && errors.length > 0 ? errors[0] : cause
  }
  return false
}

/** As Node, undici and Bun name what went wrong: `ECONNREFUSED`, `UND_ERR_SOCKET`, `ConnectionRefused`. */
const codeForm = /^(?:[A-Z][A-Z\d]*(?:_[A-Z\d]+)*|(?:[A-Z][a-z]+){2,})$/

/** The code of what went wrong, wherever it stands in the chain of causes. */
export function findCode(failure: unknown): string | undefined {
  for (let at = failure, depth = 0; typeof at === 'object' && at !== null && depth < 8; depth += 1) {
    const { code, cause, errors } = at as { code?: unknown; cause?: unknown; errors?: readonly unknown[] }
    if (typeof code === 'string' && code.length <= 40 && codeForm.test(code)) return code
    // Of a host with several addresses, each of which was tried.
    at = Array.isArray(errors) && errors.length > 0 ? errors[0] : cause
  }
  return undefined
}

const reused =
  'the key already names another input, of an earlier call or one still on its way: use a new key for a new write'

const isTimeout = (failure: unknown): boolean => (failure as Error | undefined)?.name === 'TimeoutError'

/** Whether the attempt's time was over: the time limit stands somewhere behind what the loop threw. */
function hasTimedOut(failure: unknown): boolean {
  for (let at = failure, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth += 1) {
    if (isTimeout(at)) return true
    at = (at as { cause?: unknown }).cause
  }
  return false
}

/** ky's errors hold the request, and with it the credential; what they were made from does not. */
function withoutRequest(failure: unknown): unknown {
  if (typeof failure !== 'object' || failure === null || !('request' in failure)) return failure
  const { cause, message } = failure as { cause?: unknown; message?: string }
  return cause ?? (isTimeout(failure) ? new DOMException(message, 'TimeoutError') : undefined)
}

/** Whether the runtime lacks what makes a key. */
export const errorOfMissingCrypto = (): RuntimeError =>
  new RuntimeError('an idempotency key needs Web Crypto (crypto.getRandomValues), or options.idempotencyKey')
