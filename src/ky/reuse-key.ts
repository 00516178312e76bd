import type { KyBeforeRetry } from './ky-shapes.js'
import { beginStampedAttempt, findStampedCall } from './stamped-call.js'

/**
 * A `beforeRetry` hook for ky that keeps the key of the first attempt on every retry. It never makes a key:
 * {@link stampKey} does.
 *
 * Put it first: ky runs no `beforeRetry` hook after one that gives a `Request`. ky 2 sends such a request as it is, also
 * **without the key** where the hook has not taken over the headers that it was shown (`new Request(request, …)`).
 *
 * @see {@link idempotency}, whose fetch stamps every attempt, whatever hooks do.
 */
export function reuseKey(): KyBeforeRetry {
  return ({ request, options, error, retryCount = 0 }) => {
    const call = findStampedCall(options.context)
    if (call === undefined) return
    // `ky.retry()` asks no gate.
    if (retryCount > (call.limit ?? Infinity)) throw error
    beginStampedAttempt(call, request)
  }
}
