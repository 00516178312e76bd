import { adviseRetry, hasErrorCode, IdempotencyError, type ErrorFacts } from './idempotency-error.js'

/**
 * `deadlineMs` ran out, or the next wait would have passed it, and there is no answer to give. `outcome` says what is known.
 */
export class DeadlineError extends IdempotencyError {
  override readonly name = 'DeadlineError'
  override readonly code = 'deadline_exceeded'

  constructor(facts: ErrorFacts) {
    super(
      'The deadline passed before the write had an answer',
      facts,
      `Read outcome to see whether it may have been applied: ${adviseRetry(facts)}`,
    )
  }
}

/** Whether a value is a {@link DeadlineError}. */
export const isDeadlineError: (value: unknown) => value is DeadlineError = hasErrorCode('deadline_exceeded')
