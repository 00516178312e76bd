import type { Clock } from '../clock/clock.js'
import { startTimer } from '../clock/start-timer.js'
import { systemClock } from '../clock/system-clock.js'

/** Ends a wait. Without a reason, each abort would make a `DOMException` with its stack. */
const notNeeded = new Error('nothing is waited for any more')

/** Calls `wake` after some time. What it gives ends the wait: no timer keeps the process from ending. */
export function wakeLater(clock: Clock, ms: number, wake: () => void): () => void {
  if (clock === systemClock) {
    // A controller and its abort take ten times as long as a timer.
    const timer = startTimer(wake, ms)
    return () => clearTimeout(timer)
  }
  const stop = new AbortController()
  clock.sleep(ms, stop.signal).then(wake, () => undefined)
  return () => stop.abort(notNeeded)
}
