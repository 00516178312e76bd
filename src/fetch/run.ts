import { startTimer } from '../clock/start-timer.js'

/** A handle on what an operation is doing now, so that it can be ended from outside at any time. */
export interface Run {
  /** Of the attempt, as long as its answer may be on the way. */
  attempt: AbortController | undefined
  timer: ReturnType<typeof setTimeout> | undefined
  /** Of what is done between two attempts. */
  work: AbortController | undefined
  /** Ends whichever of the two goes on. */
  reject: ((reason: unknown) => void) | undefined
  isStopped: boolean
  reason: unknown
  /** The answer is with the caller, and its body still on the way. */
  isStreaming: boolean
}

export function createRun(): Run {
  return {
    attempt: undefined,
    timer: undefined,
    work: undefined,
    reject: undefined,
    isStopped: false,
    reason: undefined,
    isStreaming: false,
  }
}

/** Ends what is going on: an attempt, a body read or a wait. */
export function stopRun(run: Run, reason: unknown): void {
  if (run.isStopped) return
  run.isStopped = true
  run.reason = reason
  clearTimeout(run.timer)
  run.reject?.(reason)
  run.work?.abort(reason)
  run.attempt?.abort(reason)
}

/**
 * Does something that can be stopped.
 *
 * @throws the reason of the stop, at once, whether or not `work` heeds its signal.
 */
export function stoppable<T>(run: Run, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (run.isStopped) return reject(run.reason)
    run.reject = reject
    run.work = new AbortController()
    work(run.work.signal).then(resolve, reject)
  })
}

/**
 * The same, for no longer than `limitMs`: what the work brings after that is not waited for.
 *
 * @throws the reason of the stop, and what the work throws.
 */
export function stoppableWithin<T>(
  run: Run,
  limitMs: number,
  work: () => Promise<T>,
): Promise<T | 'deadline'> {
  return stoppable(
    run,
    () =>
      new Promise((resolve, reject) => {
        const timer = startTimer(() => resolve('deadline'), limitMs)
        work()
          .then(resolve, reject)
          .finally(() => clearTimeout(timer))
      }),
  )
}
