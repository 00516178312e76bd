import { startTimer } from '../clock/start-timer.js'
import { onAbort, reasonOf } from '../transport/on-abort.js'

/** How long a caller waits, and what it is told then. */
export interface WaitLimit {
  readonly leftMs: number
  readonly late: () => unknown
}

/** Calls `leave` when the signal aborts, or when the time is over. Gives the function that ends the wait. */
export function waitUntil(
  signal: AbortSignal | undefined,
  limit: WaitLimit | undefined,
  leave: (reason: unknown) => void,
): () => void {
  const stopListening = signal && onAbort(signal, () => leave(reasonOf(signal)))
  const timer = limit && startTimer(() => leave(limit.late()), limit.leftMs)
  return () => {
    stopListening?.()
    clearTimeout(timer)
  }
}

/**
 * Waits for work that its caller may leave before it ends: then `onLeave` hears why.
 *
 * @throws the signal's reason, what `late` gives, and what the work throws.
 */
export function untilEnded<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  limit: WaitLimit,
  onLeave: (reason: unknown) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (reason: unknown) => {
      stopWaiting()
      reject(reason)
      onLeave(reason)
    }
    const stopWaiting = waitUntil(signal, limit, leave)
    if (signal?.aborted) leave(reasonOf(signal))
    work.then(resolve, reject).finally(stopWaiting)
  })
}
