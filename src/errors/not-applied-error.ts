import { hasErrorCode, IdempotencyError, type ErrorFacts } from './idempotency-error.js'

/**
 * The write was certainly not applied: no attempt reached a server that acted on it, or `reconcile` has found out so. `cause`
 * is the last failure.
 */
export class NotAppliedError extends IdempotencyError {
  override readonly name = 'NotAppliedError'
  override readonly code = 'not_applied'

  constructor(facts: ErrorFacts, reason?: string) {
    super('The write was not applied', facts, 'It can be sent again', reason)
  }
}

/** Whether a value is a {@link NotAppliedError}. */
export const isNotAppliedError: (value: unknown) => value is NotAppliedError = hasErrorCode('not_applied')
