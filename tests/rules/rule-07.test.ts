import { describe, expect, it, vi } from 'vitest'
import { createIdempotentFetch, type IdempotencyEvent } from 'fetch-idempotency'
import { systemClock } from '../../src/clock/system-clock.js'
import { fakeClock, hang, json, playFetch, reset, thrown, url, type Step } from '../fetch/fakes.js'

const stall = () =>
  new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array(1)) }), {
    headers: { 'content-type': 'application/json' },
  })

function setUp(steps: readonly [Step, ...Step[]], retry: object = {}) {
  const play = playFetch(...steps)
  const clock = fakeClock()
  const events: IdempotencyEvent[] = []
  const send = createIdempotentFetch({
    fetch: play.fetch,
    clock,
    random: () => 0.5,
    retry,
    onEvent: (event) => events.push(event),
  })
  return { ...play, clock, events, post: () => send(url, { method: 'POST' }) }
}

describe('Rule 7: time is bounded', () => {
  it.each<[string, Step]>([
    ['the headers', hang],
    ['the body', stall],
  ])('attemptTimeoutMs covers %s', async (_, step) => {
    const { post, events } = setUp([step, json(201)], { attemptTimeoutMs: 5 })
    expect((await post()).status).toBe(201)
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'attempt-ended', attempts: 1, verdict: 'unknown' }),
    )
  })

  it('deadlineMs bounds the attempt as well', async () => {
    const { post, sent } = setUp([hang], { deadlineMs: 5 })
    expect(await thrown(post())).toMatchObject({ attempts: 1, outcome: 'unknown' })
    expect(sent).toHaveLength(1)
  })

  it('deadlineMs covers the waits: one that would pass it is not begun', async () => {
    const { post, clock, sent } = setUp([json(429, {}, { 'retry-after': '20' })], {
      deadlineMs: 50_000,
      maxAttempts: 9,
    })
    expect((await post()).status).toBe(429)
    expect(clock.delays).toEqual([20_000, 20_000])
    expect(sent).toHaveLength(3)
  })

  it('nothing is sent past the deadline, however long a wait was', async () => {
    const { fetch, sent } = playFetch(reset())
    let nowMs = 0
    const clock = {
      now: () => nowMs,
      sleep: async () => {
        nowMs += 200_000
      },
    }
    const error = await thrown(createIdempotentFetch({ fetch, clock })(url, { method: 'POST' }))
    expect(error).toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown', attempts: 1 })
    expect(sent).toHaveLength(1)
  })

  it.each<[string, Record<string, string>, number]>([
    ['seconds', { 'retry-after': '3' }, 3000],
    [
      'an HTTP-date against the Date of the answer',
      { 'retry-after': 'Sat, 01 Jan 2000 00:00:09 GMT', date: 'Sat, 01 Jan 2000 00:00:00 GMT' },
      9000,
    ],
    ['retry-after-ms', { 'retry-after-ms': '12' }, 12],
  ])('Retry-After is obeyed: %s', async (_, headers, delayMs) => {
    const { post, clock } = setUp([json(503, {}, headers), json(201)])
    await post()
    expect(clock.delays).toEqual([delayMs])
  })

  it('Retry-After above maxRetryAfterMs stops and is reported', async () => {
    const { post, clock, sent } = setUp([json(429, {}, { 'retry-after': '4' })], { maxRetryAfterMs: 3999 })
    const response = await post()
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '4'])
    expect([clock.delays, sent.length]).toEqual([[], 1])
  })

  it.each(['soon', '-1', '1e99', 'NaN', '', '0', 'Sat, 01 Jan 2000 00:00:00 GMT'])(
    'Retry-After that says nothing is ignored: "%s"',
    async (value) => {
      const { post, clock } = setUp([json(429, {}, { 'retry-after': value }), json(201)])
      expect((await post()).status).toBe(201)
      expect(clock.delays).toEqual([25])
    },
  )

  describe('timers never exceed 2^31-1 ms', () => {
    it('in an attempt', async () => {
      const timers = vi.spyOn(globalThis, 'setTimeout')
      try {
        const { post } = setUp([json(201)], { attemptTimeoutMs: 1e12, deadlineMs: 1e12 })
        await post()
        expect(timers.mock.calls.map(([, ms]) => ms)).toContain(2 ** 31 - 1)
      } finally {
        timers.mockRestore()
      }
    })

    it('in a wait', () => {
      const timers = vi.spyOn(globalThis, 'setTimeout')
      const controller = new AbortController()
      try {
        void systemClock.sleep(1e12, controller.signal).catch(() => undefined)
        expect(timers.mock.calls.map(([, ms]) => ms)).toEqual([2 ** 31 - 1])
      } finally {
        controller.abort()
        timers.mockRestore()
      }
    })
  })
})
