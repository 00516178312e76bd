import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createRun, limitAttempt, stopRun } from '../../src/loop/run.js'
import type { AttemptResult } from '../../src/transport/attempted.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const head: AttemptResult<string> = {
  attempted: { status: 401, headers: new Headers(), bytes: undefined, isBodyLost: true },
  answer: '401',
  error: undefined,
}
const never = new Promise<never>(() => undefined)

describe('an attempt with a limit for the bodies of errors', () => {
  it('is ended ten seconds after the status of an error whose body does not end', async () => {
    let aborted = false
    const sent = limitAttempt<string>(createRun(), 120_000, 10_000, (signal, onStatus) => {
      signal.addEventListener('abort', () => (aborted = true))
      setTimeout(() => onStatus(head), 60_000)
      return never
    })
    const ended = vi.fn()
    void sent.then(ended)
    await vi.advanceTimersByTimeAsync(69_999)
    expect([ended.mock.calls.length, aborted]).toEqual([0, false])
    await vi.advanceTimersByTimeAsync(1)
    expect(await sent).toBe(head)
    expect(aborted).toBe(true)
  })

  it('leaves no timer behind when it is stopped', async () => {
    const run = createRun()
    const sent = limitAttempt<string>(run, 120_000, 10_000, (_, onStatus) => {
      onStatus(head)
      return never
    })
    stopRun(run, new Error('mine'))
    await expect(sent).rejects.toThrow('mine')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves no timer behind', async () => {
    await limitAttempt<string>(createRun(), 120_000, 10_000, async (_, onStatus) => {
      onStatus(head)
      return head
    })
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('an attempt with a limit of time', () => {
  it('that ends when the next one is on its way leaves the limit of that one alone', async () => {
    const run = createRun()
    let end: ((result: AttemptResult<string>) => void) | undefined
    await Promise.all([
      limitAttempt<string>(run, 1_000, Infinity, () => new Promise((resolve) => (end = resolve))),
      vi.advanceTimersByTimeAsync(1_000),
    ])
    const next = limitAttempt<string>(run, 1_000, Infinity, () => never)
    end?.(head)
    await vi.advanceTimersByTimeAsync(1_000)
    expect((await next).attempted).toMatchObject({ lost: 'unknown', isTimeout: true })
  })

  it('keeps its limit when a status comes', async () => {
    const sent = limitAttempt<string>(createRun(), 20_000, Infinity, (_, onStatus) => {
      onStatus(head)
      return never
    })
    const ended = vi.fn()
    void sent.then(ended)
    await vi.advanceTimersByTimeAsync(19_999)
    expect(ended).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(await sent).toBe(head)
    expect(vi.getTimerCount()).toBe(0)
  })
})
