import { createIdempotentFetch, type IdempotentFetchOptions, type RetryOptions } from 'fetch-idempotency'
import { idempotency } from 'fetch-idempotency/ky'
import { virtualClock } from 'fetch-idempotency/testing'
import ky1 from 'ky'
import ky2 from 'ky2'

/** What both kinds of host take. */
export interface HostOptions extends Pick<
  IdempotentFetchOptions,
  'contract' | 'clock' | 'onEvent' | 'resolve' | 'reconcile' | 'whenKeysIgnored' | 'aroundAttempt' | 'writes'
> {
  readonly attemptTimeoutMs?: number
  readonly deadlineMs?: number
  readonly budget?: RetryOptions['budget']
}

export interface SendInit {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string | URLSearchParams
  readonly idempotencyKey?: string
}

export type Send = (url: string, init?: SendInit) => Promise<Response>

/** What every test gives and counts on: four attempts, and waits that the injected clock passes at once. */
const attempts = 4

/** ky's own answer to a status that is no success: an error with the response in it. */
function unwrap(error: unknown): Response {
  const { name, response } = error as { name?: string; response?: Response }
  if (name === 'HTTPError' && response) return response
  throw error
}

function kyHost(ky: typeof ky1) {
  return ({ attemptTimeoutMs = 30_000, deadlineMs, ...options }: HostOptions): Send => {
    const api = ky
      .create({
        timeout: attemptTimeoutMs,
        retry: { limit: attempts - 1, delay: () => 1, retryOnTimeout: true },
      })
      .extend(idempotency({ clock: virtualClock(), ...options, ...(deadlineMs && { deadlineMs }) }))
    return (url, { idempotencyKey, ...init } = {}) =>
      api(url, { ...init, ...(idempotencyKey && { context: { idempotencyKey } }) }).catch(unwrap)
  }
}

function fetchHost({ attemptTimeoutMs = 30_000, deadlineMs, budget, ...options }: HostOptions): Send {
  const retry = { maxAttempts: attempts, attemptTimeoutMs, budget, ...(deadlineMs && { deadlineMs }) }
  return createIdempotentFetch({ clock: virtualClock(), ...options, retry }) as Send
}

/** The three hosts, each made to send like `fetch` and to give every HTTP answer back. */
export const hosts: readonly (readonly [string, (options: HostOptions) => Send])[] = [
  ['fetch', fetchHost],
  ['ky 1', kyHost(ky1)],
  ['ky 2', kyHost(ky2 as unknown as typeof ky1)],
]
