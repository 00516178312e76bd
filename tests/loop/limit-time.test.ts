import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { duplicateConflict } from 'fetch-idempotency/contracts'
import { fakeClock, json, playFetch, reset, thrown, url, type Step } from '../fetch/fakes.js'

const post = { method: 'POST', body: '{}', idempotencyKey: 'k' }

describe('the time of resolve and reconcile', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it.each<[string, Step, string, string]>([
    ['reconcile', reset(), 'outcome_unknown', 'unknown'],
    ['resolve', json(409), 'already_done', 'applied'],
  ])('%s brings nothing where its answer breaks off', async (name, step, code, outcome) => {
    const cut = new ReadableStream({ pull: (controller) => controller.error(new TypeError('terminated')) })
    const send = createIdempotentFetch({
      fetch: playFetch(step).fetch,
      clock: fakeClock(),
      [name]: () => new Response(cut),
      contract: duplicateConflict,
      retry: { maxAttempts: 1 },
    })
    expect(await thrown(send(url, post))).toMatchObject({ code, outcome })
  })

  it.each<[string, Step, string, string]>([
    ['reconcile', reset(), 'outcome_unknown', 'unknown'],
    ['resolve', json(409), 'already_done', 'applied'],
  ])('%s has as long as one attempt, and is then told to end', async (name, step, code, outcome) => {
    let signal: AbortSignal | undefined
    const hang = (operation: { signal: AbortSignal }) => {
      signal = operation.signal
      return new Promise(() => undefined)
    }
    const send = createIdempotentFetch({
      fetch: playFetch(step).fetch,
      clock: fakeClock(),
      [name]: hang,
      contract: duplicateConflict,
    })
    const failing = thrown(send(url, { ...post, idempotency: { retry: { attemptTimeoutMs: 2_000 } } }))
    await vi.advanceTimersByTimeAsync(1_999)
    expect(signal?.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await failing).toMatchObject({ code, outcome })
    expect(signal?.reason).toMatchObject({ name: 'TimeoutError' })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is its own for each: a resolve that hangs leaves reconcile a signal that is not aborted', async () => {
    let isAborted: boolean | undefined
    const send = createIdempotentFetch({
      fetch: playFetch(json(409)).fetch,
      clock: fakeClock(),
      contract: duplicateConflict.with({ classify: () => ({ verdict: 'already-done', outcome: 'unknown' }) }),
      resolve: () => new Promise<undefined>(() => undefined),
      reconcile: ({ signal }) => {
        isAborted = signal?.aborted
        return 'unknown'
      },
    })
    const sending = send(url, post)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(idempotencyOf(await sending)).toMatchObject({ outcome: 'unknown' })
    expect(isAborted).toBe(false)
  })

  it('leaves no timer behind when the caller leaves', async () => {
    const controller = new AbortController()
    const send = createIdempotentFetch({
      fetch: playFetch(reset()).fetch,
      clock: fakeClock(),
      reconcile: () => {
        controller.abort('enough')
        return new Promise(() => undefined)
      },
    })
    expect(await thrown(send(url, { ...post, signal: controller.signal }))).toBe('enough')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves no timer behind', async () => {
    const send = createIdempotentFetch({
      fetch: playFetch(reset()).fetch,
      clock: fakeClock(),
      reconcile: () => 'applied',
    })
    expect(await thrown(send(url, post))).toMatchObject({ outcome: 'applied' })
    expect(vi.getTimerCount()).toBe(0)
  })
})
