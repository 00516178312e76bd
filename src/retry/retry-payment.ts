import type { RetryBudget, RetryKind } from './retry-budget.js'

/** What the retries of one operation take from the budget, and what they give back. */
export class RetryPayment {
  readonly #budget: RetryBudget
  /** What the retries that were sent have cost, and what the one to come will. */
  #paid = 0
  #reserved = 0

  constructor(budget: RetryBudget) {
    this.#budget = budget
  }

  /** Takes the price of the next retry. `false`, and nothing is taken, where the bucket holds less. */
  reserve(kind: RetryKind): boolean {
    const cost = this.#budget.take(kind)
    this.#reserved = cost ?? 0
    return cost !== undefined
  }

  /** The retry is sent. */
  pay(): void {
    this.#paid += this.#reserved
    this.#reserved = 0
  }

  /** The operation ends: a retry that was decided and not sent costs nothing. */
  release(): void {
    if (this.#reserved > 0) this.#budget.giveBack(this.#reserved)
    this.#reserved = 0
  }

  /** A success gives back all that was paid, or the refund of one that needed no retry. */
  succeed(): void {
    this.#budget.giveBack(this.#paid || undefined)
  }
}
