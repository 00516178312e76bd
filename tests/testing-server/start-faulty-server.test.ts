import { createIdempotentFetch, idempotencyOf, isKeyReusedError } from 'fetch-idempotency'
import { ietf, queryParameter, standard } from 'fetch-idempotency/contracts'
import { randomFaults, virtualClock } from 'fetch-idempotency/testing'
import {
  startFaultyServer,
  type FaultyServer,
  type FaultyServerOptions,
  type SocketFault,
} from 'fetch-idempotency/testing/server'
import { afterEach, describe, expect, it } from 'vitest'

const servers: FaultyServer[] = []
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())))

async function open(options: FaultyServerOptions = {}) {
  const server = await startFaultyServer(options)
  servers.push(server)
  const { contract = standard } = options
  const retry = { attemptTimeoutMs: 300, maxAttempts: 20 }
  const send = createIdempotentFetch({ contract, clock: virtualClock(), retry })
  return { server, send, url: `${server.url}/orders` }
}

const post = (body = '{"item":"book"}') => ({ method: 'POST', body })

describe('startFaultyServer', () => {
  it.each<[SocketFault, string | number]>([
    ['reset-before', 'fetch failed'],
    ['lose-answer', 'fetch failed'],
    ['cut-body', 'terminated'],
    [{ instead: { status: 429, headers: { 'retry-after': '1' } } }, 429],
    [{ after: { status: 502, body: 'bad gateway' } }, 502],
    ['pass', 201],
  ])('plays %j on a socket', async (fault, seen) => {
    const { server, url } = await open({ faults: [fault] })
    const read = async () => {
      const response = await fetch(url, post())
      await response.text()
      return response.status
    }
    const got = await read().catch((error: Error) => error.message)
    expect(got).toBe(seen)
    const isNotDone = fault === 'reset-before' || (typeof fault === 'object' && 'instead' in fault)
    expect(server.executions).toHaveLength(isNotDone ? 0 : 1)
  })

  it('says nothing to a request that hangs, and ends it when it closes', async () => {
    const { server, url } = await open({ faults: ['hang'] })
    const end = fetch(url, post()).catch((error: Error) => error.message)
    await expect.poll(() => server.executions.length).toBe(1)
    await server.close()
    servers.length = 0
    expect(await end).toBe('fetch failed')
  })

  it('resets where there is no body to cut', async () => {
    const { url } = await open({ faults: ['cut-body'], work: () => new Response(null, { status: 204 }) })
    await expect(fetch(url, post())).rejects.toThrow('fetch failed')
  })

  it('hands the work what was sent, and sends what it gives', async () => {
    const { url } = await open({
      work: ({ method, url: sent, headers, body }) =>
        Response.json(
          { method, path: new URL(sent).pathname, type: headers.get('content-type'), body },
          { status: 202, headers: { 'x-a': '1' } },
        ),
    })
    const response = await fetch(url, { ...post('{"é":1}'), headers: { 'content-type': 'application/json' } })
    expect([response.status, response.headers.get('x-a')]).toEqual([202, '1'])
    expect(await response.json()).toEqual({
      method: 'POST',
      path: '/orders',
      type: 'application/json',
      body: '{"é":1}',
    })
  })

  it('ends the connection of work that fails', async () => {
    const { url } = await open({ work: () => Promise.reject(new Error('broken')) })
    await expect(fetch(url, post())).rejects.toThrow('fetch failed')
  })

  it('reads the key as its contract says, and refuses another payload', async () => {
    const contract = ietf.with({ carrier: queryParameter('requestId') })
    const { server, url, send } = await open({ contract, faults: ['lose-answer'] })
    await send(url, { ...post(), idempotencyKey: 'one' })
    expect(server.requests.map(({ key, attempt }) => `${key} ${attempt}`)).toEqual(['one 1', 'one 2'])
    const other = createIdempotentFetch({ contract })
    const error = await other(url, { ...post('{}'), idempotencyKey: 'one' }).catch(
      (reason: unknown) => reason,
    )
    expect(isKeyReusedError(error)).toBe(true)
  })

  it('executes each of 200 writes once, whatever happens to them', async () => {
    const { server, url, send } = await open({ faults: randomFaults({ seed: 20_261_128, count: 400 }) })
    const outcomes = new Set<string | undefined>()
    for (let number = 0; number < 200; number += 1) {
      const response = await send(url, post(JSON.stringify({ number })))
      expect(await response.json()).toMatchObject({ number })
      outcomes.add(idempotencyOf(response)?.outcome)
    }
    expect([...outcomes]).toEqual(['applied'])
    expect(server.executions.map(({ body }) => JSON.parse(body).number)).toEqual(
      Array.from({ length: 200 }, (_, number) => number),
    )
    expect(server.requests.length).toBeGreaterThan(350)
  })
})
