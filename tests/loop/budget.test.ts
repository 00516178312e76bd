import { describe, expect, it } from 'vitest'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { fakeClock } from '../fetch/fakes.js'

/** Answers each write after so many failures. */
function failing(times: number) {
  const left = new Map<string, number>()
  return (async (_input: unknown, init?: RequestInit) => {
    const key = new Headers(init?.headers).get('idempotency-key') as string
    const failures = left.get(key) ?? times
    left.set(key, failures - 1)
    return new Response(null, { status: failures > 0 ? 503 : 201 })
  }) as typeof fetch
}

const budget = { capacity: 3 * 14 }
const retry = { backoff: () => 0, budget }
const post = { method: 'POST' }
const url = 'https://api.example.com/'

describe('the retry budget', () => {
  it('is given back whole by a success, so that writes which end well never empty it', async () => {
    const send = createIdempotentFetch({
      fetch: failing(3),
      retry: { ...retry, whenBudgetIsEmpty: 'stop' },
    })
    for (let write = 0; write < 50; write += 1) expect((await send(url, post)).status).toBe(201)
  })

  it('ends the retries of writes that go on failing, where an empty one stops them', async () => {
    let requests = 0
    const counted = ((...call: Parameters<typeof fetch>) => {
      requests += 1
      return failing(Infinity)(...call)
    }) as typeof fetch
    const send = createIdempotentFetch({ fetch: counted, retry: { ...retry, whenBudgetIsEmpty: 'stop' } })
    for (let write = 0; write < 10; write += 1) await send(url, post)
    expect(requests).toBe(10 + 3)
  })

  it('gives back the price of a retry that was decided and not sent', async () => {
    let prepared = 0
    const send = createIdempotentFetch({
      fetch: failing(1),
      retry: { ...retry, budget: { capacity: 14 }, whenBudgetIsEmpty: 'stop' },
      hooks: {
        beforeRetry: [() => ((prepared += 1) <= 10 ? Symbol('stop') : undefined)],
      },
    })
    for (let write = 0; write < 10; write += 1) expect((await send(url, post)).status).toBe(503)
    const last = await send(url, post)
    expect([last.status, prepared]).toEqual([201, 11])
  })

  it('has operations wait for one that probes when it is empty, and none of them end', async () => {
    const clock = fakeClock()
    let requests = 0
    const backAtMs = clock.now() + 3_000
    const away = (async () => {
      requests += 1
      return new Response(null, { status: clock.now() < backAtMs ? 503 : 201 })
    }) as typeof fetch
    const send = createIdempotentFetch({ fetch: away, clock, retry })
    const answers = await Promise.all(Array.from({ length: 200 }, () => send(url, post)))
    expect(new Set(answers.map((answer) => idempotencyOf(answer)?.outcome))).toEqual(new Set(['applied']))
    // Each one fails once and succeeds once; the budget pays three, and the rest are probes.
    expect(requests).toBeLessThan(2 * 200 + 3 + 20)
  })
})
