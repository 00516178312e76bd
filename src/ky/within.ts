/** Hands on what `signals` abort with, until the function that it gives is called. */
export function follow(signals: readonly AbortSignal[], controller: AbortController): () => void {
  const stop = ({ target }: { readonly target: unknown }) => controller.abort((target as AbortSignal).reason)
  for (const signal of signals)
    if (signal.aborted) controller.abort(signal.reason)
    else signal.addEventListener('abort', stop)
  return () => signals.forEach((signal) => signal.removeEventListener('abort', stop))
}

/**
 * Does some work until it is done, or `signals` or `controller` abort.
 *
 * @throws the reason of the abort, at once, whether or not the work heeds the signal that it is given.
 */
export function within<T>(
  signals: readonly AbortSignal[],
  controller: AbortController,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const { signal } = controller
    const unfollow = follow(signals, controller)
    const stop = () => {
      // Work that ignores its signal may never end.
      unfollow()
      reject(signal.reason)
    }
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop)
    work(signal).then(resolve, reject).then(unfollow)
  })
}
