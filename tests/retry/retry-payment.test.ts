import { describe, expect, it } from 'vitest'
import { createRetryBudget } from '../../src/retry/retry-budget.js'
import { RetryPayment } from '../../src/retry/retry-payment.js'

/** A budget for two transient retries, and how many more it would pay for. */
function open() {
  const budget = createRetryBudget({ capacity: 28, transientCost: 14, throttledCost: 5, refund: 1 })
  const left = () => {
    let count = 0
    while (budget.take('transient') !== undefined) count += 1
    for (let at = 0; at < count; at += 1) budget.giveBack(14)
    return count
  }
  return { payment: new RetryPayment(budget), left }
}

describe('RetryPayment', () => {
  it('takes the price when a retry is decided, once', () => {
    const { payment, left } = open()
    expect(payment.reserve('transient')).toBe(true)
    payment.pay()
    payment.pay()
    expect(left()).toBe(1)
  })

  it('takes nothing where the bucket holds less', () => {
    const { payment, left } = open()
    expect([1, 2, 3].map(() => payment.reserve('transient'))).toEqual([true, true, false])
    payment.release()
    expect(left()).toBe(0)
  })

  it('gives back what was reserved for a retry that is not sent', () => {
    const { payment, left } = open()
    payment.reserve('transient')
    payment.release()
    payment.release()
    expect(left()).toBe(2)
  })

  it('keeps what was paid, unless the operation succeeds', () => {
    const { payment, left } = open()
    payment.reserve('transient')
    payment.pay()
    payment.release()
    expect(left()).toBe(1)
    payment.succeed()
    expect(left()).toBe(2)
  })
})
