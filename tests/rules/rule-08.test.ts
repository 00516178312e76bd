import { describe, expect, it } from 'vitest'
import { createIdempotentFetch, type RetryOptions } from 'fetch-idempotency'
import { fakeClock, json, playFetch, url, type Step } from '../fetch/fakes.js'

function setUp(step: Step, { retry, ...more }: { retry?: RetryOptions; random?: () => number } = {}) {
  const play = playFetch(step)
  const clock = fakeClock()
  const send = createIdempotentFetch({
    fetch: play.fetch,
    clock,
    ...more,
    retry: { maxAttempts: 4, whenBudgetIsEmpty: 'stop', ...retry },
  })
  return { ...play, clock, post: () => send(url, { method: 'POST' }).catch(() => undefined) }
}

describe('Rule 8: load is bounded', () => {
  it('draws each wait evenly between zero and a bound that doubles', async () => {
    for (const [random, expected] of [
      [0, []],
      [0.5, [25, 50, 100]],
      [0.999, [49.95, 99.9, 199.8]],
    ] as const) {
      const { post, clock } = setUp(json(503), { random: () => random })
      await post()
      expect(clock.delays.map((ms) => Math.round(ms * 100) / 100)).toEqual(expected)
    }
  })

  it('pays 14 of 500 tokens for a retry: 35 retries in an outage, shared by all operations', async () => {
    const { post, sent } = setUp(json(503))
    for (let call = 0; call < 1000; call += 1) await post()
    expect(sent).toHaveLength(1035)
  })

  it('pays 5 where the server asks to come back', async () => {
    const { post, sent } = setUp(json(429))
    for (let call = 0; call < 1000; call += 1) await post()
    expect(sent).toHaveLength(1100)
  })

  it('gets back on success all that its retries have cost, or one token', async () => {
    let isDown = false
    let answers = 0
    const { post, sent } = setUp(() => (isDown || (answers += 1) % 3 !== 0 ? json(503) : json(201)), {
      retry: { budget: { capacity: 2 * 14 } },
    })
    // Each operation needs two retries, and gets their price back: the bucket never runs dry.
    for (let call = 0; call < 20; call += 1) await post()
    expect(sent).toHaveLength(60)
    isDown = true
    await post()
    await post()
    expect(sent).toHaveLength(60 + 3 + 1)
  })

  it('is filled by plain successes, one token each', async () => {
    let status = 503
    const { post, sent } = setUp(() => json(status), { retry: { budget: { capacity: 14 } } })
    await post()
    expect(sent).toHaveLength(2)
    status = 201
    for (let call = 0; call < 13; call += 1) await post()
    status = 503
    await post()
    expect(sent).toHaveLength(2 + 13 + 1)
    status = 201
    await post()
    status = 503
    await post()
    expect(sent).toHaveLength(16 + 1 + 2)
  })

  it('belongs to one wrapper', async () => {
    const one = setUp(json(503), { retry: { budget: { capacity: 14 } } })
    const other = setUp(json(503), { retry: { budget: { capacity: 14 } } })
    await one.post()
    await other.post()
    expect([one.sent.length, other.sent.length]).toEqual([2, 2])
  })
})
