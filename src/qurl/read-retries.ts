import { parseRetryAfter } from '../backoff/retry-after.js'
import { monotonicNow } from '../clock/clock.js'
import { systemClock } from '../clock/system-clock.js'
import type { Exchange } from './exchange.js'

/** How patient the client is with one read. */
export interface ReadPatience {
  readonly maxRetries: number
  readonly maxRetryAfterMs: number
  /** How long to wait before retry `retry` (1 for the first) when the service does not say, in milliseconds. */
  readonly wait: (retry: number) => number
  /** Hears of each wait. */
  readonly onWait?: ((delayMs: number) => void) | undefined
}

/** ky's retry options, as far as a read needs them. */
export interface KyReadRetries {
  limit: number
  methods: string[]
  backoffLimit: number
  jitter: boolean
  delay: () => number
  shouldRetry: (state: { readonly error: Error; readonly retryCount: number }) => boolean
}

/** Statuses after which the same read may succeed. */
const passing: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

/**
 * The retries of one read, in ky's options. ky sends reads again by itself; what it is told here are the rules that writes
 * follow, too: one parser of `Retry-After`, a longest wait, and a deadline over which no wait is begun.
 */
export function readRetries(exchange: Exchange, patience: ReadPatience): KyReadRetries {
  const { maxRetries, maxRetryAfterMs, wait, onWait } = patience
  let delayMs = 0
  return {
    limit: maxRetries,
    methods: ['get'],
    backoffLimit: Infinity,
    jitter: false,
    delay: () => delayMs,
    shouldRetry({ error, retryCount }) {
      const { received } = exchange
      if (received === undefined ? isForeignAbort(error) : !passing.has(received.status)) return false
      const askedMs = received && parseRetryAfter(received.headers, systemClock.now())
      if (askedMs !== undefined && askedMs > maxRetryAfterMs) return false
      delayMs = askedMs ?? wait(retryCount)
      if (delayMs >= leftOf(exchange)) return false
      onWait?.(delayMs)
      return true
    },
  }
}

/** A stand-in for `fetch` that aborts or times out by itself has its reasons. */
const isForeignAbort = ({ name }: Error): boolean => name === 'AbortError' || name === 'TimeoutError'

/** The time that a call has left, in milliseconds. */
export const leftOf = ({ untilMs }: Pick<Exchange, 'untilMs'>): number =>
  untilMs === undefined ? Infinity : untilMs - monotonicNow(systemClock)
