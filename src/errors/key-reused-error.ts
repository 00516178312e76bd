import { hasErrorCode, IdempotencyError, type ErrorFacts } from './idempotency-error.js'

/**
 * The key already names another payload, at the server or in a request of this process that is still in flight.
 * `outcome` speaks of this payload; the one that used the key first is another operation.
 */
export class KeyReusedError extends IdempotencyError {
  override readonly name = 'KeyReusedError'
  override readonly code = 'key_reused'
  /** The server's answer, absent when the conflict was found before sending. */
  declare readonly response: Response | undefined

  constructor(facts: ErrorFacts, response?: Response) {
    const advice = 'Use a new key for a new write, and the same bytes for the same one'
    super('The idempotency key already names another payload', facts, advice)
    // Not listed: it holds the cookies and the URL of the answer.
    Object.defineProperty(this, 'response', { value: response })
  }
}

/** Whether a value is a {@link KeyReusedError}. */
export const isKeyReusedError: (value: unknown) => value is KeyReusedError = hasErrorCode('key_reused')
