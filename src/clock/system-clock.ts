import { maxTimerMs, type Clock, type Random } from './clock.js'

/** The clock of the machine. A wait longer than a timer can hold is cut to the longest one that it can. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const onAbort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
        Math.min(ms, maxTimerMs),
      )
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}

/** Jitter needs to be spread, not secret, so the machine's plain generator will do. */
export const systemRandom: Random = Math.random
