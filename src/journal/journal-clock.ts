import type { Clock } from '../clock/clock.js'

/** A clock whose `monotonic`, where it has one, measures durations. */
export type JournalClock = Clock & { readonly monotonic?: () => number }

/** The time by which durations are measured. */
export function monotonicMs(clock: JournalClock): number {
  return clock.monotonic === undefined ? clock.now() : clock.monotonic()
}
