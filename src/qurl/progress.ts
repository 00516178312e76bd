import type { Call } from './call.js'
import { isWrite } from './failure.js'
import type { IdempotencyFacts } from '../ky/index.js'

/** Counts along with one call, for an end that tells nothing of it: the caller's abort, or the deadline. */
export function watchProgress(call: Call) {
  let key: string | undefined
  let attempts = 0
  return {
    /** For the call's own ky options, where they run after the instance's. */
    hooks: {
      // ky 1 passes the request, and before every attempt; ky 2 a state that holds it, once.
      beforeRequest: [
        (first: Request | { readonly request: Request }) => {
          const { headers } = first instanceof Request ? first : first.request
          key = headers.get('idempotency-key') ?? undefined
          attempts = Math.max(attempts, 1)
        },
      ],
      beforeRetry: [
        ({ retryCount }: { readonly retryCount: number }) => {
          attempts = retryCount + 1
        },
      ],
    },
    /** What is known of a write that broke off: once it was sent, not what became of it. */
    facts: (): IdempotencyFacts | undefined =>
      attempts === 0 || !isWrite(call) ? undefined : { key, attempts, replayed: false, outcome: 'unknown' },
  }
}
