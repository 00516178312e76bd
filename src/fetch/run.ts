/** A handle on what an operation is doing now, so that it can be ended from outside at any time. */
export interface Run {
  /** Ends what is going on: an attempt, a body read or a wait. */
  onStop: ((reason: unknown) => void) | undefined
  isStopped: boolean
  reason: unknown
  /** The answer is with the caller, and its body still on the way. */
  isStreaming: boolean
}

export function createRun(): Run {
  return { onStop: undefined, isStopped: false, reason: undefined, isStreaming: false }
}

export function stopRun(run: Run, reason: unknown): void {
  if (run.isStopped) return
  run.isStopped = true
  run.reason = reason
  run.onStop?.(reason)
}

/**
 * Does something that can be stopped.
 *
 * @throws the reason of the stop, at once, whether or not `work` heeds its signal.
 */
export function stoppable<T>(run: Run, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { onStop } = run
  return new Promise((resolve, reject) => {
    const controller = new AbortController()
    run.onStop = (reason) => {
      controller.abort(reason)
      reject(reason)
      // An answer of which the body is still on its way.
      onStop?.(reason)
    }
    if (run.isStopped) run.onStop(run.reason)
    else work(controller.signal).then(resolve, reject)
  })
}
