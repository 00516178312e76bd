import { describe, expect, it } from 'vitest'
import { createRetryBudget } from '../../src/retry/retry-budget.js'
import { createRetryPolicy } from '../../src/retry/retry-policy.js'

describe('createRetryPolicy', () => {
  it('has a default for everything', () => {
    expect(createRetryPolicy()).toMatchObject({
      maxAttempts: 10,
      attemptTimeoutMs: 30_000,
      deadlineMs: 120_000,
      maxRetryAfterMs: 60_000,
      whenBudgetIsEmpty: 'wait',
    })
  })

  it('waits at most 50 ms before the first retry', () => {
    const { backoff } = createRetryPolicy()
    expect(backoff(1, () => 0)).toBe(0)
    expect(backoff(1, () => 0.999)).toBeLessThan(50)
    expect(backoff(1, () => 0.999)).toBeGreaterThan(49)
  })

  it('adjusts another policy, option by option', () => {
    const base = createRetryPolicy({ maxAttempts: 7, deadlineMs: 9000 })
    expect(createRetryPolicy({ deadlineMs: 50 }, base)).toEqual({ ...base, deadlineMs: 50 })
    expect(createRetryPolicy({ maxAttempts: undefined } as object, base)).toEqual(base)
  })

  it('shares the bucket of the policy that it adjusts', () => {
    const base = createRetryPolicy()
    expect(createRetryPolicy({ maxAttempts: 2 }, base).budget).toBe(base.budget)
  })

  it('uses a bucket that it is given, and makes one of its options', () => {
    const budget = createRetryBudget()
    expect(createRetryPolicy({ budget }).budget).toBe(budget)
    const small = createRetryPolicy({ budget: { capacity: 5 } }).budget
    expect([small.take('throttled'), small.take('throttled')]).toEqual([5, undefined])
  })

  it.each<[string, unknown]>([
    ['maxAttempts', 0],
    ['maxAttempts', -1],
    ['maxAttempts', NaN],
    ['maxAttempts', 1.5],
    ['attemptTimeoutMs', 0],
    ['attemptTimeoutMs', NaN],
    ['attemptTimeoutMs', -Infinity],
    ['deadlineMs', 0],
    ['deadlineMs', NaN],
    ['maxRetryAfterMs', -1],
    ['maxRetryAfterMs', NaN],
  ])('refuses the number of %s: %s', (name, value) => {
    expect(() => createRetryPolicy({ [name]: value })).toThrow(RangeError)
    expect(() => createRetryPolicy({ [name]: value })).toThrow(`retry.${name}`)
  })

  it.each<[string, unknown]>([
    ['maxAttempts', '4'],
    ['maxAttempts', null],
    ['attemptTimeoutMs', '30s'],
    ['deadlineMs', {}],
    ['maxRetryAfterMs', 5n],
    ['backoff', 100],
    ['backoff', null],
    ['budget', 500],
    ['budget', null],
    ['whenBudgetIsEmpty', null],
    ['whenBudgetIsEmpty', 5],
  ])('refuses the type of %s', (name, value) => {
    expect(() => createRetryPolicy({ [name]: value })).toThrow(TypeError)
    expect(() => createRetryPolicy({ [name]: value })).toThrow(`retry.${name}`)
  })

  it.each([{ take: () => 5 }, { take: 5, giveBack: () => undefined }])(
    'refuses a bucket that is none, before a write depends on it',
    (budget) => {
      expect(() => createRetryPolicy({ budget } as object)).toThrow(TypeError)
    },
  )

  it.each([5, null, 'often'])('refuses %s as options', (options) => {
    expect(() => createRetryPolicy(options as never)).toThrow(TypeError)
  })

  it('refuses an option that does not exist', () => {
    expect(() => createRetryPolicy({ retries: 3 } as object)).toThrow(/no option "retries"/)
  })

  it.each(['attemptTimeoutMs', 'deadlineMs', 'maxRetryAfterMs', 'maxAttempts'])(
    'takes %s without limit',
    (name) => {
      expect(createRetryPolicy({ [name]: Infinity })).toMatchObject({ [name]: Infinity })
      expect(createRetryPolicy({ [name]: 1e99 })).toMatchObject({ [name]: 1e99 })
    },
  )
})
