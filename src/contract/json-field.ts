/** The value that a path of names leads to inside parsed JSON, `undefined` where a step is missing. */
export function readField(json: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, step)
        ? (value as Record<string, unknown>)[step]
        : undefined,
    json,
  )
}

/** The string that a path leads to inside parsed JSON, `undefined` when there is none. */
export function readText(json: unknown, ...path: readonly string[]): string | undefined {
  const value = readField(json, ...path)
  return typeof value === 'string' ? value : undefined
}

/** The id that a path leads to inside parsed JSON, a string or a number; `undefined` when there is none. */
export function readId(json: unknown, ...path: readonly string[]): string | undefined {
  const value = readField(json, ...path)
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : undefined
}

/** The list that a path leads to inside parsed JSON, empty when there is none. */
export function readList(json: unknown, ...path: readonly string[]): readonly unknown[] {
  const value = readField(json, ...path)
  return Array.isArray(value) ? value : []
}
