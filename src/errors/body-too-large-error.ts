import { hasErrorCode, IdempotencyError, type ErrorFacts } from './idempotency-error.js'

/**
 * A body that streams more than `maxRequestBytes`, which therefore could not be sent twice. Nothing was sent.
 */
export class BodyTooLargeError extends IdempotencyError {
  override readonly name = 'BodyTooLargeError'
  override readonly code = 'body_too_large'

  constructor(facts: ErrorFacts) {
    super(
      'The body is a stream longer than maxRequestBytes',
      facts,
      'Nothing was sent: raise the limit, give a function that makes the body, or set oversizedBody to send-once',
    )
  }
}

/** Whether a value is a {@link BodyTooLargeError}. */
export const isBodyTooLargeError: (value: unknown) => value is BodyTooLargeError =
  hasErrorCode('body_too_large')
