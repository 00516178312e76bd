import { AlreadyDoneError, type Original } from '../errors/already-done-error.js'
import { DeadlineError } from '../errors/deadline-error.js'
import type { IdempotencyError, Outcome } from '../errors/idempotency-error.js'
import { KeyExpiredError } from '../errors/key-expired-error.js'
import { KeyReusedError } from '../errors/key-reused-error.js'
import { NotAppliedError } from '../errors/not-applied-error.js'
import { OutcomeUnknownError } from '../errors/outcome-unknown-error.js'
import { UnsendableError } from '../errors/unsendable-error.js'
import type { Checks } from '../errors/check-option.js'
import type { StopReason } from '../retry/decide.js'
import type { Ended } from './call.js'
import { rememberFacts, replaceFacts } from '../operation/facts.js'
import type { GuardedOperation } from './guard.js'

/** What a callback is told about an operation. */
export interface OperationSummary {
  /** The idempotency key, `undefined` when the operation had none. */
  readonly key: string | undefined
  /** The method of the request, in upper case. */
  readonly method: string
  /** The target without user info, query and fragment. */
  readonly url: string
  /** Requests that were sent. */
  readonly attempts: number
  /** The last answer, `undefined` when it was lost. */
  readonly response: Response | undefined
  /** Where the result can be read, as far as the server said. */
  readonly original: Original
  /** Aborts when the caller does: pass it to what you fetch. */
  readonly signal: AbortSignal | undefined
}

/** Turns "this was done before" into the original result. */
export type ResolveOriginal = (
  operation: OperationSummary,
) => Response | undefined | Promise<Response | undefined>

/** Finds out what happened to an operation whose outcome is unknown: a word, or the original result. */
export type Reconcile = (
  operation: OperationSummary,
) => Outcome | Response | undefined | Promise<Outcome | Response | undefined>

/** The callbacks that may better the end of an operation. */
export interface EndOptions {
  /**
   * Turns a duplicate's error into the original result: read it by `original.id` or `original.url`, look it up by
   * `key`, or make it from `response`. Give `undefined` when it cannot be had, which throws `AlreadyDoneError`. It has as
   * long as one attempt; with ky, as long as is left of its `timeout`. A response is what the call gives, whatever its
   * status; what it throws is the `cause` of the `AlreadyDoneError`.
   *
   * @defaultValue none: `AlreadyDoneError` with outcome `applied`
   */
  readonly resolve?: ResolveOriginal | undefined
  /**
   * Finds out what happened before an unknown outcome reaches the caller: look it up by key, list, or GET. A response is
   * what the call gives, with outcome `applied` when it is `ok`. A word settles the outcome: the call then gives the last
   * answer, and without one it throws `AlreadyDoneError` for `applied`, `NotAppliedError` for `not-applied`. What it
   * throws is taken as "still unknown", and so is that it takes longer than one attempt may; with ky, its `timeout` ends it.
   *
   * @defaultValue none
   */
  readonly reconcile?: Reconcile | undefined
}

/** What {@link EndOptions} may be. */
export const endChecks: Checks = { resolve: 'function', reconcile: 'function' }

/** How the last attempt ended. */
export interface LastAttempt extends Ended {
  readonly response: Response | undefined
  readonly error: unknown
}

/** Why there was no further attempt, where that is not plain from the error itself. */
const reasons: Partial<Record<StopReason, string>> = {
  'not-resendable': 'it has no key that the server honours, or writes is never',
  'body-used': 'its body is a stream, which can be sent only once',
  'retry-after': 'the server asked to wait longer than maxRetryAfterMs',
  budget: 'the retry budget is empty',
}

function toError(
  operation: GuardedOperation,
  { response, error, reading, decision }: LastAttempt,
  retry: (() => Promise<Response>) | undefined,
): IdempotencyError {
  const isResendable = operation.canResend()
  const facts = { ...operation.errorFacts(), cause: error ?? response, retry, isResendable }
  const { verdict, original } = reading
  const why = decision.action === 'settle' ? decision.why : 'final'
  if (verdict === 'key-reused') return new KeyReusedError(facts, response)
  if (verdict === 'key-expired') return new KeyExpiredError({ ...facts, retry: undefined })
  if (why === 'key-age') return new KeyExpiredError(facts)
  if (verdict === 'unsendable' && facts.outcome === 'not-applied') return new UnsendableError(facts)
  if (facts.outcome === 'applied') return new AlreadyDoneError(facts, response, original)
  if (why === 'deadline') return new DeadlineError(facts)
  return facts.outcome === 'not-applied'
    ? new NotAppliedError(facts, reasons[why])
    : new OutcomeUnknownError(facts, reasons[why])
}

/**
 * The last word on an operation: its response, made better by the callbacks where they can.
 *
 * @throws the error that tells the truth about the operation, when there is no response to give.
 */
export async function conclude(
  operation: GuardedOperation,
  last: LastAttempt,
  { resolve, reconcile }: EndOptions,
  again: (() => Promise<Response>) | undefined,
  signal?: AbortSignal,
): Promise<Response> {
  const { response, reading, decision } = last
  const retry = operation.canResend() ? again : undefined
  const { verdict, original = {} } = reading
  const { outcome } = operation.facts()
  const summary = (): OperationSummary => ({ ...operation.errorFacts(), response, original, signal })
  const give = (result: Response, found: Outcome, replayed?: boolean) => {
    replaceFacts(result, operation.settle(found, replayed))
    return result
  }

  if (verdict === 'already-done') {
    let failure: unknown
    const fail = (error: unknown) => void (failure = error)
    const result = resolve && (await Promise.resolve(summary()).then(resolve).catch(fail))
    if (signal?.aborted) throw signal.reason
    // A look-up may bring a failure that the server has kept.
    if (result !== undefined) return give(result, result.ok ? 'applied' : outcome, true)
    if (outcome === 'applied') {
      operation.settle(outcome, true)
      throw toError(operation, { ...last, error: failure }, retry)
    }
  }
  if (outcome === 'unknown' && reconcile !== undefined) {
    const found = await Promise.resolve(summary())
      .then(reconcile)
      .catch(() => undefined)
    if (found instanceof Response) return give(found, found.ok ? 'applied' : outcome)
    if (found === 'applied' || found === 'not-applied') operation.settle(found)
  }
  const facts = operation.settle()
  const isTooOld = decision.action === 'settle' && decision.why === 'key-age'
  if (response === undefined || isTooOld || verdict === 'key-reused' || verdict === 'key-expired')
    throw toError(operation, last, retry)
  rememberFacts(response, facts)
  return response
}
