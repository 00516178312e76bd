import { isIdempotencyError, type AnyIdempotencyError } from '../errors/any-idempotency-error.js'
import { idempotencyOf, rememberFacts } from '../operation/facts.js'
import { isResponse } from '../transport/web-shapes.js'
import type { KyCall } from './ky-call.js'
import { createTimeoutError, isConnectionFailure, toNetworkFailure } from './ky-errors.js'

/** Whether ky's own time for all of it is over, or would be with the next wait. */
function isOutOfTotal({ stoppedBy }: KyCall, totalTimeout: unknown): boolean {
  return stoppedBy === 'deadline' && Boolean(totalTimeout)
}

/** Whether an answer is the end for ky, too. ky runs its own `beforeRetry` hooks after an error only. */
export function isEndForKy(call: KyCall, totalTimeout: unknown): boolean {
  return call.replay === undefined && !isOutOfTotal(call, totalTimeout)
}

/** What ky is thrown for an end that is none for it, or for an error: one of ky's own, with the facts. */
export function toKyError(call: KyCall, end: unknown, totalTimeout: unknown, input: Request): unknown {
  const outgoing = () => new Request(input.url, { method: input.method, headers: input.headers })
  const isOfOperation = isIdempotencyError(end) || isResponse(end)
  if (isOfOperation && isOutOfTotal(call, totalTimeout))
    return withFactsOf(end, createTimeoutError(outgoing()))
  if (isOfOperation && call.replay !== undefined) return withFactsOf(end, call.last?.shown)
  return isIdempotencyError(end) ? toLoss(call, end, outgoing) : end
}

/** A lost answer is ky's to tell; what only we can know is told by our own errors. */
function toLoss(call: KyCall, error: AnyIdempotencyError, outgoing: () => Request): unknown {
  const { code, cause, attempts } = error
  const isLost = code === 'outcome_unknown' || code === 'not_applied' || code === 'unsendable'
  // What was not sent at all is no lost answer.
  if (attempts === 0 || !isLost || cause === undefined || isResponse(cause)) return error
  const { attempted } = call.last?.result ?? {}
  const isTimeout = attempted !== undefined && 'lost' in attempted && attempted.isTimeout
  if (isTimeout) return withFactsOf(error, createTimeoutError(outgoing()))
  return withFactsOf(error, isConnectionFailure(cause) ? toNetworkFailure(cause) : cause)
}

/** An error of ky's, or of the user's fetch, that answers `idempotencyOf` as `end` does. */
export function withFactsOf(end: object, error: unknown): unknown {
  const facts = idempotencyOf(end)
  if (facts !== undefined) rememberFacts(error, facts, end)
  return error
}
