import { hasErrorCode, IdempotencyError, type ErrorFacts } from './idempotency-error.js'

/**
 * Why a journal refused an operation.
 *
 * - `unavailable`: the store failed, which is the `cause`
 * - `busy`: another worker has the operation, and did not end it in time
 * - `lease-lost`: this worker was away for so long that another one took over
 * - `unreadable`: the entry was written by another version of the package, or is damaged
 * - `not-kept`: the body can be sent only once, so that it cannot be compared or kept
 * - `closed`: the journal was disposed of
 */
export type JournalProblem = 'unavailable' | 'busy' | 'lease-lost' | 'unreadable' | 'not-kept' | 'closed'

const texts: Readonly<Record<JournalProblem, readonly [what: string, advice: string]>> = {
  unavailable: ['The journal could not write the operation down', 'call again when the store answers'],
  busy: ['Another worker has the operation', 'call again with the same id later'],
  'lease-lost': ['Another worker has taken the operation over', 'call again with the same id later'],
  unreadable: [
    'The journal cannot read the entry of the operation',
    'use the version of the package that wrote it',
  ],
  'not-kept': [
    'The body can be sent only once, so the journal cannot compare it',
    'give a body that can be read, or a larger maxRequestBytes',
  ],
  closed: ['The journal is closed', 'use a journal that is open'],
}

/**
 * A journal could not vouch for an operation, so this call sent nothing. An earlier call with the same id may have.
 */
export class JournalError extends IdempotencyError {
  override readonly name = 'JournalError'
  override readonly code = 'journal_failed'
  /** Why. */
  declare readonly problem: JournalProblem

  constructor(problem: JournalProblem, facts: ErrorFacts) {
    const [what, advice] = texts[problem]
    super(what, facts, `This call sent nothing: ${advice}`)
    this.problem = problem
  }
}

/** Whether a value is a {@link JournalError}. */
export const isJournalError: (value: unknown) => value is JournalError = hasErrorCode('journal_failed')
