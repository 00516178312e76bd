/** Resolves when what has come in by now was dealt with: the next turn of the event loop, as early as the runtime can. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown }
    if (setImmediate !== undefined) setImmediate(resolve)
    else setTimeout(resolve)
  })
}
