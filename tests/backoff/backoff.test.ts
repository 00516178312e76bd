import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exponentialBackoff } from '../../src/backoff/backoff.js'

const most = () => 1 - Number.EPSILON / 2
const retries = [1, 2, 3, 4, 5, 6, 7, 8]

describe('exponentialBackoff', () => {
  it('doubles its bound from 50 ms up to 20 s', () => {
    const wait = exponentialBackoff()
    expect(retries.map((retry) => Math.round(wait(retry, most)))).toEqual([
      50, 100, 200, 400, 800, 1600, 3200, 6400,
    ])
    expect(Math.round(wait(20, most))).toBe(20_000)
  })

  it('draws evenly from zero to the bound', () => {
    const wait = exponentialBackoff()
    expect(wait(3, () => 0)).toBe(0)
    expect(wait(3, () => 0.25)).toBe(50)
    expect(wait(3, () => 0.5)).toBe(100)
  })

  it('takes its bounds', () => {
    const wait = exponentialBackoff({ baseMs: 10, factor: 3, maxMs: 100 })
    expect([1, 2, 3, 4].map((retry) => Math.round(wait(retry, most)))).toEqual([10, 30, 90, 100])
  })

  it('can wait for no time, or always for the same', () => {
    const never = exponentialBackoff({ baseMs: 0 })
    const same = exponentialBackoff({ baseMs: 50, factor: 1 })
    for (const retry of [...retries, 5000]) {
      expect(never(retry, most)).toBe(0)
      expect(Math.round(same(retry, most))).toBe(50)
    }
  })

  it.each([
    [{ baseMs: -1 }, /baseMs/],
    [{ baseMs: NaN }, /baseMs/],
    [{ factor: -2 }, /factor/],
    [{ maxMs: NaN }, /maxMs/],
    [{ maxMs: -1 }, /maxMs/],
  ])('refuses %j', (options, message) => {
    expect(() => exponentialBackoff(options)).toThrow(RangeError)
    expect(() => exponentialBackoff(options)).toThrow(message)
  })

  it('stays within its bounds for any retry and any random number', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.nat(1e9),
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.oneof(fc.nat(1e9), fc.constant(Infinity)),
        (retry, random, baseMs, factor, maxMs) => {
          const delayMs = exponentialBackoff({ baseMs, factor, maxMs })(retry, () => random)
          expect(delayMs).toBeGreaterThanOrEqual(0)
          expect(delayMs).toBeLessThanOrEqual(maxMs)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
