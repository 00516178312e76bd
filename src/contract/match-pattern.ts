import type { AnswerPattern } from './answer-patterns.js'
import { hasMarker } from './has-marker.js'
import { readField, readList } from './json-field.js'
import type { Answer } from './verdict.js'

/** The names under which servers write a code. */
const codeFields = [
  'code',
  'type',
  'name',
  'error',
  'errorCode',
  'error_code',
  'reason',
  'reasonCode',
  'issue',
]

/** The usual places of a code: in the body, in its error, and in each error that it lists. */
function listCodes(json: unknown): unknown[] {
  const parts = [
    json,
    readField(json, 'error'),
    ...[['errors'], ['details'], ['error', 'errors'], ['error', 'details']].flatMap((path) =>
      readList(json, ...path),
    ),
  ]
  return parts.flatMap((part) => codeFields.map((name) => readField(part, name)))
}

/** A list of what may be given as one thing or as several. */
export function listOf<T>(given: T | readonly T[] | undefined): readonly T[] {
  return given === undefined ? [] : Array.isArray(given) ? (given as readonly T[]) : [given as T]
}

/** Whether a pattern holds for nothing but the key: a status has other meanings too. */
export function namesKey({ code, header }: AnswerPattern): boolean {
  return code !== undefined || header !== undefined
}

/** Whether everything that a pattern says is true of an answer. */
export function matchesPattern(pattern: AnswerPattern, { status, headers, json }: Answer): boolean {
  const statuses = listOf(pattern.status)
  if (statuses.length > 0 ? !statuses.includes(status) : status < 400) return false
  if (pattern.header !== undefined && !hasMarker(headers, pattern.header)) return false
  if (pattern.code === undefined) return true
  const codes = listOf(pattern.code)
  const found = pattern.field === undefined ? listCodes(json) : [readField(json, ...pattern.field.split('.'))]
  return found.some(
    (code) => (typeof code === 'string' || typeof code === 'number') && codes.includes(`${code}`),
  )
}
