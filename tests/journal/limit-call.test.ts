import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { limitCall } from '../../src/journal/limit-call.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const never = () => new Promise<never>(() => undefined)
const reason = new Error('enough')

describe('limitCall', () => {
  it.each<[string, () => Promise<unknown>, unknown]>([
    ['gives the answer', async () => 1, 1],
    ['takes an answer that is no promise', (() => 1) as never, 1],
    ['throws what the call rejects with', () => Promise.reject(reason), reason],
    [
      'throws what the call throws',
      () => {
        throw reason
      },
      reason,
    ],
  ])('%s, and leaves no timer and no listener', async (_, call, expected) => {
    const { signal } = new AbortController()
    expect(await limitCall(call, 50, signal).catch((error: unknown) => error)).toBe(expected)
    expect(vi.getTimerCount()).toBe(0)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('ends when the time is over', async () => {
    const { signal } = new AbortController()
    const result = limitCall(never, 50, signal).catch((error: Error) => error.message)
    vi.advanceTimersByTime(50)
    expect(await result).toBe('the store has not answered within 50 ms')
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('ends when the signal aborts', async () => {
    const controller = new AbortController()
    const result = limitCall(never, 50, controller.signal).catch((error: unknown) => error)
    controller.abort(reason)
    expect(await result).toBe(reason)
    expect(vi.getTimerCount()).toBe(0)
  })
})
