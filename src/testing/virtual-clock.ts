import type { Clock } from '../clock/clock.js'
import { systemClock } from '../clock/system-clock.js'

/** A clock that moves only when it is told to wait. */
export interface VirtualClock extends Clock {
  /** The waits that were asked for, in milliseconds. */
  readonly waits: readonly number[]
  /** Lets time pass, in milliseconds. */
  pass(ms: number): void
}

/**
 * A clock on which every wait is over at once, and has taken its time. Give it as `clock`, so that a test of retries takes no
 * time, and look at `waits` for what would have been waited. It does not shorten `attemptTimeoutMs`, which has a real timer.
 *
 * @param startMs when it begins, in milliseconds since the epoch
 * @defaultValue now
 *
 * @example
 * ```ts
 * import { createIdempotentFetch } from 'fetch-idempotency'
 * import { faultyFetch, virtualClock } from 'fetch-idempotency/testing'
 *
 * const busy = { instead: { status: 429, headers: { 'retry-after': '30' } } }
 * const clock = virtualClock()
 * const send = createIdempotentFetch({ clock, fetch: faultyFetch([busy], { fetch: async () => Response.json({}) }) })
 * await send('https://api.example.com/orders', { method: 'POST', body: '{}' })
 * console.log(clock.waits) // => [ 30000 ]
 * ```
 */
export function virtualClock(startMs = systemClock.now()): VirtualClock {
  const waits: number[] = []
  let nowMs = startMs
  return {
    waits,
    now: () => nowMs,
    pass: (ms) => void (nowMs += ms),
    sleep: async (ms, signal) => {
      signal?.throwIfAborted()
      waits.push(ms)
      nowMs += ms
    },
  }
}
