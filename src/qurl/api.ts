import ky, { type KyInstance } from 'ky'
import { idempotency } from '../ky/index.js'
import { contract } from './contract.js'
import type { ResolvedOptions } from './client-options.js'
import { plainFetch } from './plain-fetch.js'

/** The ky instance that sends: the idempotency hooks, the service's contract, and the client's own patience. */
export function createApi(options: ResolvedOptions, redact: (text: string) => string): KyInstance {
  const {
    debug,
    deadlineMs = Number.POSITIVE_INFINITY,
    fetch,
    maxRetries,
    maxRetryAfterMs,
    retryDelay,
  } = options
  // The hooks ask for the longest wait, to see whether it fits before the deadline; ky draws the one that is taken.
  const delay = retryDelay ?? ((retry: number) => Math.min(500 * 2 ** (retry - 1), 30_000))
  const hooks = idempotency({
    contract,
    fetch: plainFetch(fetch),
    deadlineMs,
    maxRetryAfterMs,
    backoff: (retry) => delay(retry),
    onEvent({ type, ...event }) {
      debug(
        `qurl: ${type}`,
        'error' in event && event.error !== undefined
          ? { ...event, error: redact(String(event.error)) }
          : event,
      )
    },
  })
  return ky.extend(hooks).extend({
    // As that fetch does it in any case: so that a refused connection cannot be one behind a redirect.
    redirect: 'manual',
    retry: {
      limit: maxRetries,
      delay,
      backoffLimit: Number.POSITIVE_INFINITY,
      jitter: retryDelay === undefined,
    },
  })
}
