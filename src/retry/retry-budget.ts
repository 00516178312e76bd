import { checkOptions } from '../errors/check-option.js'

/** What a retry budget holds and costs, in tokens. The defaults are those of the AWS SDKs of 2026. */
export interface RetryBudgetOptions {
  /** Tokens in a full bucket. @defaultValue `500` */
  readonly capacity?: number | undefined
  /** Price of a retry after a lost answer or a 5xx. @defaultValue `14` */
  readonly transientCost?: number | undefined
  /** Price of a retry that the server asked for (429, 425, 408). @defaultValue `5` */
  readonly throttledCost?: number | undefined
  /** What a success that needed no retry gives back; one that did gives back all that it paid. @defaultValue `1` */
  readonly refund?: number | undefined
}

/** Why a retry is made: something failed, or the server asked to come back. */
export type RetryKind = 'transient' | 'throttled'

/** A bucket of tokens shared by many operations, so that an outage is not answered with a storm of retries. */
export interface RetryBudget {
  /** Takes the price of a retry, or gives `undefined` and takes nothing when the bucket holds less. */
  take(kind: RetryKind): number | undefined
  /** Puts back what a success gives: `paid` is what its retries have cost. Also puts back the price of a retry that was not sent. */
  giveBack(paid?: number): void
}

/**
 * Makes a token bucket. Each wrapper has one of its own; give the same one to several wrappers that talk to the
 * same server.
 *
 * @throws `TypeError` or `RangeError` for an option that does not exist or is no number of at least 0.
 */
export function createRetryBudget(options: RetryBudgetOptions = {}): RetryBudget {
  checkOptions('retry.budget', options, {
    capacity: [0],
    transientCost: [0],
    throttledCost: [0],
    refund: [0],
  })
  const { capacity = 500, transientCost = 14, throttledCost = 5, refund = 1 } = options
  let tokens = capacity
  return {
    take(kind) {
      const cost = kind === 'throttled' ? throttledCost : transientCost
      if (tokens < cost) return undefined
      tokens -= cost
      return cost
    },
    giveBack(paid = refund) {
      tokens = Math.min(capacity, tokens + paid)
    },
  }
}
