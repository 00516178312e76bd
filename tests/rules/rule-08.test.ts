import { describe, expect, it } from 'vitest'
import { createIdempotentFetch } from 'fetch-idempotency'
import { fakeClock, hang, json, playFetch, url, type Step } from '../fetch/fakes.js'

function setUp(step: Step, more: object = {}) {
  const play = playFetch(step)
  const clock = fakeClock()
  const send = createIdempotentFetch({ fetch: play.fetch, clock, ...more })
  return { ...play, clock, post: () => send(url, { method: 'POST' }).catch(() => undefined) }
}

describe('Rule 8: load is bounded', () => {
  it('draws each wait evenly between zero and a bound that doubles', async () => {
    for (const [random, expected] of [
      [0, []],
      [0.5, [150, 300, 600]],
      [0.999, [299.7, 599.4, 1198.8]],
    ] as const) {
      const { post, clock } = setUp(json(503), { random: () => random })
      await post()
      expect(clock.delays.map((ms) => Math.round(ms * 10) / 10)).toEqual(expected)
    }
  })

  it('pays 5 of 500 tokens for a retry: 100 retries in an outage, shared by all operations', async () => {
    const { post, sent } = setUp(json(503))
    for (let call = 0; call < 1000; call += 1) await post()
    expect(sent).toHaveLength(1100)
  })

  it('pays 10 after a time-out', async () => {
    const { post, sent } = setUp(hang, { retry: { attemptTimeoutMs: 1, budget: { capacity: 45 } } })
    await post()
    await post()
    expect(sent).toHaveLength(4 + 2)
  })

  it('gets back the price of the last retry on success, or one token', async () => {
    let isDown = true
    let answers = 0
    const { post, sent } = setUp(() => (isDown || (answers += 1) % 2 === 1 ? json(503) : json(201)), {
      retry: { budget: { capacity: 20 } },
    })
    // Each operation needs one retry, and gets its price back: the bucket never runs dry.
    isDown = false
    for (let call = 0; call < 20; call += 1) await post()
    expect(sent).toHaveLength(40)
    isDown = true
    await post()
    await post()
    expect(sent).toHaveLength(40 + 4 + 2)
  })

  it('is filled by plain successes, one token each', async () => {
    let status = 503
    const { post, sent } = setUp(() => json(status), { retry: { budget: { capacity: 5 } } })
    await post()
    expect(sent).toHaveLength(2)
    status = 201
    for (let call = 0; call < 4; call += 1) await post()
    status = 503
    await post()
    expect(sent).toHaveLength(2 + 4 + 1)
    status = 201
    await post()
    status = 503
    await post()
    expect(sent).toHaveLength(7 + 1 + 2)
  })

  it('belongs to one wrapper', async () => {
    const one = setUp(json(503), { retry: { budget: { capacity: 5 } } })
    const other = setUp(json(503), { retry: { budget: { capacity: 5 } } })
    await one.post()
    await other.post()
    expect([one.sent.length, other.sent.length]).toEqual([2, 2])
  })
})
