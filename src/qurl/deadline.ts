import { maxTimerMs } from '../clock/clock.js'
import { systemClock } from '../clock/system-clock.js'

/** A time that a timer can hold: a longer one would fire at once. */
export const clampTimer = (ms: number): number => Math.min(Math.max(Math.ceil(ms), 1), maxTimerMs)

/** The time for one call. */
export interface Deadline {
  /** Aborts when the caller's signal does, or when the time is over. */
  readonly signal: AbortSignal
  /** The reason of the signal when it was the time. */
  readonly reason: DOMException
  /** Lets go of the timer. */
  readonly clear: () => void
}

/** Begins the time for one call. */
export function startDeadline(ms: number, caller: AbortSignal | undefined): Deadline {
  const over = new AbortController()
  const cleared = new AbortController()
  const reason = new DOMException('The deadline passed.', 'TimeoutError')
  systemClock.sleep(ms, cleared.signal).then(
    () => over.abort(reason),
    () => {},
  )
  return {
    signal: caller === undefined ? over.signal : AbortSignal.any([caller, over.signal]),
    reason,
    clear: () => cleared.abort(),
  }
}
