/** The same value written the same way, whatever the order of its keys. */
function write(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === 'object' && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
        : part,
    ) ?? 'undefined'
  )
}

/** @throws an error that shows both. Keys that are `undefined` count as absent. */
export function expectEqual(found: unknown, wanted: unknown): void {
  if (write(found) !== write(wanted)) throw new Error(`expected ${write(wanted)}, found ${write(found)}`)
}

/** @throws an error that says what does not hold. */
export function expectTrue(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected that ${what}`)
}
