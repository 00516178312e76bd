import { describe, expect, it, vi } from 'vitest'
import { createIdempotentFetch, idempotencyOf, type IdempotencyEvent } from 'fetch-idempotency'
import {
  fakeClock,
  hang,
  json,
  playFetch,
  reset,
  stuckClock,
  thrown,
  url,
  type Step,
} from '../fetch/fakes.js'

const stall = () =>
  new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array(1)) }), {
    headers: { 'content-type': 'application/json' },
  })

describe('Rule 6: nothing outlives the caller’s AbortSignal', () => {
  it.each<[string, Step]>([
    ['an attempt', hang],
    ['an attempt whose fetch does not heed it', () => new Promise(() => undefined)],
    ['a body read', stall],
  ])('ends %s at once, with the caller’s own reason', async (_, step) => {
    const { fetch, sent } = playFetch(step)
    const controller = new AbortController()
    const call = thrown(
      createIdempotentFetch({ fetch, clock: fakeClock() })(url, {
        method: 'POST',
        signal: controller.signal,
      }),
    )
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    const reason = new Error('my own')
    controller.abort(reason)
    expect(await call).toBe(reason)
    expect(sent[0]?.signal.aborted).toBe(true)
    expect(idempotencyOf(reason)).toMatchObject({ attempts: 1, outcome: 'unknown' })
    expect(sent).toHaveLength(1)
  })

  it.each<[string, (signal?: AbortSignal) => Promise<void>]>([
    [
      'that heeds it',
      (signal) => new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    ],
    ['that does not', () => new Promise(() => undefined)],
  ])('ends a wait on a clock %s', async (_, sleep) => {
    const { fetch, sent } = playFetch(reset())
    let waiting: AbortSignal | undefined
    const clock = {
      now: () => 0,
      sleep: (__: number, signal?: AbortSignal) => {
        waiting = signal
        return sleep(signal)
      },
    }
    const controller = new AbortController()
    const events: IdempotencyEvent[] = []
    const send = createIdempotentFetch({ fetch, clock, onEvent: (event) => events.push(event) })
    const call = thrown(send(url, { method: 'POST', signal: controller.signal }))
    await vi.waitFor(() => expect(waiting).toBeDefined())
    controller.abort('my own')
    expect(await call).toBe('my own')
    expect(waiting?.reason).toBe('my own')
    expect(sent).toHaveLength(1)
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ type: 'settled', outcome: 'unknown' }))
  })

  it('sends nothing once it is aborted', async () => {
    const { fetch, sent } = playFetch(json(201))
    const send = createIdempotentFetch({ fetch })
    const reason = new Error('my own')
    expect(await thrown(send(url, { method: 'POST', signal: AbortSignal.abort(reason) }))).toBe(reason)
    const request = new Request(url, { method: 'POST', signal: AbortSignal.abort(reason) })
    expect(await thrown(send(request))).toBe(reason)
    expect(sent).toEqual([])
  })

  it('keeps the kind of the reason: a time-out stays one', async () => {
    const clock = stuckClock()
    const { fetch } = playFetch(json(503))
    const signal = AbortSignal.timeout(1)
    const error = await thrown(createIdempotentFetch({ fetch, clock })(url, { method: 'POST', signal }))
    expect(error).toBe(signal.reason)
    expect(error.name).toBe('TimeoutError')
  })
})
