import { exponentialBackoff, type Backoff } from '../backoff/backoff.js'
import { checkOption, checkOptions, takeOptions, type Checks, type Defined } from '../errors/check-option.js'
import { syncCallback } from '../errors/sync-callback.js'
import { createRetryBudget, type RetryBudget, type RetryBudgetOptions } from './retry-budget.js'

/** How often, how long and how hard one operation is retried. */
export interface RetryOptions {
  /**
   * Requests per operation, the first one included. Asking a server that is still running is not counted.
   *
   * @defaultValue `10`: with the default backoff, a server may be away for some ten seconds
   */
  readonly maxAttempts?: number | undefined
  /** Time for one attempt, from the connection to the last byte of the body, in milliseconds; `Infinity` for none. @defaultValue `30_000` */
  readonly attemptTimeoutMs?: number | undefined
  /** Time for the whole operation, waits included, in milliseconds; `Infinity` for none. A wait that would pass it is not begun. @defaultValue `120_000` */
  readonly deadlineMs?: number | undefined
  /** How long to wait before a retry when the server does not say. @defaultValue `exponentialBackoff()` */
  readonly backoff?: Backoff | undefined
  /**
   * Longest wait that a server may ask for, in milliseconds. A longer `Retry-After` ends the operation with that
   * answer, as retrying sooner is what the server asked us not to do.
   *
   * @defaultValue `60_000`
   */
  readonly maxRetryAfterMs?: number | undefined
  /** The tokens that retries are paid with, or the bucket itself to share it between wrappers. @defaultValue a bucket of this wrapper */
  readonly budget?: RetryBudget | RetryBudgetOptions | undefined
  /**
   * What an operation does that cannot pay for its retry: wait, within its deadline, until one of those that wait has
   * reached the server again, or end as it is.
   *
   * @defaultValue `'wait'`
   */
  readonly whenBudgetIsEmpty?: 'wait' | 'stop' | undefined
}

/** {@link RetryOptions} with every default in place. */
export interface RetryPolicy extends Defined<RetryOptions> {
  readonly budget: RetryBudget
}

/** What {@link RetryOptions} may be. */
const retryChecks: Checks = {
  maxAttempts: [1, 'whole'],
  attemptTimeoutMs: [1],
  deadlineMs: [1],
  backoff: 'function',
  maxRetryAfterMs: [0],
  budget: 'object',
  whenBudgetIsEmpty: ['wait', 'stop'],
}

/** What holds where nothing else is said. */
const defaults: Defined<RetryOptions> = {
  maxAttempts: 10,
  attemptTimeoutMs: 30_000,
  deadlineMs: 120_000,
  backoff: /* @__PURE__ */ exponentialBackoff(),
  maxRetryAfterMs: 60_000,
  budget: {},
  whenBudgetIsEmpty: 'wait',
}

/**
 * Checks the options and fills in `base`, the policy that they adjust.
 *
 * @throws `TypeError` or `RangeError` that names the option.
 */
export function createRetryPolicy(
  options: RetryOptions = {},
  base: Defined<RetryOptions> = defaults,
): RetryPolicy {
  checkOptions('retry', options, retryChecks)
  const policy = takeOptions(options, base)
  const { backoff } = options
  return {
    ...policy,
    ...(backoff && { backoff: syncCallback('retry.backoff', backoff) }),
    budget: takeBudget(policy.budget),
  }
}

function takeBudget(budget: RetryBudget | RetryBudgetOptions): RetryBudget {
  if (!('take' in budget)) return createRetryBudget(budget)
  for (const part of ['take', 'giveBack'] as const)
    checkOption(`retry.budget.${part}`, budget[part] ?? null, 'function')
  return budget
}
