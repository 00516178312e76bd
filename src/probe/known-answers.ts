import { findRacers, lookUp } from './conclude.js'
import type { Findings } from './findings.js'
import { isConflict, type Exchange, type ProbeAnswer } from './probe-answer.js'
import type { StepName } from './probe-steps.js'

/** An answer of which the probe knows what it means, to a request whose key the server could know. */
export interface KnownAnswer {
  readonly exchange: Exchange & { readonly answer: ProbeAnswer }
  readonly means: 'done' | 'running' | 'reused' | 'alreadyDone' | 'failed'
}

/** The answers whose meaning the findings settle. Pure. */
export function findKnownAnswers(
  exchanges: readonly Exchange[],
  { repetition, race, failures, 'other-body': otherBody }: Findings,
): readonly KnownAnswer[] {
  const at = (step: StepName) => lookUp(exchanges, step)
  const { winner, loser } = findRacers(exchanges)
  const isReplayed = repetition.result === 'first-answer'
  const isAskedTwice = at('after-cut-later') !== undefined

  const rows: readonly (readonly [Exchange | undefined, KnownAnswer['means'], boolean])[] = [
    [at('repetition'), 'alreadyDone', repetition.result === 'duplicate'],
    [at('repetition'), 'done', isReplayed && !isConflict(at('repetition'))],
    [at('repetition'), 'running', isReplayed && isConflict(at('repetition'))],
    [loser, 'running', race.result === 'refused' && isConflict(loser) && winner !== undefined],
    [at('race-later'), 'running', race.result === 'locked' && isConflict(at('race-later'))],
    [at('after-cut'), 'running', isAskedTwice && isConflict(at('after-cut'))],
    [at('other-body'), 'reused', otherBody.result === 'refused'],
    [at('invalid'), 'failed', failures.result !== 'accepted' && isConflict(at('invalid'))],
  ]
  return rows.flatMap(([exchange, means, isMeant]) => {
    const answer = exchange?.answer
    return isMeant && exchange !== undefined && answer !== undefined
      ? [{ exchange: { ...exchange, answer }, means }]
      : []
  })
}
