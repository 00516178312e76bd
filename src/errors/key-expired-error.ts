import { hasErrorCode, IdempotencyError, type ErrorFacts } from './idempotency-error.js'

/**
 * The key has outlived the server’s memory of it, so that a resend could be a second execution.
 */
export class KeyExpiredError extends IdempotencyError {
  override readonly name = 'KeyExpiredError'
  override readonly code = 'key_expired'

  constructor(facts: ErrorFacts) {
    super(
      'The idempotency key is older than the server keeps it',
      facts,
      'Ask the server what happened before you use a new key: the write could be applied twice',
    )
  }
}

/** Whether a value is a {@link KeyExpiredError}. */
export const isKeyExpiredError: (value: unknown) => value is KeyExpiredError = hasErrorCode('key_expired')
