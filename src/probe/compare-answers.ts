import { isSuccess, type Exchange, type ProbeAnswer } from './probe-answer.js'
import { findPath } from './thing-id.js'

/** A header by which an answer says that it comes from the store. */
export interface SeenMarker {
  readonly header: string
  readonly value: string
}

const markerName = /idempot|replay/i
const markerValue = /^(?:true|yes|1|hit|cached|replay(?:ed)?|processed|duplicate)$/i

/** The header that an answer has and the original has not, whose name and value speak of a replay. */
export function findMarker(answer: ProbeAnswer, original: ProbeAnswer | undefined): SeenMarker | undefined {
  const found: SeenMarker[] = []
  for (const [header, value] of answer.headers)
    if (markerName.test(header) && markerValue.test(value) && original?.headers.get(header) !== value)
      found.push({ header, value })
  return found.find(({ value }) => value.toLowerCase() === 'true') ?? found[0]
}

/** Where a repetition holds the body of the original: an empty path when it is that body. */
export function findOriginal(
  answer: ProbeAnswer,
  original: ProbeAnswer,
): readonly (string | number)[] | undefined {
  if (answer.text !== undefined && answer.text !== '' && answer.text === original.text) return []
  if (typeof original.json !== 'object' || original.json === null) return undefined
  const wanted = JSON.stringify(original.json)
  return findPath(answer.json, (value) => typeof value === 'object' && JSON.stringify(value) === wanted)
}

/** The body without what the request said itself. */
function withoutEchoes({ answer, echoes }: Exchange): string | undefined {
  return echoes.reduce<string | undefined>((text, echo) => text?.replaceAll(echo, '{}'), answer?.text)
}

/** Whether the original's answer holds anything that tells it from the answer to another write. */
function isTelling(original: Exchange, others: readonly Exchange[]): boolean {
  if (original.answer?.id !== undefined) return true
  return others.some((other) => isSuccess(other.answer) && withoutEchoes(other) !== withoutEchoes(original))
}

/** What two answers say about how often the work was done. */
export type Likeness = 'same' | 'different' | 'unclear'

/** One row of the table below: what is seen, and what it means. */
interface Seen {
  readonly isMarked: boolean
  readonly ids: 'equal' | 'differ' | 'missing'
  readonly holdsOriginal: boolean
  readonly isTelling: boolean
}

const rows: readonly (readonly [when: (seen: Seen) => boolean, likeness: Likeness])[] = [
  [({ isMarked }) => isMarked, 'same'],
  [({ holdsOriginal, isTelling }) => holdsOriginal && isTelling, 'same'],
  [({ ids }) => ids === 'equal', 'same'],
  [({ ids }) => ids === 'differ', 'different'],
  [() => true, 'unclear'],
]

/**
 * Whether a success speaks of the thing that the original made. `others` are successes of writes that were surely
 * executed: without an id, only what differs between them can tell.
 */
export function compareAnswers(
  { answer }: Exchange,
  original: Exchange,
  others: readonly Exchange[] = [],
): Likeness {
  if (!isSuccess(answer) || !isSuccess(original.answer)) return 'unclear'
  const [id, originalId] = [answer.id, original.answer.id]
  const seen: Seen = {
    isMarked: findMarker(answer, original.answer) !== undefined,
    ids: id === undefined || originalId === undefined ? 'missing' : id === originalId ? 'equal' : 'differ',
    holdsOriginal: findOriginal(answer, original.answer) !== undefined,
    isTelling: isTelling(original, others),
  }
  return rows.find(([when]) => when(seen))?.[1] ?? 'unclear'
}
