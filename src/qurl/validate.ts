import { ERROR_CODE_CLIENT_VALIDATION, ERROR_CODE_UNEXPECTED_RESPONSE } from './error-codes.js'
import { ValidationError } from './errors.js'

/** Says what is wrong with one value, or nothing. The text never holds the value: it may be a secret. */
export type Check = (value: unknown) => string | undefined

type KeyOfAny<T> = T extends unknown ? keyof T & string : never

/** One check per field of an input type, so that the accepted names and the type cannot drift apart. */
export type Checks<T> = { readonly [K in KeyOfAny<T>]: Check }

/** Says what is wrong with the fields taken together, or nothing. */
export type Rule = (fields: Readonly<Record<string, unknown>>) => string | undefined

/** What was found in an input: the fields that are present, and every problem. */
export interface Inspection {
  readonly fields: Record<string, unknown>
  readonly problems: readonly string[]
}

/** The error for input that is refused before anything is sent. */
export const invalid = (detail: string): ValidationError =>
  new ValidationError({ status: 0, code: ERROR_CODE_CLIENT_VALIDATION, title: 'Invalid input', detail })

/** The error for an answer of the wrong shape. */
export const unexpected = (detail: string, status = 0): ValidationError =>
  new ValidationError({ status, code: ERROR_CODE_UNEXPECTED_RESPONSE, title: 'Unexpected response', detail })

/** `null`, `array`, or the `typeof`. */
export const describeShape = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  Object.prototype.toString.call(value) === '[object Object]'

/** A copy without the fields that are `undefined`, which would hide those that it is spread over. */
export const defined = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>

/** A copy without the fields that are `undefined` or `null`. */
export const present = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null))

/**
 * Copies the fields that are present and collects every problem. `undefined` and `null` mean absent, but for the names in
 * `nullable`, where `null` is a value.
 */
export function inspectFields(
  input: unknown,
  checks: Readonly<Record<string, Check>>,
  rules: readonly Rule[] = [],
  nullable: readonly string[] = [],
): Inspection {
  if (!isRecord(input)) return { fields: {}, problems: [`expected an object (got ${describeShape(input)})`] }
  const problems: string[] = []
  const unknown = Object.keys(input).filter((name) => !Object.hasOwn(checks, name))
  if (unknown.length > 0) problems.push(`unknown field ${unknown.map((name) => `"${name}"`).join(', ')}`)
  const fields: Record<string, unknown> = {}
  for (const [name, check] of Object.entries(checks)) {
    const value = input[name]
    if (value === undefined || (value === null && !nullable.includes(name))) continue
    fields[name] = value
    const problem = value === null ? undefined : check(value)
    if (problem !== undefined) problems.push(`${name}: ${problem}`)
  }
  for (const rule of rules) {
    const problem = rule(fields)
    if (problem !== undefined) problems.push(problem)
  }
  return { fields, problems }
}

/**
 * Copies the fields that are present, or throws one error that names every problem.
 *
 * @throws {@link ValidationError} with `code` `client_validation`.
 */
export function readFields(
  method: string,
  input: unknown,
  checks: Readonly<Record<string, Check>>,
  rules?: readonly Rule[],
  nullable?: readonly string[],
): Record<string, unknown> {
  const { fields, problems } = inspectFields(input, checks, rules, nullable)
  if (problems.length > 0) throw invalid(`${method}: ${problems.join('; ')}`)
  return fields
}

/** {@link readFields} for a query: an absent input is an empty one, and empty strings are absent too. */
export function readQuery(
  method: string,
  input: unknown,
  checks: Readonly<Record<string, Check>>,
): Record<string, string> {
  const given = input ?? {}
  const present = isRecord(given)
    ? Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''))
    : given
  return Object.fromEntries(
    Object.entries(readFields(method, present, checks)).map(([name, value]) => [name, String(value)]),
  )
}

export function refuseUnknown(where: string, given: object, names: readonly string[]): void {
  const unknown = Object.keys(given).filter((name) => !names.includes(name))
  if (unknown.length > 0)
    throw invalid(`${where}: unknown option ${unknown.map((name) => `"${name}"`).join(', ')}`)
}

export function checkKind(name: string, value: unknown, kind: 'function' | 'number' | 'string'): void {
  if (value !== undefined && typeof value !== kind) {
    throw invalid(`${name}: must be a ${kind} (got ${describeShape(value)})`)
  }
}
