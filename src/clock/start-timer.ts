import { maxTimerMs } from './clock.js'

/** A timer, none for `Infinity`. A delay longer than a timer can hold is cut to the longest one that it can. */
export function startTimer(expire: () => void, delayMs: number): ReturnType<typeof setTimeout> | undefined {
  return delayMs === Infinity ? undefined : setTimeout(expire, Math.min(delayMs, maxTimerMs))
}
