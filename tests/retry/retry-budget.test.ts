import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRetryBudget } from '../../src/retry/retry-budget.js'

describe('createRetryBudget', () => {
  it('pays for 100 retries that the server asked for, and not for one more', () => {
    const budget = createRetryBudget()
    for (let retry = 0; retry < 100; retry += 1) expect(budget.take('throttled')).toBe(5)
    expect(budget.take('throttled')).toBeUndefined()
  })

  it('pays for 35 retries after a failure', () => {
    const budget = createRetryBudget()
    for (let retry = 0; retry < 35; retry += 1) expect(budget.take('transient')).toBe(14)
    expect(budget.take('transient')).toBeUndefined()
  })

  it('takes nothing when it holds less than the price', () => {
    const budget = createRetryBudget({ capacity: 9, throttledCost: 5, transientCost: 10 })
    expect(budget.take('transient')).toBeUndefined()
    expect(budget.take('throttled')).toBe(5)
    expect(budget.take('throttled')).toBeUndefined()
  })

  it('gets one token back for a success, and what its retries have cost for one that needed it', () => {
    const budget = createRetryBudget({ capacity: 10, transientCost: 10 })
    expect(budget.take('transient')).toBe(10)
    for (let success = 0; success < 4; success += 1) budget.giveBack()
    expect(budget.take('throttled')).toBeUndefined()
    budget.giveBack()
    expect(budget.take('throttled')).toBe(5)
    budget.giveBack(10)
    expect(budget.take('transient')).toBe(10)
  })

  it('never holds more than its capacity', () => {
    const budget = createRetryBudget({ capacity: 5 })
    for (let success = 0; success < 100; success += 1) budget.giveBack(100)
    expect(budget.take('throttled')).toBe(5)
    expect(budget.take('throttled')).toBeUndefined()
  })

  it('never retries at all with a capacity of 0', () => {
    const budget = createRetryBudget({ capacity: 0 })
    budget.giveBack(100)
    expect(budget.take('throttled')).toBeUndefined()
  })

  it('never runs dry with an infinite one', () => {
    const budget = createRetryBudget({ capacity: Infinity })
    for (let retry = 0; retry < 10_000; retry += 1) expect(budget.take('transient')).toBe(14)
  })

  it('adds up over any sequence: between nothing and the capacity', () => {
    const step = fc.oneof(
      fc.record({ take: fc.constantFrom('transient' as const, 'throttled' as const) }),
      fc.record({ back: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const budget = createRetryBudget({ capacity: 40, throttledCost: 5, transientCost: 10, refund: 1 })
        let tokens = 40
        for (const one of steps) {
          if ('take' in one) {
            const cost = one.take === 'transient' ? 10 : 5
            expect(budget.take(one.take)).toBe(tokens >= cost ? cost : undefined)
            if (tokens >= cost) tokens -= cost
          } else {
            budget.giveBack(one.back)
            tokens = Math.min(40, tokens + (one.back ?? 1))
          }
        }
      }),
    )
  })

  it.each(['capacity', 'transientCost', 'throttledCost', 'refund'])('refuses a broken %s', (name) => {
    expect(() => createRetryBudget({ [name]: NaN })).toThrow(RangeError)
    expect(() => createRetryBudget({ [name]: -1 })).toThrow(RangeError)
    expect(() => createRetryBudget({ [name]: '5' })).toThrow(TypeError)
    expect(() => createRetryBudget({ [name]: null })).toThrow(TypeError)
    expect(() => createRetryBudget({ [name]: 0 })).not.toThrow()
  })

  it('refuses an option that does not exist', () => {
    expect(() => createRetryBudget({ tokens: 5 } as object)).toThrow(/no option "tokens"/)
  })
})
