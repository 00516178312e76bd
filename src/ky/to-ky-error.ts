import { isIdempotencyError, type AnyIdempotencyError } from '../errors/any-idempotency-error.js'
import { idempotencyOf, rememberFacts } from '../operation/facts.js'
import { isResponse } from '../transport/web-shapes.js'
import type { KyCall } from './ky-call.js'
import { createTimeoutError, isConnectionFailure, toNetworkFailure } from './ky-errors.js'

/** What ky is given for the end of a write: the answer, or an error, which is ky's own wherever ky could have made it. */
export function toKyEnd(call: KyCall, end: unknown, input: Request): unknown {
  const outgoing = () => new Request(input.url, { method: input.method, headers: input.headers })
  const isError = isIdempotencyError(end)
  if (!isError && !isResponse(end)) return end
  // ky's own time for all of it is over, or would be with the next wait.
  if (call.stoppedBy === 'deadline' && call.options.totalTimeout)
    return withFactsOf(end, createTimeoutError(outgoing()))
  if (call.phase === 'replay') return withFactsOf(end, call.last?.shown)
  return isError ? toLoss(call, end, outgoing) : end
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
