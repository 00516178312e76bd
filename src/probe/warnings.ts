import type { Findings } from './findings.js'

/** Something about the server that leads to a second execution, a stuck write or a foreign answer. */
export interface ProbeWarning {
  readonly code:
    | 'keys-ignored'
    | 'race'
    | 'executed-after-lost-answer'
    | 'key-locked'
    | 'answers-another-path'
    | 'answers-another-user'
    | 'answers-without-key'
    | 'answers-another-body'
  /** `danger`: a client that does everything right is harmed. `caution`: one that makes a mistake is. */
  readonly level: 'danger' | 'caution'
  readonly text: string
}

type Row = readonly [
  code: ProbeWarning['code'],
  level: ProbeWarning['level'],
  when: (findings: Findings) => boolean,
  text: string,
]

const rows: readonly Row[] = [
  [
    'keys-ignored',
    'danger',
    ({ repetition }) => repetition.result === 'executed',
    'keys are ignored: the same write under the same key was done again. A resend can duplicate it.',
  ],
  [
    'race',
    'danger',
    ({ race }) => race.result === 'executed',
    'two requests with one key at once were both executed: a resend that meets the first one is a duplicate.',
  ],
  [
    'executed-after-lost-answer',
    'danger',
    ({ 'lost-answer': lost }) => lost.result === 'executed',
    'a write whose answer was lost was done again by its resend.',
  ],
  [
    'key-locked',
    'danger',
    ({ 'lost-answer': lost, race }) => lost.result === 'locked' || race.result === 'locked',
    'the key stays locked after a lost answer or two requests at once: a resend is refused and its result is never told.',
  ],
  [
    'answers-another-path',
    'danger',
    ({ 'other-path': path }) => path.result === 'first-answer',
    "another path under the same key gets the first path's answer, and its own write is not done.",
  ],
  [
    'answers-another-user',
    'danger',
    ({ 'other-user': user }) => user.result === 'first-answer',
    "another user with the same key gets the first user's answer: keys must not be guessable.",
  ],
  [
    'answers-without-key',
    'danger',
    ({ 'no-key': noKey }) => noKey.result === 'first-answer',
    'a write without a key gets the answer of another write, and its own work is not done.',
  ],
  [
    'answers-another-body',
    'caution',
    ({ 'other-body': body }) => body.result === 'first-answer' || body.result === 'duplicate',
    'another body under a used key is not refused but taken for a repetition, and not done: never use a key for two writes.',
  ],
]

/** What a reader must know first, the worst first. */
export function findWarnings(findings: Findings): readonly ProbeWarning[] {
  return rows.filter(([, , when]) => when(findings)).map(([code, level, , text]) => ({ code, level, text }))
}
