import { hasErrorCode, IdempotencyError, type ErrorFacts } from './idempotency-error.js'

/**
 * A key that the contract or HTTP does not allow. Nothing was sent.
 */
export class KeyInvalidError extends IdempotencyError {
  override readonly name = 'KeyInvalidError'
  override readonly code = 'key_invalid'

  constructor(facts: ErrorFacts, reason?: string) {
    super(
      'The idempotency key cannot be used',
      facts,
      'Nothing was sent: give a key that the contract allows',
      reason,
    )
  }
}

/** Whether a value is a {@link KeyInvalidError}. */
export const isKeyInvalidError: (value: unknown) => value is KeyInvalidError = hasErrorCode('key_invalid')
