import { hasErrorCode, IdempotencyError, type ErrorFacts } from './idempotency-error.js'

/**
 * No attempt reached a server: the write was certainly not applied. `cause` is the last failure.
 */
export class NotAppliedError extends IdempotencyError {
  override readonly name = 'NotAppliedError'
  override readonly code = 'not_applied'

  constructor(facts: ErrorFacts, reason?: string) {
    super(
      'The request never reached a server',
      facts,
      'The write was not applied: it can be sent again',
      reason,
    )
  }
}

/** Whether a value is a {@link NotAppliedError}. */
export const isNotAppliedError: (value: unknown) => value is NotAppliedError = hasErrorCode('not_applied')
