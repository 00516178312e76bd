// @ts-check
import { Problem } from './problem.mjs'

/**
 * A rule says what is wrong with a value, or nothing.
 * @typedef {(value: any) => undefined | string | [message: string, code: string]} Rule
 */

const UNIT_SECONDS = /** @type {Record<string, number>} */ ({ s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 })

/** @param {unknown} text @returns {number} seconds, `NaN` when it is no duration */
export function durationSeconds(text) {
  const match = typeof text === 'string' ? /^(\d+)([smhdw])$/.exec(text) : null
  return match ? Number(match[1]) * /** @type {number} */ (UNIT_SECONDS[match[2] ?? '']) : NaN
}

/** @param {number} max @param {number} [min] @returns {Rule} */
export const text =
  (max, min = 0) =>
  (value) =>
    typeof value === 'string' && value.length >= min && value.length <= max
      ? undefined
      : `must be a string of ${min} to ${max} characters`

/** @returns {Rule} */
export const url = () => (value) => {
  if (
    typeof value !== 'string' ||
    value.length > 2048 ||
    !/^https?:\/\//i.test(value) ||
    !URL.canParse(value)
  ) {
    return ['must be an http or https URL of at most 2048 characters', 'invalid_target_url']
  }
  return undefined
}

/** @returns {Rule} */
export const flag = () => (value) => (typeof value === 'boolean' ? undefined : 'must be a boolean')

/** @param {number} min @param {number} max @returns {Rule} */
export const integer = (min, max) => (value) =>
  Number.isInteger(value) && value >= min && value <= max
    ? undefined
    : `must be an integer from ${min} to ${max}`

/** @param {number} min seconds @param {number} max seconds @param {string} [code] @returns {Rule} */
export const duration =
  (min, max, code = 'invalid_duration') =>
  (value) => {
    const seconds = durationSeconds(value)
    return seconds >= min && seconds <= max
      ? undefined
      : [`must be a duration from ${min} to ${max} seconds`, code]
  }

/** @returns {Rule} */
export const time = () => (value) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value))
    ? undefined
    : 'must be an RFC 3339 time'

/** @param {...string} words @returns {Rule} */
export const oneOf =
  (...words) =>
  (value) =>
    words.includes(value) ? undefined : `must be one of ${words.join(', ')}`

/** @param {Rule} rule @param {number} min @param {number} max @returns {Rule} */
export const list = (rule, min, max) => (value) => {
  if (!Array.isArray(value) || value.length < min || value.length > max)
    return `must be a list of ${min} to ${max}`
  for (const item of value) {
    const wrong = rule(item)
    if (wrong) return `has an item that ${Array.isArray(wrong) ? wrong[0] : wrong}`
  }
  return undefined
}

/** @returns {Rule} */
export const tags = () =>
  list((value) => (/^[a-zA-Z0-9][a-zA-Z0-9 _-]{0,49}$/.test(value) ? undefined : 'is no tag'), 0, 10)

/** @param {string} code @returns {Rule} */
export const handle = (code) => (value) =>
  typeof value === 'string' && /^[a-z][a-z0-9-]{1,62}[a-z0-9]$/.test(value)
    ? undefined
    : ['must be 3 to 64 lower-case letters, digits and dashes', code]

/** @param {Record<string, Rule>} shape @returns {Rule} */
export const object = (shape) => (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object'
  const wrong = Object.entries(findProblems(value, shape))[0]
  return wrong ? `has a field ${wrong[0]} that ${wrong[1][0]}` : undefined
}

/** @returns {Rule} */
export const accessPolicy = () =>
  object({
    ip_allowlist: list(text(64, 1), 0, 100),
    ip_denylist: list(text(64, 1), 0, 100),
    geo_allowlist: list(text(2, 2), 0, 50),
    geo_denylist: list(text(2, 2), 0, 50),
    user_agent_allow_regex: text(256),
    user_agent_deny_regex: text(256),
    ai_agent_policy: object({
      block_all: flag(),
      deny_categories: list(text(64, 1), 0, 20),
      allow_categories: list(text(64, 1), 0, 20),
    }),
  })

/**
 * @param {Record<string, unknown>} body
 * @param {Record<string, Rule>} shape
 * @param {string[]} [required]
 * @returns {Record<string, [message: string, code: string]>} by field
 */
export function findProblems(body, shape, required = []) {
  /** @type {Record<string, [string, string]>} */
  const problems = {}
  for (const name of required) if (!(name in body)) problems[name] = ['is required', 'validation_error']
  for (const [name, value] of Object.entries(body)) {
    const wrong = Object.hasOwn(shape, name) ? shape[name]?.(value) : 'is not a property of this request'
    if (wrong) problems[name] = Array.isArray(wrong) ? wrong : [wrong, 'validation_error']
  }
  return problems
}

/**
 * Refuses a body that does not have the shape, properties that nobody declared included.
 *
 * @param {Record<string, unknown>} body
 * @param {Record<string, Rule>} shape
 * @param {{ required?: string[], exclusive?: [string, string][], atLeastOne?: boolean }} [more]
 */
export function checkFields(body, shape, more = {}) {
  const problems = findProblems(body, shape, more.required)
  const names = Object.keys(problems)
  if (names.length > 0) {
    const invalidFields = Object.fromEntries(names.map((name) => [name, problems[name]?.[0] ?? '']))
    const code = problems[names[0] ?? '']?.[1] ?? 'validation_error'
    throw new Problem(400, code, names.map((name) => `${name} ${problems[name]?.[0]}`).join('; '), {
      invalidFields,
    })
  }
  for (const [one, other] of more.exclusive ?? []) {
    if (one in body && other in body) {
      throw new Problem(400, 'mutually_exclusive_fields', `${one} and ${other} exclude each other.`)
    }
  }
  if (more.atLeastOne && Object.keys(body).length === 0) {
    throw new Problem(400, 'invalid_request', 'At least one field is needed.')
  }
}
