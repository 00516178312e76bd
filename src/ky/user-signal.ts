/**
 * Tells whether a signal that ky has made follows one of the user's. Node marks a signal of `AbortSignal.any()`, by a symbol
 * that is looked for. Where there is none, every signal counts as one that may abort.
 *
 * ky aborts its own only after its timeout, which is ours for a write. To listen to it would take as long as the rest of a call.
 */
export function createSignalReader(): (signal: AbortSignal | null | undefined) => boolean {
  let mark: symbol | undefined
  let isKnown = false
  const read = (signal: object) => (signal as Record<symbol, unknown>)[mark as symbol]
  const findMark = () => {
    isKnown = true
    if (typeof AbortSignal.any !== 'function') return
    const { signal } = new AbortController()
    const following = AbortSignal.any([signal])
    const isMark = (name: symbol) =>
      (following as unknown as Record<symbol, unknown>)[name] === true &&
      (signal as unknown as Record<symbol, unknown>)[name] === false
    const marks = Object.getOwnPropertySymbols(following).filter(isMark)
    mark = marks.find(({ description }) => description === 'kComposite')
  }
  return (signal) => {
    if (!isKnown) findMark()
    return signal === undefined || signal === null || mark === undefined || read(signal) !== false
  }
}
