import { hasErrorCode, IdempotencyError, type ErrorFacts } from './idempotency-error.js'

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
      facts.retry === undefined
        ? 'Read outcome to see whether it may have been applied: sent again, it could be applied twice'
        : 'Read outcome to see whether it may have been applied, and call retry() to go on under the same key',
    )
  }
}

/** Whether a value is a {@link DeadlineError}. */
export const isDeadlineError: (value: unknown) => value is DeadlineError = hasErrorCode('deadline_exceeded')
