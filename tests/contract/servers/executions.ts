/** What a handler did, told by the handler itself, and gates that hold it until the test lets it go on. */
export interface Executions {
  /** Times that the work for this item was begun. */
  started(item: string): number
  /** Times that the work for this item was done. */
  finished(item: string): number
  readonly total: number
  /** Makes the next work for this item wait; call the result to let it go on. */
  hold(item: string): () => void
  /** The work itself: called by the handler. */
  run(item: string): Promise<number>
}

export function countExecutions(): Executions {
  const started = new Map<string, number>()
  const finished = new Map<string, number>()
  const gates = new Map<string, Promise<void>>()
  let total = 0
  return {
    started: (item) => started.get(item) ?? 0,
    finished: (item) => finished.get(item) ?? 0,
    get total() {
      return total
    },
    hold: (item) => {
      let release: (() => void) | undefined
      gates.set(
        item,
        new Promise((resolve) => {
          release = resolve
        }),
      )
      return () => release?.()
    },
    run: async (item) => {
      started.set(item, (started.get(item) ?? 0) + 1)
      const gate = gates.get(item)
      gates.delete(item)
      await gate
      finished.set(item, (finished.get(item) ?? 0) + 1)
      total++
      return total
    },
  }
}
