import { hasErrorCode, IdempotencyError, type ErrorFacts } from './idempotency-error.js'

/** Where the result of an operation can be read, as far as the server said. */
export interface Original {
  readonly id?: string | undefined
  readonly url?: string | undefined
}

/**
 * The server says that this operation was done before, and nothing turned that into the original result. The
 * write is applied, unless `outcome` is `unknown`: some servers block every repetition, also that of a failure. Give a
 * `resolve` option to get the result in place of this error.
 */
export class AlreadyDoneError extends IdempotencyError {
  override readonly name = 'AlreadyDoneError'
  override readonly code = 'already_done'
  /** The answer that said so, `undefined` when it was found out in another way. */
  declare readonly response: Response | undefined
  /** What the answer said about the original, empty when it said nothing. */
  declare readonly original: Original

  constructor(facts: ErrorFacts, response: Response | undefined, original: Original = {}) {
    super(
      facts.outcome === 'applied'
        ? 'The write was applied before'
        : 'The write was sent before, and how it ended is not known',
      facts,
      'Read the original, or give a resolve option that does',
    )
    // Not listed: it holds the cookies and the URL of the answer.
    Object.defineProperty(this, 'response', { value: response })
    this.original = original
  }
}

/** Whether a value is an {@link AlreadyDoneError}. */
export const isAlreadyDoneError: (value: unknown) => value is AlreadyDoneError = hasErrorCode('already_done')
