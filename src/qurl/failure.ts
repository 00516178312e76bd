import { parseRetryAfter } from '../backoff/retry-after.js'
import { systemClock } from '../clock/system-clock.js'
import { isIdempotencyError } from '../errors/any-idempotency-error.js'
import {
  ConflictError,
  createError,
  ERROR_CODE_NOT_MODIFIED,
  ERROR_CODE_REDIRECT_REFUSED,
  ERROR_CODE_UNKNOWN,
  NetworkError,
  QURLError,
  RuntimeError,
  TimeoutError,
  type QURLErrorData,
  type RateLimit,
  type TombstoneInfo,
} from './errors.js'
import { advise } from './advice.js'
import type { Call } from './call.js'
import { invalid, isRecord } from './validate.js'

/** What an error tells of the call behind it. */
export type CallFacts = Pick<QURLErrorData, 'key' | 'attempts' | 'outcome'>

/** Reads have nothing to apply. */
export const isWrite = ({ method }: Call): boolean => method !== 'GET'

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** The error that an answer stands for. The HTTP status decides its class, whatever the body says. */
export function errorOfAnswer(
  { status, statusText, headers }: Response,
  body: unknown,
  call: Call,
  facts: CallFacts & Partial<Pick<QURLErrorData, 'code' | 'cause'>>,
): QURLError {
  const document = isRecord(body) ? body : {}
  // Some services of the platform put the problem at the top level.
  const problem = isRecord(document['error']) ? document['error'] : document
  const meta = isRecord(document['meta']) ? document['meta'] : {}
  const own = describeOwn(status)
  const title = own?.title ?? text(problem['title']) ?? text(statusText) ?? `HTTP ${status}`
  return createError({
    status,
    code: own?.code ?? text(problem['code']) ?? ERROR_CODE_UNKNOWN,
    title,
    detail: own?.detail ?? text(problem['detail']) ?? text(problem['message']) ?? title,
    type: text(problem['type']),
    instance: text(problem['instance']),
    invalid_fields: readInvalidFields(problem['invalid_fields']),
    request_id: text(meta['request_id']) ?? headers.get('x-request-id') ?? undefined,
    retry_after: readRetryAfter(headers),
    tombstone: readTombstone(meta['tombstone']),
    rate_limit: readRateLimit(headers),
    advice: facts.outcome === 'unknown' ? `${call.method} ${call.path}: ${advise(call, status)}` : undefined,
    ...facts,
  })
}

/** What a 3xx means to this client, which the answer itself does not say. */
function describeOwn(status: number): { code: string; title: string; detail: string } | undefined {
  if (status === 304) {
    return { code: ERROR_CODE_NOT_MODIFIED, title: 'Not modified', detail: 'what you have is still current' }
  }
  return status >= 300 && status < 400
    ? {
        code: ERROR_CODE_REDIRECT_REFUSED,
        title: 'Redirect refused',
        detail: 'the answer leads elsewhere; nothing was sent there. Check baseUrl',
      }
    : undefined
}

function readInvalidFields(value: unknown): Record<string, string> | undefined {
  if (!isRecord(value)) return undefined
  return Object.fromEntries(Object.entries(value).map(([name, complaint]) => [name, String(complaint)]))
}

function readRetryAfter(headers: Headers): number | undefined {
  const ms = parseRetryAfter(headers, systemClock.now())
  return ms === undefined ? undefined : ms / 1000
}

function readTombstone(value: unknown): TombstoneInfo | undefined {
  if (!isRecord(value)) return undefined
  const { tombstoned_at = value['closed_at'], final_access_count } = value
  if (typeof tombstoned_at !== 'string') return undefined
  return { tombstoned_at, ...(typeof final_access_count === 'number' ? { final_access_count } : {}) }
}

/** The rate-limit headers of an answer, if it has any. */
export function readRateLimit(headers: Headers): RateLimit | undefined {
  const entries = (['limit', 'remaining', 'reset'] as const).flatMap((name) => {
    const value = /^\s*(\d+)/.exec(headers.get(`ratelimit-${name}`) ?? '')?.[1]
    return value === undefined ? [] : [[name, Number(value)] as const]
  })
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

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
  const inner = isIdempotencyError(failure) ? failure.cause : failure
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
      return isTimeout(failure) || isTimeout(inner)
        ? new TimeoutError(`${where}: no whole answer arrived in time${advice}`, options)
        : new NetworkError(`${where}: ${describeLoss(failure, call, isSent, redact)}${advice}`, options)
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
  isSent: boolean,
  redact: (text: string) => string,
): string {
  const code = findCode(failure)
  const why = code === undefined ? '' : ` (${redact(code)})`
  if (isSent) return `no whole answer arrived${why}`
  return `the request could not be sent${why}${isWrite(call) ? ', so nothing was done' : ''}`
}

/** As Node, undici and Bun name what went wrong: `ECONNREFUSED`, `UND_ERR_SOCKET`, `ConnectionRefused`. */
const codeForm = /^(?:[A-Z][A-Z\d]*(?:_[A-Z\d]+)*|(?:[A-Z][a-z]+){2,})$/

function findCode(failure: unknown): string | undefined {
  for (let at = failure, depth = 0; typeof at === 'object' && at !== null && depth < 8; depth += 1) {
    const { code, cause, errors } = at as { code?: unknown; cause?: unknown; errors?: readonly unknown[] }
    if (typeof code === 'string' && code.length <= 40 && codeForm.test(code)) return code
    // Of a host with several addresses, each of which was tried.
    at = Array.isArray(errors) && errors.length > 0 ? errors[0] : cause
  }
  return undefined
}

const reused =
  'the key already names another input, in a call that is still on its way: use a new key for a new write'

const isTimeout = (failure: unknown): boolean => (failure as Error | undefined)?.name === 'TimeoutError'

/** ky's errors hold the request, and with it the credential; what they were made from does not. */
function withoutRequest(failure: unknown): unknown {
  if (typeof failure !== 'object' || failure === null || !('request' in failure)) return failure
  const { cause, message } = failure as { cause?: unknown; message?: string }
  return cause ?? (isTimeout(failure) ? new DOMException(message, 'TimeoutError') : undefined)
}

/** Whether the runtime lacks what makes a key. */
export const errorOfMissingCrypto = (): RuntimeError =>
  new RuntimeError('an idempotency key needs Web Crypto (crypto.getRandomValues), or options.idempotencyKey')
