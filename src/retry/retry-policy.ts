import { exponentialBackoff, type Backoff } from '../backoff/backoff.js'
import { checkNames, checkNumber, checkType } from '../errors/check-option.js'
import { createRetryBudget, type RetryBudget, type RetryBudgetOptions } from './retry-budget.js'

/** How often, how long and how hard one operation is retried. */
export interface RetryOptions {
  /** Requests per operation, the first one included. Asking a server that is still running is not counted. @defaultValue `4` */
  readonly maxAttempts?: number
  /** Time for one attempt, from the connection to the last byte of the body, in milliseconds; `Infinity` for none. @defaultValue `30_000` */
  readonly attemptTimeoutMs?: number
  /** Time for the whole operation, waits included, in milliseconds; `Infinity` for none. A wait that would pass it is not begun. @defaultValue `120_000` */
  readonly deadlineMs?: number
  /** How long to wait before a retry when the server does not say. @defaultValue `exponentialBackoff()` */
  readonly backoff?: Backoff
  /**
   * Longest wait that a server may ask for, in milliseconds. A longer `Retry-After` ends the operation with that
   * answer, as retrying sooner is what the server asked us not to do.
   *
   * @defaultValue `60_000`
   */
  readonly maxRetryAfterMs?: number
  /** The tokens that retries are paid with, or the bucket itself to share it between wrappers. @defaultValue a bucket of this wrapper */
  readonly budget?: RetryBudget | RetryBudgetOptions
}

/** {@link RetryOptions} with every default in place. */
export interface RetryPolicy extends Required<RetryOptions> {
  readonly budget: RetryBudget
}

const names = ['maxAttempts', 'attemptTimeoutMs', 'deadlineMs', 'backoff', 'maxRetryAfterMs', 'budget']

/**
 * Checks the options and fills in `base`, the policy that they adjust.
 *
 * @throws `TypeError` or `RangeError` that names the option.
 */
export function createRetryPolicy(options: RetryOptions = {}, base?: RetryPolicy): RetryPolicy {
  checkType('retry', options, 'object')
  checkNames('retry', options, names)
  const { maxAttempts, attemptTimeoutMs, deadlineMs, backoff, maxRetryAfterMs, budget } = options
  checkNumber('retry.maxAttempts', maxAttempts, 1, true)
  checkNumber('retry.attemptTimeoutMs', attemptTimeoutMs, 1)
  checkNumber('retry.deadlineMs', deadlineMs, 1)
  checkNumber('retry.maxRetryAfterMs', maxRetryAfterMs, 0)
  checkType('retry.backoff', backoff, 'function')
  checkType('retry.budget', budget, 'object')
  const isBucket = budget !== undefined && 'take' in budget
  if (isBucket)
    for (const name of ['take', 'giveBack'] as const)
      checkType(`retry.budget.${name}`, budget[name] ?? null, 'function')
  return {
    maxAttempts: maxAttempts ?? base?.maxAttempts ?? 4,
    attemptTimeoutMs: attemptTimeoutMs ?? base?.attemptTimeoutMs ?? 30_000,
    deadlineMs: deadlineMs ?? base?.deadlineMs ?? 120_000,
    backoff: backoff ?? base?.backoff ?? exponentialBackoff(),
    maxRetryAfterMs: maxRetryAfterMs ?? base?.maxRetryAfterMs ?? 60_000,
    budget:
      budget === undefined
        ? (base?.budget ?? createRetryBudget())
        : isBucket
          ? budget
          : createRetryBudget(budget),
  }
}
