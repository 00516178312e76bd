import type { AnswerPattern, DuplicatePattern, WrappedReplay } from '../contract/answer-patterns.js'
import { hasMarker } from '../contract/has-marker.js'
import type { Contract } from '../contract/server-contract.js'
import { findSign } from './answer-sign.js'
import { findOriginal, type SeenMarker } from './compare-answers.js'
import { findRacers, lookUp } from './conclude.js'
import type { Conclusion, Findings } from './findings.js'
import type { KnownAnswer } from './known-answers.js'
import type { Exchange, ProbeAnswer } from './probe-answer.js'
import { findPath } from './thing-id.js'

/** A contract as data, before it is made or written. */
export interface ContractDraft {
  readonly name: string
  /** How the key was carried. */
  readonly base: Contract
  readonly method: string
  readonly honoursKey: boolean
  /** A marker that the base does not know. */
  readonly marker: SeenMarker | undefined
  readonly running: readonly AnswerPattern[]
  readonly reused: readonly AnswerPattern[]
  readonly alreadyDone: readonly DuplicatePattern[]
  readonly wrappedReplay: WrappedReplay | undefined
  readonly keyScope: readonly string[]
  /** A key was seen locked, so that it is asked about for a short time only. */
  readonly isLockSeen: boolean
  /** The id of the thing that the first write made. */
  readonly firstId: string | undefined
  /** A duplicate's refusal names that thing, be it where a contract as data cannot read it. */
  readonly namesFirst: boolean
}

/** A path as a contract writes it, `undefined` where a list is on the way. */
function dotted(path: readonly (string | number)[] | undefined): string | undefined {
  return path !== undefined &&
    path.length > 0 &&
    path.every((step) => typeof step === 'string' && !step.includes('.'))
    ? path.join('.')
    : undefined
}

/** Whether a repetition is refused only once the work is done, and failures leave their keys free: then the refusal proves the success. */
function provesSuccess(exchanges: readonly Exchange[], { failures, race }: Findings): boolean {
  const { winner, loser } = findRacers(exchanges)
  const isHeld =
    winner !== undefined && loser !== undefined && exchanges.indexOf(loser) > exchanges.indexOf(winner)
  return failures.result === 'not-kept' && race.result === 'duplicate' && isHeld
}

const findId = ({ json }: ProbeAnswer, id: string) => findPath(json, (value) => String(value) === id)

/** What a duplicate's refusal tells of the original. */
function describeDuplicate(
  answer: ProbeAnswer,
  first: ProbeAnswer | undefined,
): Pick<DuplicatePattern, 'id' | 'result'> {
  if (first === undefined) return {}
  const { id, status } = first
  const idField = id === undefined ? undefined : dotted(findId(answer, id))
  const place = findOriginal(answer, first)
  const field = dotted(place)
  const hasResult = place?.length === 0 || field !== undefined
  return {
    ...(idField !== undefined && { id: idField }),
    ...(hasResult && {
      result: { ...(field !== undefined && { field }), ...(status !== 200 && { status }) },
    }),
  }
}

/** A success that wraps the first answer, and the field that says so. */
function findWrap(
  repetition: ProbeAnswer | undefined,
  first: ProbeAnswer | undefined,
): WrappedReplay | undefined {
  if (repetition === undefined || first === undefined || repetition.status >= 300) return undefined
  const field = dotted(findOriginal(repetition, first))
  if (field === undefined) return undefined
  const marker = Object.entries(repetition.json as object).find(([, value]) => value === true)?.[0]
  return marker === undefined || marker.includes('.') ? undefined : { marker, field, status: first.status }
}

/** Makes the contract that the findings describe, as data. Pure. */
export function draftContract(
  {
    name,
    base,
    method,
    userHeaders,
  }: Pick<ContractDraft, 'name' | 'base' | 'method'> & { readonly userHeaders: readonly string[] },
  exchanges: readonly Exchange[],
  known: readonly KnownAnswer[],
  findings: Findings,
  conclusion: Conclusion,
): ContractDraft {
  const first = lookUp(exchanges, 'first')?.answer
  const running: AnswerPattern[] = []
  const reused: AnswerPattern[] = []
  const alreadyDone: DuplicatePattern[] = []
  const add = <Pattern extends AnswerPattern>(list: Pattern[], pattern: Pattern) => {
    if (!list.some((one) => JSON.stringify(one) === JSON.stringify(pattern))) list.push(pattern)
  }
  for (const { exchange, means } of conclusion === 'kept' ? known : []) {
    if (means === 'done' || means === 'failed') continue
    const others = known.filter((other) => other.means !== means).map((other) => other.exchange.answer)
    const { pattern, isAmbiguous } = findSign(exchange, others, first)
    // Two meanings, one look: the rules for a server of which nothing is known promise nothing there.
    if (means === 'running' && !isAmbiguous) add(running, pattern)
    if (means === 'reused' && !isAmbiguous) add(reused, pattern)
    if (means === 'alreadyDone')
      add(alreadyDone, {
        ...pattern,
        ...describeDuplicate(exchange.answer, first),
        ...((isAmbiguous || !provesSuccess(exchanges, findings)) && { alsoAfterFailure: true }),
      })
  }
  const { marker } = findings.repetition
  const isMarkerKnown =
    marker !== undefined &&
    base.replayMarkers.some((one) => hasMarker(new Headers([[marker.header, marker.value]]), one))
  return {
    name,
    base,
    method,
    honoursKey: conclusion === 'kept',
    marker: isMarkerKnown ? undefined : marker,
    running,
    reused,
    alreadyDone,
    wrappedReplay: findWrap(lookUp(exchanges, 'repetition')?.answer, first),
    keyScope: findings['other-user'].result === 'executed' ? userHeaders : [],
    isLockSeen: findings['lost-answer'].result === 'locked' || findings.race.result === 'locked',
    firstId: first?.id,
    namesFirst: known.some(
      ({ means, exchange }) =>
        means === 'alreadyDone' && first?.id !== undefined && findId(exchange.answer, first.id) !== undefined,
    ),
  }
}
