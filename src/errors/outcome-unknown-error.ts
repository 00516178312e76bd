import { adviseRetry, hasErrorCode, IdempotencyError, type ErrorFacts } from './idempotency-error.js'

/**
 * The answer of a write was lost for good: it may or may not have been applied. `cause` is the last failure.
 */
export class OutcomeUnknownError extends IdempotencyError {
  override readonly name = 'OutcomeUnknownError'
  override readonly code = 'outcome_unknown'

  constructor(facts: ErrorFacts, reason?: string) {
    const isRead = /^(?:GET|HEAD|OPTIONS|QUERY)$/.test(facts.method)
    super(
      isRead ? 'The answer was lost' : 'The answer was lost and the write may have been applied',
      facts,
      isRead ? 'It can be asked again' : `Ask the server what happened: ${adviseRetry(facts)}`,
      reason,
    )
  }
}

/** Whether a value is a {@link OutcomeUnknownError}. */
export const isOutcomeUnknownError: (value: unknown) => value is OutcomeUnknownError =
  hasErrorCode('outcome_unknown')
