import type { Checks } from '../errors/check-option.js'
import type { Original } from '../errors/already-done-error.js'
import type { Outcome } from '../errors/idempotency-error.js'

/** What a callback is told about an operation. */
export interface OperationSummary<Answer = Response> {
  /** The idempotency key, `undefined` when the operation had none. */
  readonly key: string | undefined
  /** The method of the request, in upper case. */
  readonly method: string
  /** The target without user info, query and fragment. */
  readonly url: string
  /** Requests that were sent. */
  readonly attempts: number
  /** The last answer, `undefined` when it was lost. */
  readonly response: Answer | undefined
  /** Where the result can be read, as far as the server said. */
  readonly original: Original
  /** Aborts when the caller does: pass it to what you fetch. */
  readonly signal: AbortSignal | undefined
}

/** Turns "this was done before" into the original result. */
export type ResolveOriginal<Answer = Response> = (
  operation: OperationSummary<Answer>,
) => Answer | undefined | Promise<Answer | undefined>

/** Finds out what happened to an operation whose outcome is unknown: a word, or the original result. */
export type Reconcile<Answer = Response> = (
  operation: OperationSummary<Answer>,
) => Outcome | Answer | undefined | Promise<Outcome | Answer | undefined>

/** The callbacks that may change how an operation ends. */
export interface EndOptions<Answer = Response> {
  /**
   * Turns a duplicate's error into the original result: read it by `original.id` or `original.url`, look it up by
   * `key`, or make it from `response`. Give `undefined` when it cannot be had, which throws `AlreadyDoneError`. It has as
   * long as one attempt. A response is what the call gives, whatever its
   * status; what it throws is the `cause` of the `AlreadyDoneError`.
   *
   * @defaultValue none: `AlreadyDoneError` with outcome `applied`
   */
  readonly resolve?: ResolveOriginal<Answer> | undefined
  /**
   * Finds out what happened before an unknown outcome reaches the caller: look it up by key, list, or GET. A response is
   * what the call gives, with outcome `applied` when it is `ok`. A word settles the outcome: the call then gives the last
   * answer, and without one it throws `AlreadyDoneError` for `applied`, `NotAppliedError` for `not-applied`. What it
   * throws is taken as "still unknown", and so is that it takes longer than one attempt may.
   *
   * @defaultValue none
   */
  readonly reconcile?: Reconcile<Answer> | undefined
}

/** What {@link EndOptions} may be. */
export const endChecks: Checks = { resolve: 'function', reconcile: 'function' }
