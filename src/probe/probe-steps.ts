/** One request of the probe, named by what it asks. */
export type StepName =
  | 'first'
  | 'repetition'
  | 'repetition-later'
  | 'other-body'
  | 'cut'
  | 'after-cut'
  | 'after-cut-later'
  | 'race-one'
  | 'race-two'
  | 'race-later'
  | 'race-last'
  | 'no-key'
  | 'invalid'
  | 'invalid-again'
  | 'other-user'
  | 'other-path'
  | 'no-key-again'
  | 'again'

/** Requests that answer one question together. After each phase the things are counted. */
export type PhaseName =
  | 'repetition'
  | 'other-body'
  | 'lost-answer'
  | 'race'
  | 'no-key'
  | 'failures'
  | 'other-user'
  | 'other-path'
  | 'no-key-again'

/** What a phase costs. */
export interface Phase {
  readonly name: PhaseName
  /** What is sent, in words. */
  readonly title: string
  /** Requests that it takes at least. */
  readonly requests: number
  /** More requests that it takes where an answer leaves a doubt. */
  readonly more: number
  /** Things that it makes where keys are honoured; where they are not, each request makes one. */
  readonly makes: number
}

/**
 * The phases in the order in which they are sent: what matters most stands first, so that a small budget is spent on it.
 * One is left out when the budget does not hold its least number of requests.
 */
export const phases: readonly Phase[] = [
  { name: 'repetition', title: 'a write with key A, and the same again', requests: 2, more: 1, makes: 1 },
  { name: 'other-body', title: 'another body with key A', requests: 1, more: 0, makes: 1 },
  {
    name: 'lost-answer',
    title: 'a write with key C whose answer is dropped, and the same again',
    requests: 2,
    more: 1,
    makes: 1,
  },
  {
    name: 'race',
    title: 'two writes with key B at once, and the same later',
    requests: 3,
    more: 1,
    makes: 1,
  },
  { name: 'no-key', title: 'a write without a key', requests: 1, more: 0, makes: 1 },
  { name: 'failures', title: 'an invalid body with key D, twice', requests: 2, more: 0, makes: 0 },
  {
    name: 'other-user',
    title: 'the first write with key A, as the second user',
    requests: 1,
    more: 0,
    makes: 1,
  },
  {
    name: 'other-path',
    title: 'the first write with key A, to another path',
    requests: 1,
    more: 0,
    makes: 0,
  },
  { name: 'no-key-again', title: 'another write without a key', requests: 1, more: 0, makes: 1 },
]

/** What a run knows before it sends anything. */
export interface PhaseConditions {
  readonly hasOtherBody: boolean
  readonly hasInvalidBody: boolean
  readonly hasOtherUser: boolean
}

/** Why a phase is not sent, whatever the answers are; `undefined` when it is. */
export function findPhaseObstacle(name: PhaseName, conditions: PhaseConditions): string | undefined {
  if (name === 'other-body' && !conditions.hasOtherBody)
    return 'the body has no placeholder, and no other one was given'
  if (name === 'failures' && !conditions.hasInvalidBody) return 'no invalid body was given'
  if (name === 'other-user' && !conditions.hasOtherUser) return 'no second user was given'
  return undefined
}
