import { checkOption, checkOptions, type Checks } from '../errors/check-option.js'
import type { AnswerMeanings, AnswerPattern, DuplicatePattern, ResultPlace } from './answer-patterns.js'
import { checkMarker } from './check-marker.js'
import { listOf } from './match-pattern.js'

const patternMeanings = ['running', 'reused', 'alreadyDone', 'expired', 'keyMissing'] as const

/** What a pattern may say; what is `any` here is checked below, as it may be one thing or a list. */
const patternFields = ['status', 'code', 'field', 'header'] as const
const duplicateFields = [...patternFields, 'id', 'url', 'result', 'alsoAfterFailure'] as const

const resultChecks: Checks = { field: 'string', status: [200, 'whole'] }

function checkPath(name: string, path: string | undefined): void {
  checkOption(name, path, 'string')
  if (path?.split('.').includes('')) throw new TypeError(`${name} must have a name between its dots`)
}

function checkResult(name: string, result: ResultPlace | undefined): void {
  if (result === undefined) return
  checkOptions(name, result, resultChecks)
  checkPath(`${name}.field`, result.field)
  if (result.status !== undefined && result.status > 299)
    throw new RangeError(`${name}.status must be the status of a success, 200 to 299, not ${result.status}`)
}

function checkStatuses(name: string, given: AnswerPattern['status']): void {
  for (const status of listOf(given)) {
    checkOption(name, status ?? null, [200, 'whole'])
    if (status > 599) throw new RangeError(`${name} must be a status from 200 to 599, not ${status}`)
  }
}

function checkPattern(name: string, pattern: DuplicatePattern, fields: readonly string[]): void {
  checkOption(name, pattern ?? null, 'object')
  for (const field of Object.keys(pattern))
    if (!fields.includes(field)) throw new TypeError(`${name}: there is no option "${field}"`)
  const { status, code, field, header, id, url, result, alsoAfterFailure } = pattern
  if (listOf(status).length === 0 && listOf(code).length === 0 && header === undefined)
    throw new TypeError(`${name} must say a status, a code or a header: otherwise it is true of every error`)
  checkStatuses(`${name}.status`, status)
  for (const word of listOf(code)) checkOption(`${name}.code`, word ?? null, 'string')
  if (field !== undefined && code === undefined)
    throw new TypeError(`${name}.field says where the code stands, and there is no ${name}.code`)
  if (header !== undefined) checkMarker(`${name}.header`, header)
  for (const [part, path] of Object.entries({ field, id, url })) checkPath(`${name}.${part}`, path)
  checkResult(`${name}.result`, result)
  checkOption(`${name}.alsoAfterFailure`, alsoAfterFailure, 'boolean')
}

/**
 * Checks what a contract says of its answers as data.
 *
 * @throws `TypeError` or `RangeError` that names the part, such as `contract.answers.running[1].status`.
 */
export function checkAnswers(where: string, answers: AnswerMeanings): void {
  const kinds = Object.fromEntries(patternMeanings.map((meaning) => [meaning, 'object'])) as Checks
  checkOptions(where, answers, { ...kinds, wrappedReplay: 'object' })
  for (const meaning of patternMeanings) {
    const given = answers[meaning]
    const fields = meaning === 'alreadyDone' ? duplicateFields : patternFields
    listOf<AnswerPattern>(given).forEach((pattern, index) => {
      const place = Array.isArray(given) ? `[${index}]` : ''
      checkPattern(`${where}.${meaning}${place}`, pattern, fields)
    })
  }
  const { wrappedReplay } = answers
  if (wrappedReplay === undefined) return
  const { marker, ...place } = wrappedReplay
  checkOption(`${where}.wrappedReplay.marker`, marker ?? null, 'string')
  checkPath(`${where}.wrappedReplay.marker`, marker)
  checkResult(`${where}.wrappedReplay`, place)
}
