import { describe, expect, it } from 'vitest'
import { createIdempotentFetch } from 'fetch-idempotency'

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

const retry = { backoff: () => 0 }

describe('the retry budget', () => {
  it('is given back whole by a success, so that writes which end well never empty it', async () => {
    const send = createIdempotentFetch({ fetch: failing(3), retry: { ...retry, budget: { capacity: 15 } } })
    for (let write = 0; write < 50; write += 1) {
      const response = await send('https://api.example.com/', { method: 'POST' })
      expect(response.status).toBe(201)
    }
  })

  it('ends the retries of writes that go on failing', async () => {
    let requests = 0
    const counted = ((...call: Parameters<typeof fetch>) => {
      requests += 1
      return failing(Infinity)(...call)
    }) as typeof fetch
    const send = createIdempotentFetch({ fetch: counted, retry: { ...retry, budget: { capacity: 15 } } })
    for (let write = 0; write < 10; write += 1) await send('https://api.example.com/', { method: 'POST' })
    expect(requests).toBe(10 + 15 / 5)
  })
})
