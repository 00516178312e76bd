import { hasErrorCode, IdempotencyError, type ErrorFacts, type Outcome } from './idempotency-error.js'

/** What to do next: nothing that could apply one write twice. */
const advice: Readonly<Record<Outcome, string>> = {
  'not-applied': 'Use a new key for a new write, and the same bytes for the same one',
  unknown:
    'An earlier request with this key may have applied this write: ask the server what happened. To send that request again, use its very bytes and the same key, never another key',
  applied: 'The write was applied by an earlier request with this key: do not send it again',
}

/**
 * The key already names another payload, at the server or in a request of this process.
 *
 * Where the server says so, `outcome` is `unknown`: the same write may have been sent before with other bytes (a time in its
 * body, another order of its fields), and under a new key it would be applied twice. So it is before sending, where an earlier call
 * of this wrapper sent other bytes to the same method and URL; else it is `not-applied` then.
 */
export class KeyReusedError extends IdempotencyError {
  override readonly name = 'KeyReusedError'
  override readonly code = 'key_reused'
  /** The server's answer, absent when the conflict was found before sending. */
  declare readonly response: Response | undefined

  constructor(facts: ErrorFacts, response?: Response) {
    super('The idempotency key was already used for another request', facts, advice[facts.outcome])
    // Not listed: it holds the cookies and the URL of the answer.
    Object.defineProperty(this, 'response', { value: response })
  }
}

/** Whether a value is a {@link KeyReusedError}. */
export const isKeyReusedError: (value: unknown) => value is KeyReusedError = hasErrorCode('key_reused')
