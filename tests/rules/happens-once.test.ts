import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIdempotentFetch, idempotencyOf, type WritePolicy } from 'fetch-idempotency'
import { fakeClock, fetchFailed, json, reset, systemError, url } from '../fetch/fakes.js'

const refused = () => fetchFailed(systemError('ECONNREFUSED', 'connect', { port: 443 }))
const cut = (status: number) =>
  new Response(new ReadableStream({ start: (controller) => controller.error(new TypeError('terminated')) }), {
    status,
    headers: { 'content-type': 'application/json' },
  })

/** What the network does to one request. */
const faults = [
  'none',
  'refused port',
  'reset before',
  'reset after',
  'cut after',
  '429',
  '503 before',
  '503 after',
  '504 after',
  'redirect after',
  '400',
] as const
type Fault = (typeof faults)[number]

/** A server that remembers keys, as most do: an answer that was made once is given again. */
function createServer(script: readonly Fault[]) {
  const stored = new Map<string, number>()
  let executions = 0
  let requests = 0
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const key = request.headers.get('idempotency-key')
    const fault = script[requests] ?? 'none'
    requests += 1
    const execute = () => {
      const id = (key === null ? undefined : stored.get(key)) ?? (executions += 1)
      if (key !== null) stored.set(key, id)
      return json(201, { id })
    }
    switch (fault) {
      case 'refused port':
        throw refused()
      case 'reset before':
        throw reset()
      case '429':
      case '400':
        return json(Number(fault))
      case '503 before':
        return json(503)
    }
    const answer = execute()
    switch (fault) {
      case 'reset after':
        throw reset()
      case 'cut after':
        return cut(201)
      case '503 after':
        return json(503)
      case '504 after':
        return json(504)
      case 'redirect after':
        throw fetchFailed(systemError('ENOTFOUND', 'getaddrinfo', { hostname: 'elsewhere.test' }))
    }
    return answer
  }
  return { fetch, executions: () => executions, requests: () => requests }
}

describe('A write', () => {
  it('happens at most once, and its outcome is never wrong', async () => {
    const counts = { applied: 0, 'not-applied': 0, unknown: 0, operations: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...faults), { maxLength: 8 }),
        fc.record({
          writes: fc.constantFrom<WritePolicy>('keyed', 'never'),
          isKeyed: fc.boolean(),
          isGiven: fc.boolean(),
          maxAttempts: fc.integer({ min: 1, max: 6 }),
          method: fc.constantFrom('POST', 'PUT', 'PATCH'),
          again: fc.integer({ min: 0, max: 2 }),
        }),
        async (script, { writes, isKeyed, isGiven, maxAttempts, method, again }) => {
          const server = createServer(script)
          const send = createIdempotentFetch({
            fetch: server.fetch,
            clock: fakeClock(),
            writes,
            retry: { maxAttempts },
            ...(!isKeyed && { methods: [] }),
          })
          const init = { method, body: '{}', ...(isKeyed && isGiven && { idempotencyKey: 'given' }) }
          let end: unknown = await send(url, init).catch((error: unknown) => error)
          // The caller heeds the advice of the error: retry() under a key, or when nothing was applied.
          for (let more = 0; more < again && end instanceof TypeError; more += 1) {
            const { retry } = end as unknown as { retry: () => Promise<Response> }
            if (!isKeyed && idempotencyOf(end)?.outcome !== 'not-applied') break
            end = await retry.call(end).catch((error: unknown) => error)
          }
          const outcome = idempotencyOf(end)?.outcome ?? 'unknown'
          counts[outcome] += 1
          counts.operations += 1
          expect(server.executions()).toBeLessThanOrEqual(1)
          if (outcome === 'applied') expect(server.executions()).toBe(1)
          if (outcome === 'not-applied') expect(server.executions()).toBe(0)
          if (end instanceof Response && end.ok) expect(outcome).toBe('applied')
        },
      ),
      { numRuns: 3000 },
    )
    // It says something, most of the time.
    expect(counts.applied).toBeGreaterThan(counts.operations / 5)
    expect(counts['not-applied']).toBeGreaterThan(0)
  })

  it('ends as success whenever its faults end within its attempts', async () => {
    const passing = faults.filter((fault) => fault !== '400' && fault !== 'none')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...passing), { maxLength: 3 }), async (script) => {
        const server = createServer(script)
        const send = createIdempotentFetch({ fetch: server.fetch, clock: fakeClock() })
        const response = await send(url, { method: 'POST', body: '{}' })
        expect([response.status, server.executions()]).toEqual([201, 1])
        expect(idempotencyOf(response)).toMatchObject({ attempts: script.length + 1, outcome: 'applied' })
      }),
      { numRuns: 300 },
    )
  })
})
