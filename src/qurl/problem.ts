import { readRetryAfter, readSentMs } from '../backoff/retry-after.js'
import { systemClock } from '../clock/system-clock.js'
import { advise } from './advice.js'
import type { Call } from './call.js'
import { ERROR_CODE_NOT_MODIFIED, ERROR_CODE_UNEXPECTED_RESPONSE, ERROR_CODE_UNKNOWN } from './error-codes.js'
import { createError } from './errors.js'
import type { Received } from './exchange.js'
import type { QURLError, QURLErrorData, RateLimit, TombstoneInfo } from './qurl-error.js'
import { boundFields, boundText, plainWord } from './server-text.js'
import { isRecord } from './validate.js'

/** What an error tells of the call behind it. */
export type CallFacts = Pick<QURLErrorData, 'key' | 'attempts' | 'outcome'>

/** The error that an answer stands for. The HTTP status decides its class, whatever the body says. */
export function errorOfProblem(
  { status, statusText, headers }: Received,
  body: unknown,
  call: Call,
  facts: CallFacts & Partial<Pick<QURLErrorData, 'code' | 'cause'>>,
): QURLError {
  const document = isRecord(body) ? body : {}
  // Some services of the platform put the problem at the top level.
  const problem = isRecord(document['error']) ? document['error'] : document
  const meta = isRecord(document['meta']) ? document['meta'] : {}
  const own = describeOwn(status)
  const title = own?.title ?? boundText(problem['title']) ?? boundText(statusText) ?? `HTTP ${status}`
  return createError({
    status,
    code: own?.code ?? plainWord(problem['code']) ?? ERROR_CODE_UNKNOWN,
    title,
    detail: own?.detail ?? boundText(problem['detail']) ?? boundText(problem['message']) ?? title,
    type: plainWord(problem['type']),
    instance: plainWord(problem['instance']),
    invalid_fields: boundFields(problem['invalid_fields']),
    request_id: plainWord(meta['request_id']) ?? headers.get('x-request-id') ?? undefined,
    retry_after: secondsToWait(headers),
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
        code: ERROR_CODE_UNEXPECTED_RESPONSE,
        title: 'Redirect refused',
        detail: 'the answer leads elsewhere; nothing was sent there. Check baseUrl',
      }
    : undefined
}

function secondsToWait(headers: Headers): number | undefined {
  const ms = readRetryAfter(headers, readSentMs(headers, systemClock.now()))
  return ms === undefined ? undefined : Math.max(0, ms / 1000)
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
