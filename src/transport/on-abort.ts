interface Shared {
  readonly listeners: Set<() => void>
  readonly fire: () => void
}

const listenersOf = new WeakMap<AbortSignal, Shared>()

/**
 * Listens to a signal that many calls may share: one listener on the signal for all of them, as Node warns of a leak
 * from the eleventh on. Gives the function that ends it; nothing is left on the signal when all have ended.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  let shared = listenersOf.get(signal)
  if (shared === undefined) {
    const listeners = new Set<() => void>()
    const fire = () => {
      for (const one of listeners) one()
    }
    shared = { listeners, fire }
    listenersOf.set(signal, shared)
    signal.addEventListener('abort', fire, { once: true })
  }
  const { listeners, fire } = shared
  listeners.add(listener)
  return () => {
    if (!listeners.delete(listener) || listeners.size > 0) return
    signal.removeEventListener('abort', fire)
    listenersOf.delete(signal)
  }
}

/** Why a signal has aborted. Polyfills of older signals do not say: then it is what `fetch` itself would throw. */
export function reasonOf({ reason }: AbortSignal): unknown {
  return reason === undefined ? new DOMException('This operation was aborted', 'AbortError') : reason
}

/** What a signal ends as long as somebody has it. */
export interface Endable {
  readonly end: (reason: unknown) => void
}

/** Some workers have no weak references. */
function refer<T extends object>(target: T): { deref(): T | undefined } {
  return typeof WeakRef === 'function' ? new WeakRef(target) : { deref: () => target }
}

const collected =
  typeof FinalizationRegistry === 'function'
    ? new FinalizationRegistry<() => void>((stop) => stop())
    : undefined

/** The same for something that the signal, which may live as long as the process, does not keep in memory. */
export function endOnAbort(signal: AbortSignal, target: Endable): () => void {
  const found = refer(target)
  const stop = onAbort(signal, () => found.deref()?.end(reasonOf(signal)))
  collected?.register(target, stop)
  return stop
}
