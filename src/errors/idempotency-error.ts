import { safeUrl } from './safe-url.js'
import { showError, showFacts, type ShownError } from './show-error.js'

/**
 * What is true of an operation at the end.
 *
 * `not-applied` is a promise: the server acted on no attempt of this call, nor on an earlier call's with the same key where
 * `firstSentAt` tells of one. Whenever there is room for doubt the outcome is `unknown`.
 */
export type Outcome = 'applied' | 'not-applied' | 'unknown'

/** Every `code` that an error of this package can carry. */
export type IdempotencyErrorCode =
  | 'already_done'
  | 'body_too_large'
  | 'deadline_exceeded'
  | 'journal_failed'
  | 'key_expired'
  | 'key_invalid'
  | 'key_reused'
  | 'not_applied'
  | 'outcome_unknown'
  | 'run_diverged'
  | 'unsendable'

/** What every error knows about its operation. */
export interface ErrorFacts {
  /** The idempotency key, `undefined` when the operation had none. */
  readonly key: string | undefined
  /** Requests that were sent. */
  readonly attempts: number
  /** What is true of the operation now. */
  readonly outcome: Outcome
  /** The method of the request, in upper case. */
  readonly method: string
  /** The target without user info, query and fragment. */
  readonly url: string
  /** Why, when another error or answer is the reason. */
  readonly cause?: unknown
  /** Sends the same operation again, under the same key. */
  readonly retry?: (() => Promise<Response>) | undefined
  /** Whether it can be sent again under its key without the risk of a second execution, by a call of its own. */
  readonly isResendable?: boolean | undefined
}

const inspectInNode = Symbol.for('nodejs.util.inspect.custom')
const inspectInDeno = Symbol.for('Deno.customInspect')

/** Survives two copies of the package (CommonJS and ESM) in one process, where `instanceof` does not. */
const brand = Symbol.for('fetch-idempotency.error')

/**
 * The base of every error that this package throws about an operation. It extends `TypeError`, the error
 * with which `fetch` reports a lost connection, so that code written for plain `fetch` keeps working.
 */
export abstract class IdempotencyError extends TypeError {
  /** The name of the class, such as `'OutcomeUnknownError'`. */
  abstract override readonly name: string
  /** The field to program against: one for each class. */
  abstract readonly code: IdempotencyErrorCode
  /** The idempotency key, `undefined` when the operation had none. Keep it: the write is found, or sent again, by it. */
  declare readonly key: string | undefined
  /** Requests that were sent, the first one included. */
  declare readonly attempts: number
  /** What is true of the write: `'applied'`, `'not-applied'` (a promise) or `'unknown'`. */
  declare readonly outcome: Outcome
  /** The method of the request, in upper case. */
  declare readonly method: string
  /** The target without user info, query and fragment, which can hold secrets. */
  declare readonly url: string
  readonly #retry: (() => Promise<Response>) | undefined

  constructor(what: string, facts: ErrorFacts, advice: string, reason?: string) {
    const { key, attempts, outcome, method, cause, retry } = facts
    const url = safeUrl(facts.url)
    super(
      `${what}${reason === undefined ? '' : ` (${reason})`}: ${method} ${url}. ${advice}`,
      cause === undefined ? undefined : { cause },
    )
    this.key = key
    this.attempts = attempts
    this.outcome = outcome
    this.method = method
    this.url = url
    this.#retry = retry
  }

  get [brand](): IdempotencyErrorCode {
    return this.code
  }

  /** What `JSON.stringify` writes: no answer, no cause, and no key of the caller's own. */
  toJSON(): ShownError {
    return showFacts(this)
  }

  /** What `console.error` prints in Node, Bun and Deno: an answer or a cause may hold cookies, queries and credentials. */
  [inspectInNode](): string {
    return showError(this)
  }

  /** As above, for Deno. */
  [inspectInDeno](): string {
    return showError(this)
  }

  /**
   * Sends the same operation again: same key, same bytes, a new allowance of attempts. Called once more, it goes on from
   * how that ended: it gives its response, or calls `retry()` of its error.
   *
   * @throws `this` when there is nothing to send again, as after a body that is used up, and when that could apply the write
   * twice, as after the lost answer of a write without a key. Errors of ky's hooks have no retry: call again with the key.
   */
  retry(): Promise<Response> {
    return this.#retry === undefined ? Promise.reject(this) : this.#retry()
  }
}

/** What to do about a write that may have been applied. */
export function adviseRetry({ retry, key, isResendable }: ErrorFacts): string {
  if (retry !== undefined) return 'retry() sends it again under the same key'
  return key !== undefined && isResendable
    ? 'call again with the same key, never with another'
    : 'sent again, it could be applied twice'
}

/** Makes the guard for the errors of one code, or of every code. */
export function hasErrorCode<E extends IdempotencyError>(
  code?: IdempotencyErrorCode,
): (value: unknown) => value is E {
  return (value): value is E => {
    try {
      const found = (value as { [brand]?: unknown } | null | undefined)?.[brand]
      return found !== undefined && (code === undefined || found === code)
    } catch {
      return false
    }
  }
}
