import { adviseRetry, hasErrorCode, IdempotencyError, type ErrorFacts } from './idempotency-error.js'

/**
 * `deadlineMs` ran out, or the next wait would have passed it, and there is no answer to give. `outcome` says what is known.
 */
export class DeadlineError extends IdempotencyError {
  override readonly name = 'DeadlineError'
  override readonly code = 'deadline_exceeded'

  /** `isAccepted`: the server has answered with a 202, and what was looked at is how far it is. */
  constructor(facts: ErrorFacts, isAccepted = false) {
    const isApplied = facts.outcome === 'applied'
    const advice =
      facts.outcome === 'not-applied'
        ? 'The write was not applied: it can be sent again'
        : isApplied
          ? 'The write was applied: do not send another one'
          : `The write may have been applied: ${adviseRetry(facts)}`
    const when = isApplied ? 'while a hook was at work with the answer' : 'before the write had an answer'
    super(
      `The deadline passed ${isAccepted ? 'while the server was still at work' : when}`,
      facts,
      isAccepted ? 'It has accepted the write: look again later' : advice,
    )
  }
}

/** Whether a value is a {@link DeadlineError}. */
export const isDeadlineError: (value: unknown) => value is DeadlineError = hasErrorCode('deadline_exceeded')
