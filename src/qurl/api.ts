import ky, { type KyInstance } from 'ky'
import { idempotency } from '../ky/index.js'
import { createAttemptFetch } from './attempt-fetch.js'
import { contract } from './contract.js'
import type { ResolvedOptions } from './client-options.js'

/** The ky instance that sends: the idempotency hooks, the service's contract, and the client's own patience. */
export function createApi(options: ResolvedOptions, redact: (text: string) => string): KyInstance {
  const {
    debug,
    deadlineMs = Infinity,
    fetch,
    maxRetries,
    maxRetryAfterMs,
    retryBudget,
    retryDelay,
  } = options
  // The hooks ask for the longest wait, to see whether it fits before the deadline; ky draws the one that is taken.
  const delay = retryDelay ?? ((retry: number) => Math.min(500 * 2 ** (retry - 1), 30_000))
  const hooks = idempotency({
    contract,
    fetch: createAttemptFetch(fetch),
    deadlineMs,
    maxRetryAfterMs,
    backoff: (retry) => delay(retry),
    ...(retryBudget === undefined ? {} : { budget: retryBudget }),
    ...(debug === undefined
      ? {}
      : {
          onEvent({ type, ...event }) {
            const facts =
              'error' in event && event.error !== undefined
                ? { ...event, error: redact(String(event.error)) }
                : event
            debug('debug', `qurl: ${type}`, facts)
          },
        }),
  })
  return ky.extend(hooks).extend({
    // As the fetch below does it: so that a refused connection cannot be one behind a redirect.
    redirect: 'manual',
    // The fetch below keeps the time of each attempt, the reading of its answer included.
    timeout: false,
    retry: { limit: maxRetries, delay, backoffLimit: Infinity, jitter: retryDelay === undefined },
  })
}
