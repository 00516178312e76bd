import { maxTimerMs } from '../clock/clock.js'

/** A time that a timer can hold: a longer one would fire at once. */
export const clampTimer = (ms: number): number => Math.min(Math.max(Math.ceil(ms), 1), maxTimerMs)
