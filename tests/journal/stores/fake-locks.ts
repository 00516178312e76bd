type Held = { readonly name: string; readonly mode: LockMode; readonly end: (error?: Error) => void }

/** The locks of a browser, as far as a store uses them, and pages that can be closed. */
export interface FakeLocks {
  /** The locks as one page sees them. */
  page(): Pick<LockManager, 'request' | 'query'> & {
    /** The page is gone: all that it held is free. */
    crash(): void
  }
  /** Takes every lock away from whoever has it. */
  stealAll(): void
}

/** Locks as the Web Locks API defines them, without a browser. */
export function createFakeLocks(): FakeLocks {
  let held: Held[] = []
  let waiting: { readonly name: string; readonly mode: LockMode; readonly grant: () => void }[] = []

  const isFree = (name: string, mode: LockMode) =>
    held.every((lock) => lock.name !== name || (lock.mode === 'shared' && mode === 'shared'))
  const letIn = () => {
    const next = waiting.find(({ name, mode }) => isFree(name, mode))
    if (next === undefined) return
    waiting = waiting.filter((one) => one !== next)
    next.grant()
    letIn()
  }

  return {
    page() {
      const own = new Set<Held>()
      const request = (name: string, ...rest: unknown[]) =>
        new Promise((resolve, reject) => {
          const act = rest.at(-1) as (lock: Lock | null) => unknown
          const { mode = 'exclusive', ifAvailable = false } = (rest.length > 1 ? rest[0] : {}) as LockOptions
          const grant = () => {
            const end = (error?: Error) => {
              held = held.filter((other) => other !== lock)
              own.delete(lock)
              if (error) reject(error)
              letIn()
            }
            const lock: Held = { name, mode, end }
            held.push(lock)
            own.add(lock)
            Promise.resolve(act({ name, mode })).then(
              (value) => (end(), resolve(value)),
              (error: Error) => end(error),
            )
          }
          // Browsers decide in a later task, in the order of the requests.
          queueMicrotask(() => {
            if (isFree(name, mode)) grant()
            else if (ifAvailable) resolve(act(null))
            else waiting.push({ name, mode, grant })
          })
        })
      return {
        request: request as LockManager['request'],
        query: async () => ({ held: held.map(({ name, mode }) => ({ name, mode })), pending: [] }),
        crash: () => [...own].forEach(({ end }) => end()),
      }
    },
    stealAll: () => [...held].forEach(({ end }) => end(new DOMException('stolen', 'AbortError'))),
  }
}
