/**
 * What an option may be: a type; its plural for an array of them; the words to choose from; or a number,
 * by its least value and whether it has to be whole.
 */
export type Check =
  | 'boolean'
  | 'function'
  | 'object'
  | 'string'
  | 'functions'
  | 'objects'
  | 'strings'
  | readonly string[]
  | readonly [min: number, whole?: 'whole']

/** The options that exist, and what each may be. */
export type Checks = Readonly<Record<string, Check>>

/** Options with every default in place. */
export type Defined<Options> = { readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined> }

function describe(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'another kind of array' : typeof value
}

/**
 * Checks one value; `undefined` counts as not given.
 *
 * @throws `TypeError` for a wrong type or word, `RangeError` for a number that is NaN, too small, or not whole.
 */
export function checkOption(name: string, value: unknown, check: Check): void {
  if (value === undefined) return
  if (typeof check === 'string') {
    if (typeof value === check && value !== null) return
    const one = check.replace(/s$/, '')
    const isList = one !== check
    const values = isList ? value : [value]
    // oxlint-disable-next-line valid-typeof -- the types are spelt in the type `Check`
    if (!Array.isArray(values) || values.some((item) => item === null || typeof item !== one))
      throw new TypeError(
        `${name} must be ${isList ? `an array of ${check}` : one === 'object' ? 'an object' : `a ${check}`}, not ${describe(value)}`,
      )
    return
  }
  const [first, whole] = check
  if (typeof first === 'string') {
    if (!check.includes(value as never))
      throw new TypeError(
        `${name} must be one of ${check.join(', ')}, not ${typeof value === 'string' ? value : describe(value)}`,
      )
    return
  }
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${describe(value)}`)
  if (!(value >= (first as number)) || (whole && value !== Infinity && !Number.isInteger(value)))
    throw new RangeError(
      `${name} must be a ${whole === undefined ? '' : 'whole '}number of at least ${first}, not ${value}`,
    )
}

/**
 * Checks a group of options.
 *
 * @throws what {@link checkOption} throws, and `TypeError` for an option that does not exist, so that a misspelt one is
 * not silently without effect.
 */
export function checkOptions(where: string, given: unknown, checks: Checks): void {
  checkOption(where, given ?? null, 'object')
  // Inherited ones count, as they do for `fetch`.
  for (const name in given as object) {
    const value = (given as Record<string, unknown>)[name]
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined) throw new TypeError(`${where}: there is no option "${name}"`)
    checkOption(`${where}.${name}`, value, check)
  }
}

/** The defaults, with the options that are given in their place. */
export function takeOptions<Defaults extends object>(
  options: { readonly [Name in keyof Defaults]?: Defaults[Name] | undefined },
  defaults: Defaults,
): Defaults {
  const taken = { ...defaults }
  for (const name in defaults) taken[name] = options[name] ?? defaults[name]
  return taken
}
