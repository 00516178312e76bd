import { checkOptions } from '../errors/check-option.js'

/** What a retry budget holds and costs, in tokens. */
export interface RetryBudgetOptions {
  /** Tokens in a full bucket. @defaultValue `500` */
  readonly capacity?: number | undefined
  /** Price of a retry. @defaultValue `5` */
  readonly retryCost?: number | undefined
  /** Price of a retry after a timeout, which has cost the server more. @defaultValue `10` */
  readonly timeoutCost?: number | undefined
  /** What a success that needed no retry gives back; one that did gives back all that it paid. @defaultValue `1` */
  readonly refund?: number | undefined
}

/** A bucket of tokens shared by many operations, so that an outage is not answered with a storm of retries. */
export interface RetryBudget {
  /** Takes the price of a retry, or gives `undefined` and takes nothing when the bucket holds less. */
  take(isTimeout: boolean): number | undefined
  /** Puts back what a success gives: `paid` is what its retries have cost. */
  giveBack(paid?: number): void
}

/**
 * Makes a token bucket. Each wrapper has one of its own; give the same one to several wrappers that talk to the
 * same server.
 *
 * @throws `TypeError` or `RangeError` for an option that does not exist or is no number of at least 0.
 */
export function createRetryBudget(options: RetryBudgetOptions = {}): RetryBudget {
  checkOptions('retry.budget', options, { capacity: [0], retryCost: [0], timeoutCost: [0], refund: [0] })
  const { capacity = 500, retryCost = 5, timeoutCost = 10, refund = 1 } = options
  let tokens = capacity
  return {
    take(isTimeout) {
      const cost = isTimeout ? timeoutCost : retryCost
      if (tokens < cost) return undefined
      tokens -= cost
      return cost
    },
    giveBack(paid = refund) {
      tokens = Math.min(capacity, tokens + paid)
    },
  }
}
