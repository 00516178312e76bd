import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { maxTimerMs } from '../../src/clock/clock.js'
import { systemClock, systemRandom } from '../../src/clock/system-clock.js'

beforeEach(() => void vi.useFakeTimers({ now: 1_000 }))
// In this order: a spy on a fake timer would be restored to the fake.
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** What became of a promise so far. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  const pending = Symbol('pending')
  const first = await Promise.race([promise, Promise.resolve(pending)]).catch(
    (reason: unknown) => `rejected ${reason}`,
  )
  return first === pending ? 'pending' : String(first)
}

describe('systemClock.now', () => {
  it('is the time of the machine', () => {
    expect(systemClock.now()).toBe(1_000)
    vi.advanceTimersByTime(5)
    expect(systemClock.now()).toBe(1_005)
  })
})

describe('systemClock.sleep', () => {
  it('ends after the time that was asked for, not before', async () => {
    const sleep = systemClock.sleep(50)
    await vi.advanceTimersByTimeAsync(49)
    expect(await stateOf(sleep)).toBe('pending')
    await vi.advanceTimersByTimeAsync(1)
    expect(await stateOf(sleep)).toBe('undefined')
  })

  it('ends at once with the caller’s reason when the signal aborts, and leaves no timer', async () => {
    const controller = new AbortController()
    const sleep = systemClock.sleep(50_000, controller.signal)
    controller.abort('enough')
    expect(await stateOf(sleep)).toBe('rejected enough')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not begin when the signal has aborted', async () => {
    const sleep = systemClock.sleep(50, AbortSignal.abort('too late'))
    expect(vi.getTimerCount()).toBe(0)
    expect(await stateOf(sleep)).toBe('rejected too late')
  })

  it('leaves no listener on the signal', async () => {
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    const sleep = systemClock.sleep(5, signal)
    await vi.advanceTimersByTimeAsync(5)
    await sleep
    expect(removed.mock.calls).toEqual([['abort', added.mock.calls[0]?.[1]]])
  })

  it.each([maxTimerMs + 1, 2 ** 32, 1e99, Infinity])('does not turn %d ms into none', async (ms) => {
    const set = vi.spyOn(globalThis, 'setTimeout')
    const controller = new AbortController()
    const sleep = systemClock.sleep(ms, controller.signal)
    expect(set.mock.calls[0]?.[1]).toBe(2 ** 31 - 1)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await stateOf(sleep)).toBe('pending')
    controller.abort('done')
    expect(await stateOf(sleep)).toBe('rejected done')
  })

  it.each([0, -1, NaN])('does not hang on %d ms', async (ms) => {
    const sleep = systemClock.sleep(ms)
    await vi.advanceTimersByTimeAsync(1)
    expect(await stateOf(sleep)).toBe('undefined')
  })
})

describe('systemRandom', () => {
  it('gives numbers from 0 up to 1', () => {
    for (let draw = 0; draw < 1000; draw += 1) {
      const number = systemRandom()
      expect(number).toBeGreaterThanOrEqual(0)
      expect(number).toBeLessThan(1)
    }
  })
})
