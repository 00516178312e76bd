/** @throws `TypeError` for an option that does not exist, so that a misspelt one is not silently without effect. */
export function checkNames(where: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given))
    if (!known.includes(name)) throw new TypeError(`${where}: there is no option "${name}"`)
}

/** @throws `TypeError` when the option is given and of another type. */
export function checkType(name: string, value: unknown, type: 'function' | 'object' | 'string'): void {
  if (value !== undefined && (typeof value !== type || value === null))
    throw new TypeError(`${name} must be a ${type}, not ${value === null ? 'null' : typeof value}`)
}

/** @throws `TypeError` when the option is no number, `RangeError` when it is NaN, below `min`, or not whole where it has to be. */
export function checkNumber(name: string, value: unknown, min: number, isWhole = false): void {
  if (value === undefined) return
  if (typeof value !== 'number')
    throw new TypeError(`${name} must be a number, not ${value === null ? 'null' : typeof value}`)
  if (!(value >= min) || (isWhole && value !== Infinity && !Number.isInteger(value)))
    throw new RangeError(
      `${name} must be ${isWhole ? 'a whole number' : 'a number'} of at least ${min}, not ${value}`,
    )
}

/** @throws `TypeError` when the option is given and none of the choices. */
export function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (value !== undefined && !choices.includes(value as string))
    throw new TypeError(
      `${name} must be one of ${choices.join(', ')}, not ${typeof value === 'string' ? `"${value}"` : typeof value}`,
    )
}
