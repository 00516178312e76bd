import type { SeenMarker } from './compare-answers.js'
import type { PhaseName } from './probe-steps.js'

/** What the answers to one question show. */
export type FindingResult =
  /** The first request's answer comes again. */
  | 'first-answer'
  /** The work is done again. */
  | 'executed'
  /** Refused as a repetition of what was done. */
  | 'duplicate'
  /** Refused, for the key is in use or was used for something else. */
  | 'refused'
  /** Still refused when the work must long be over. */
  | 'locked'
  /** No answer in time. */
  | 'no-answer'
  /** Treated like any other request. */
  | 'accepted'
  /** A failure is kept under its key. */
  | 'kept'
  /** A failure leaves its key free. */
  | 'not-kept'
  /** The answers do not tell. */
  | 'unclear'
  | 'not-asked'

/** One row of the table. */
export interface Finding {
  readonly result: FindingResult
  /** The status that shows it. */
  readonly status?: number | undefined
  /** The header that marks the answer as a replay. */
  readonly marker?: SeenMarker | undefined
  /** Why it was not asked. */
  readonly obstacle?: string | undefined
}

/** The answer to every question. */
export type Findings = Readonly<Record<Exclude<PhaseName, 'no-key-again'>, Finding>>

/** What the probe has to say in one word. */
export type Conclusion =
  /** Keys are honoured, as far as was seen. */
  | 'kept'
  /** Keys are honoured, but not where two requests meet or an answer is lost. */
  | 'unsafe'
  | 'ignored'
  | 'unclear'
  /** The probe ended before it could tell. */
  | 'stopped'

/** The one word, from the findings. */
export function concludeAll({ repetition, race, 'lost-answer': lost }: Findings): Conclusion {
  const rows: readonly (readonly [boolean, Conclusion])[] = [
    [repetition.result === 'not-asked', 'stopped'],
    [repetition.result === 'executed', 'ignored'],
    [repetition.result === 'unclear', 'unclear'],
    [race.result === 'executed' || lost.result === 'executed', 'unsafe'],
  ]
  return rows.find(([when]) => when)?.[1] ?? 'kept'
}
