import { describeShape, inspectFields, type Check, type Rule } from './validate.js'

export const required =
  (...names: string[]): Rule =>
  (fields) => {
    const missing = names.filter((name) => fields[name] === undefined)
    return missing.length > 0 ? missing.map((name) => `${name}: is required`).join('; ') : undefined
  }

export const atLeastOne =
  (...names: string[]): Rule =>
  (fields) =>
    names.some((name) => fields[name] !== undefined)
      ? undefined
      : `at least one of ${names.join(', ')} is required`

export const atMostOne =
  (...names: string[]): Rule =>
  (fields) =>
    names.filter((name) => fields[name] !== undefined).length > 1
      ? `${names.join(' and ')} are mutually exclusive`
      : undefined

const got = (value: unknown): string => `(got ${describeShape(value)})`

export const isString: Check = (value) =>
  typeof value === 'string' ? undefined : `must be a string ${got(value)}`

export const isBoolean: Check = (value) =>
  typeof value === 'boolean' ? undefined : `must be a boolean ${got(value)}`

/** A string of at most `max` characters, which may be empty: an empty one clears the field. */
export const isText =
  (max: number): Check =>
  (value) =>
    isString(value) ??
    ((value as string).length > max
      ? `must be at most ${max} characters (got ${(value as string).length})`
      : undefined)

/** A string of 1 to `max` characters. */
export const isName =
  (max = Number.POSITIVE_INFINITY): Check =>
  (value) =>
    value === '' ? 'must not be empty' : isText(max)(value)

/** A string of at most `max` bytes of UTF-8. */
export const isShortText =
  (max: number, min = 0): Check =>
  (value) => {
    if (typeof value !== 'string') return isString(value)
    const { byteLength } = new TextEncoder().encode(value)
    if (byteLength < min) return 'must not be empty'
    return byteLength > max ? `must be at most ${max} bytes of UTF-8 (got ${byteLength})` : undefined
  }

export const isInteger =
  (min: number, max = Number.MAX_SAFE_INTEGER): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `must be an integer ${max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`} (got ${
          typeof value === 'number' ? value : describeShape(value)
        })`

/** An `http` or `https` URL of at most 2048 characters. */
export const isHttpUrl: Check = (value) =>
  isName(2048)(value) ??
  (/^https?:\/\//i.test(value as string) ? undefined : 'must start with http:// or https://')

/** A non-empty array of non-empty strings. */
export const isNames: Check = (value) => {
  if (!Array.isArray(value)) return `must be an array ${got(value)}`
  if (value.length === 0) return 'must not be empty'
  return value.every((entry) => typeof entry === 'string' && entry !== '')
    ? undefined
    : 'must hold only non-empty strings'
}

/** At most 10 tags of 1 to 50 letters, digits, spaces, `_` and `-`, each starting with a letter or digit. */
export const isTags: Check = (value) => {
  if (!Array.isArray(value)) return `must be an array ${got(value)}`
  if (value.length > 10) return `must hold at most 10 tags (got ${value.length})`
  const bad = value.flatMap((tag, index) =>
    typeof tag === 'string' && tag.length <= 50 && /^[a-zA-Z0-9][a-zA-Z0-9 _-]*$/.test(tag)
      ? []
      : [`[${index}]`],
  )
  return bad.length > 0
    ? `${bad.join(', ')} must be 1 to 50 letters, digits, spaces, "_" or "-", starting with a letter or digit`
    : undefined
}

const isStringArray: Check = (value) => (Array.isArray(value) ? undefined : `must be an array ${got(value)}`)

const nested =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) => {
    const { problems } = inspectFields(value, checks)
    return problems.length > 0 ? problems.join(', ') : undefined
  }

/** An access policy: the lists are arrays, the patterns strings. What they may hold is the service's to say. */
export const isAccessPolicy: Check = nested({
  ip_allowlist: isStringArray,
  ip_denylist: isStringArray,
  geo_allowlist: isStringArray,
  geo_denylist: isStringArray,
  user_agent_allow_regex: isString,
  user_agent_deny_regex: isString,
  ai_agent_policy: nested({
    block_all: isBoolean,
    deny_categories: isStringArray,
    allow_categories: isStringArray,
  }),
})

/** `limit` and `cursor`, which every paged list takes. */
export const pageChecks = { limit: isInteger(1, 100), cursor: isString }
