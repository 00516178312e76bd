const listenersOf = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Listens to a signal that many calls may share: one listener on the signal for all of them, as Node warns of a leak
 * from the eleventh on. Gives the function that ends it.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const known = listenersOf.get(signal)
  const listeners = known ?? new Set()
  const fire = () => {
    for (const one of listeners) one()
  }
  if (known === undefined) {
    listenersOf.set(signal, listeners)
    signal.addEventListener('abort', fire, { once: true })
  }
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}
