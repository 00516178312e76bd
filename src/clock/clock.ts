/** The time and the waiting that a host uses. Give your own to test without real waits. */
export interface Clock {
  /** Milliseconds since the epoch, for the age of keys and for dates. */
  now(): number
  /**
   * Milliseconds since any fixed moment, for deadlines: never set back, as `performance.now()` is not.
   *
   * @defaultValue `now`
   */
  monotonic?(): number
  /**
   * Resolves after `ms` milliseconds.
   *
   * @throws the signal's reason as soon as `signal` aborts.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** A random number in [0, 1), as `Math.random` gives it. */
export type Random = () => number

/** The longest delay that a timer can hold; a longer one would fire at once. */
export const maxTimerMs = 2 ** 31 - 1

/** The time by which durations are measured. */
export function monotonicNow(clock: Clock): number {
  return clock.monotonic === undefined ? clock.now() : clock.monotonic()
}
