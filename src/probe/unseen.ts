import type { Evidence } from './conclude.js'
import { findRacers, lookUp } from './conclude.js'
import type { Findings } from './findings.js'
import { isRefusal } from './probe-answer.js'

/** What the reader must not take for seen, in words. Pure. */
export function listUnseen(
  findings: Findings,
  { exchanges, counted }: Evidence,
  { method, isRetentionSeen }: { readonly method: string; readonly isRetentionSeen: boolean },
): readonly string[] {
  const isCounted = counted.size > 0
  const { repetition, race, failures, 'lost-answer': lost, 'other-body': body } = findings
  const { loser } = findRacers(exchanges)
  const cut = lookUp(exchanges, 'cut')?.cut
  const isHonoured = repetition.result === 'first-answer' || repetition.result === 'duplicate'
  const rows: readonly (readonly [boolean, string])[] = [
    [
      repetition.result === 'unclear',
      'whether a repetition was done again: the answers hold no id and nothing else that differs; give a count',
    ],
    [
      race.result === 'refused' && !isCounted,
      'whether the request that was refused in the race was executed all the same; give a count',
    ],
    [
      race.result === 'refused' && isRefusal(loser?.answer) && loser.answer.status >= 500,
      `whether the ${loser?.answer?.status} in the race is what a request gets while the first one runs, or a fault`,
    ],
    [
      race.result === 'first-answer',
      'what a request gets while the first one runs: the second was held, or the work was too quick',
    ],
    [
      race.result === 'duplicate',
      'whether a repetition is refused before the work is done: both answers came at its end',
    ],
    [race.result === 'unclear', 'what two requests at once get'],
    [
      isHonoured && race.result === 'not-asked',
      'whether two requests at once are both executed: that was not asked',
    ],
    [
      isHonoured && lost.result === 'not-asked',
      'whether a write is done again after its answer was lost: that was not asked',
    ],
    [lost.result === 'unclear', 'whether a write is done again after its answer was lost; give a count'],
    [
      isHonoured && cut === 'after-the-headers',
      'a client that leaves while the work goes on: the answer came before the connection was cut',
    ],
    [body.result === 'unclear', 'what another body under a used key gets'],
    [
      failures.result === 'accepted',
      'whether failures are kept: the invalid body was accepted; give another one',
    ],
    [failures.result === 'unclear', 'whether failures are kept under their key'],
    [isHonoured, 'what a 5xx leaves under its key'],
    [isHonoured && !isRetentionSeen, 'how long keys are kept: save this run, and ask again later'],
    [isHonoured, `other methods than ${method}, and other paths`],
  ]
  return rows.filter(([when]) => when).map(([, text]) => text)
}
