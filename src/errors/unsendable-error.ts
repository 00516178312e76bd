import { hasErrorCode, IdempotencyError, type ErrorFacts } from './idempotency-error.js'

/**
 * The request itself is at fault (URL, port, header, certificate, used body), so that no retry can help.
 */
export class UnsendableError extends IdempotencyError {
  override readonly name = 'UnsendableError'
  override readonly code = 'unsendable'

  constructor(facts: ErrorFacts, reason?: string) {
    super('The request cannot be sent', facts, 'Nothing was sent: correct the request', reason)
  }
}

/** Whether a value is a {@link UnsendableError}. */
export const isUnsendableError: (value: unknown) => value is UnsendableError = hasErrorCode('unsendable')
