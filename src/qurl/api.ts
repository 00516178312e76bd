import ky, { type KyInstance } from 'ky'
import { idempotency } from '../ky/index.js'
import { createAttemptFetch } from './attempt-fetch.js'
import { contract } from './contract.js'
import type { ResolvedOptions } from './client-options.js'
import { findCode } from './loss.js'

/** How long to wait before a retry when the service does not say: by the option, else a random time up to a doubling one. */
export function waitOf(
  { retryDelay }: Pick<ResolvedOptions, 'retryDelay'>,
  retry: number,
  random: () => number,
): number {
  return retryDelay === undefined ? Math.min(500 * 2 ** (retry - 1), 30_000) * random() : retryDelay(retry)
}

/** The ky instance that sends: the idempotency hooks, the service's contract, and the client's own retries and time limits. */
export function createApi(options: ResolvedOptions): KyInstance {
  const { debug, deadlineMs = Infinity, fetch, maxRetries, maxRetryAfterMs, retryBudget } = options
  const hooks = idempotency({
    contract,
    fetch: createAttemptFetch(fetch),
    deadlineMs,
    maxRetryAfterMs,
    backoff: (retry, random) => waitOf(options, retry, random),
    ...(retryBudget === undefined ? {} : { budget: retryBudget }),
    ...(debug === undefined
      ? {}
      : {
          onEvent(event) {
            // Of what went wrong only the code: the rest may quote a credential.
            const code = event.type === 'attempt-ended' ? findCode(event.error) : undefined
            const { type, ...facts } = event
            debug(
              'debug',
              `qurl: ${event.method} ${event.url} ${type}`,
              code === undefined ? facts : { ...facts, code },
            )
          },
        }),
  })
  return ky.extend(hooks).extend({
    // As the fetch below does it: so that a refused connection cannot be one behind a redirect.
    redirect: 'manual',
    // The fetch below keeps the time of each attempt, the reading of its answer included.
    timeout: false,
    retry: { limit: maxRetries },
  })
}
