import dns from 'node:dns'
import { createServer as createSecureServer } from 'node:https'
import type { Server } from 'node:http'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { createIdempotentFetch, createRetryBudget, idempotencyOf } from 'fetch-idempotency'
import { defineContract, queryParameter, type ContractDefinition } from 'fetch-idempotency/contracts'
import { gateRetries, idempotency, reuseKey, stampKey } from 'fetch-idempotency/ky'
import { majors, type Ky } from '../promises/hosts.js'
import { isWhole } from '../whole.js'
import { closedPort, listen } from '../transport/loopback.js'
import { selfSigned } from '../transport/self-signed.mjs'

// What is lost here all at once would empty the budget.
const retry = { maxAttempts: 4, backoff: () => 1, budget: createRetryBudget({ capacity: 100_000 }) }
const outcome = (end: unknown) => idempotencyOf(end)?.outcome

/** Names with an address each: errors of Node tell the address alone. */
const addresses: Readonly<Record<string, string>> = { 'first.test': '127.0.0.1', 'second.test': '127.0.0.2' }

beforeAll(() => {
  const { lookup } = dns
  const named = (name: string, options: dns.LookupAllOptions, done: (...found: unknown[]) => void) =>
    lookup(addresses[name] ?? name, options, done)
  vi.spyOn(dns, 'lookup').mockImplementation(named as typeof lookup)
  return () => vi.restoreAllMocks()
})

/** A server that applies each write and sends the client on to something else. */
async function redirecting(status: number, to: (port: number) => string, then = 500) {
  const seen = { writes: 0 }
  const { port } = await listen((request, response) => {
    if (request.method === 'GET') return void response.writeHead(then).end('{}')
    seen.writes += 1
    response.writeHead(status, { location: to(port) }).end()
  })
  return { orders: `http://first.test:${port}/orders`, seen }
}

/** A server that makes the first thing, whose answer is lost, and sends the client on to another server from then on. */
async function losing() {
  const made: string[] = []
  const other = await listen((_, response) => {
    made.push('at the other server')
    response.writeHead(201).end('{}')
  })
  const { base } = await listen((request, response) => {
    if (made.length > 0) return void response.writeHead(307, { location: `${other.base}/orders` }).end()
    made.push('here')
    request.socket.destroy()
  })
  return { base, made }
}

const caught = (sending: PromiseLike<unknown>) => Promise.resolve(sending).catch((error: unknown) => error)

type Send = (url: string, method: string) => Promise<unknown>
const hooked = (ky: Ky, options: object) =>
  ky.extend({
    hooks: { beforeRequest: [stampKey(options)], beforeRetry: [reuseKey()] },
    retry: { ...gateRetries(), delay: () => 1, limit: 2 },
  })
const kySend =
  (ky: Ky): Send =>
  (url, method) =>
    caught(ky(url, { method, body: '{}', retry: { delay: () => 1, limit: 2 } }))

const ownFetch: typeof fetch = (input, init) => fetch(input, init)

/** Everything that sends, with a key and without. */
const senders: [string, Send][] = [{}, { methods: [] }].flatMap((options): [string, Send][] => {
  const send = createIdempotentFetch({ retry, ...options })
  const sendOwn = createIdempotentFetch({ retry, fetch: ownFetch, ...options })
  const suffix = 'methods' in options ? ', without a key' : ''
  return [
    [`createIdempotentFetch${suffix}`, (url, method) => caught(send(url, { method, body: '{}' }))],
    [
      `createIdempotentFetch, given a Request${suffix}`,
      (url, method) => caught(send(new Request(url, { method, body: '{}' }))),
    ],
    [`own fetch${suffix}`, (url, method) => caught(sendOwn(url, { method, body: '{}' }))],
    ...majors.flatMap(([name, ky]): [string, Send][] => [
      [`${name}${suffix}`, kySend(ky.extend(idempotency({ budget: retry.budget, ...options })))],
      [
        `${name}, own fetch${suffix}`,
        kySend(ky.extend(idempotency({ budget: retry.budget, fetch: ownFetch, ...options }))),
      ],
      [`${name}, hooks alone${suffix}`, kySend(hooked(ky, options))],
    ]),
  ]
})

/** Hooks alone do not see the last error of ky's, which then tells nothing. */
const expectUnknown = (name: string, end: unknown) =>
  expect(name.includes('hooks alone') ? [undefined, 'unknown'] : ['unknown']).toContain(outcome(end))

describe.each(senders)('a write that is redirected after it was applied, by %s', (name, send) => {
  const isKeyed = !name.endsWith('without a key')
  let closed = 0
  let secured = 0

  beforeAll(async () => {
    closed = await closedPort()
    const secure = createSecureServer(selfSigned, (_, response) => response.end()) as unknown as Server
    ;({ port: secured } = await listen(() => undefined, secure))
  })

  it.each([404, 429, 501])('is never told as not applied for a %i', async (status) => {
    const { orders, seen } = await redirecting(303, () => '/next', status)
    expectUnknown(name, await send(orders, 'POST'))
    if (!isKeyed) expect(seen.writes).toBe(1)
  })

  it.each<[string, (port: number) => string]>([
    ['another port', () => `http://first.test:${closed}/`],
    ['another address', (port) => `http://127.0.0.2:${port}/`],
    ['the same port of another name', (port) => `http://second.test:${port}/`],
    ['another port of another name', () => `http://second.test:${closed}/`],
  ])('is not told as not applied where nobody listens: %s', async (_, to) => {
    for (const status of isWhole ? [302, 303, 307] : [303, 307]) {
      for (const method of isWhole ? ['POST', 'PUT', 'PATCH'] : ['POST']) {
        const { orders, seen } = await redirecting(status, to)
        expectUnknown(name, await send(orders, method))
        if (!isKeyed) expect(seen.writes).toBe(1)
      }
    }
  })

  it('is not told as not applied where the certificate is refused', async () => {
    const { orders, seen } = await redirecting(303, () => `https://second.test:${secured}/`)
    expectUnknown(name, await send(orders, 'POST'))
    if (!isKeyed) expect(seen.writes).toBe(1)
  })
})

describe('a write that is not redirected', () => {
  it.each(senders)('is told as not applied where nobody listens: %s', async (name, send) => {
    const url = `http://first.test:${await closedPort()}/`
    const end = await send(url, 'POST')
    // Where another fetch follows redirects, only a runtime that tells of its connections shows that there was none.
    if (/own fetch|given a Request/.test(name)) expect(['not-applied', 'unknown']).toContain(outcome(end))
    else expect(outcome(end)).toBe('not-applied')
  })
})

describe.each(senders.filter(([name]) => !/own fetch|hooks alone|given a Request/.test(name)))(
  'a write that is sent on as it is, by %s',
  (name, send) => {
    const isKeyed = !name.endsWith('without a key')
    async function moving(...answers: readonly number[]) {
      const rest = [...answers]
      const { port } = await listen((request, response) => {
        request.resume().on('end', () => {
          if (request.url === '/orders') response.writeHead(308, { location: '/orders/' }).end()
          else response.writeHead(rest.shift() ?? 500).end('{}')
        })
      })
      return { orders: `http://first.test:${port}/orders`, rest }
    }

    it.each<[readonly number[], string]>([
      [[200], 'applied'],
      [[201], 'applied'],
      [[429, 200], 'applied'],
      [[404], 'not-applied'],
    ])('%j: is %s', async (answers, wanted) => {
      const { orders, rest } = await moving(...answers)
      expect(outcome(await send(orders, 'POST'))).toBe(wanted)
      expect(rest).toEqual([])
    })

    it('and is not known when the last word is a 5xx', async () => {
      const { orders } = await moving(503, 503, 503, 503)
      expect(outcome(await send(orders, 'POST'))).toBe('unknown')
    })

    it('and does not go to another server, once it may have been executed', async () => {
      const { base, made } = await losing()
      expect(outcome(await send(`${base}/orders`, 'POST'))).toBe('unknown')
      expect(made).toEqual(['here'])
    })

    it('but goes again where it went before', async () => {
      let asked = 0
      const other = await listen((request, response) => {
        asked += 1
        if (asked === 1) request.socket.destroy()
        else response.writeHead(201).end('{}')
      })
      const { base } = await listen((_, response) => {
        response.writeHead(308, { location: `${other.base}/orders` }).end()
      })
      const wanted = isKeyed ? { outcome: 'applied', attempts: 2 } : { outcome: 'unknown', attempts: 1 }
      expect(idempotencyOf(await send(`${base}/orders`, 'POST'))).toMatchObject(wanted)
    })

    it('and nowhere else, though the first server would do it by itself by now', async () => {
      const made: string[] = []
      const other = await listen((request, response) => {
        made.push('at the other server')
        if (made.length === 1) request.socket.destroy()
        else response.writeHead(201).end('{}')
      })
      const { base } = await listen((_, response) => {
        if (made.length === 0) return void response.writeHead(307, { location: `${other.base}/orders` }).end()
        made.push('here')
        response.writeHead(201).end('{}')
      })
      const wanted = isKeyed ? { outcome: 'applied', attempts: 2 } : { outcome: 'unknown', attempts: 1 }
      expect(idempotencyOf(await send(`${base}/orders`, 'POST'))).toMatchObject(wanted)
      expect(made).not.toContain('here')
    })

    it('but not when a GET follows', async () => {
      const { port } = await listen((request, response) => {
        const [status, location] = request.url === '/orders' ? [307, '/two'] : [303, '/three']
        if (request.method === 'GET') response.writeHead(200).end('{}')
        else response.writeHead(status, { location }).end()
      })
      expect(outcome(await send(`http://first.test:${port}/orders`, 'POST'))).toBe('unknown')
    })
  },
)

it.each<[string, (send: typeof fetch, url: string) => Promise<unknown>]>([
  [
    'retry()',
    async (send, url) => {
      const error = await send(url, { method: 'POST' }).catch((reason: unknown) => reason)
      return (error as { retry(): Promise<Response> }).retry()
    },
  ],
  [
    'firstSentAt',
    async (send, url) => {
      const init = { method: 'POST', idempotencyKey: 'order-1' }
      await send(url, init).catch(() => undefined)
      return send(url, { ...init, idempotency: { firstSentAt: new Date() } } as RequestInit)
    },
  ],
  [
    'the same key',
    async (send, url) => {
      const init = { method: 'POST', idempotencyKey: 'order-1' }
      await send(url, init).catch(() => undefined)
      return send(url, init)
    },
  ],
])('a write of an earlier call is not sent on to another server either: %s', async (_, again) => {
  const { base, made } = await losing()
  const send = createIdempotentFetch({ retry: { maxAttempts: 1 } })
  expect(idempotencyOf(await again(send as typeof fetch, `${base}/orders`))?.outcome).toBe('unknown')
  expect(made).toEqual(['here'])
})

it.each<[string, (error: unknown, send: typeof fetch, url: string, init: object) => Promise<Response>]>([
  ['retry()', (error) => (error as { retry(): Promise<Response> }).retry()],
  ['the same key in a call of its own', (_, send, url, init) => send(url, init)],
])('a write that was sent on and lost goes where it was, without credentials: %s', async (_, again) => {
  const seen: unknown[] = []
  const other = await listen(({ method, url, headers, socket }, response) => {
    seen.push([method, url, headers.authorization, headers['idempotency-key'], headers['x-more']])
    if (seen.length === 1) socket.destroy()
    else response.writeHead(201).end('{}')
  })
  let asked = 0
  const { base } = await listen((_, response) => {
    asked += 1
    response.writeHead(307, { location: `${other.base}/orders` }).end()
  })
  const send = createIdempotentFetch({ retry: { maxAttempts: 1 } }) as typeof fetch
  const headers = { Authorization: 'Bearer a', 'X-More': '1' }
  const init = { method: 'POST', body: '{}', headers, idempotencyKey: 'order-2' }
  const error = await caught(send(base, init))
  expect(outcome(await again(error, send, base, init))).toBe('applied')
  expect(asked).toBe(1)
  const wanted = ['POST', '/orders', undefined, 'order-2', '1']
  expect(seen).toEqual([wanted, wanted])
})

it.each(majors)('%s: what a hook has sent again goes where a redirect has led it', async (_, ky) => {
  const made: string[] = []
  let asked = 0
  const other = await listen((request, response) => {
    asked += 1
    const key = String(request.headers['idempotency-key'])
    if (!made.includes(key)) made.push(key)
    response.writeHead(asked === 1 ? 503 : 201).end('{}')
  })
  const { base } = await listen((_, response) => {
    if (asked === 0) return void response.writeHead(307, { location: `${other.base}/orders` }).end()
    made.push('at the first server')
    response.writeHead(201).end('{}')
  })
  const { retry: again } = ky as unknown as { retry: (options: object) => never }
  const afterResponse = [() => (asked === 1 ? again({ delay: 1 }) : undefined)]
  const end = await caught(
    ky.extend(idempotency()).post(`${base}/orders`, { json: {}, hooks: { afterResponse } }),
  )
  expect(idempotencyOf(end)).toMatchObject({ outcome: 'applied', attempts: 2, key: made[0] })
  expect(made).toHaveLength(1)
})

it.each<[string, ContractDefinition]>([
  ['its query, and the redirect drops it', { carrier: queryParameter('key') }],
  ['a header, which is not honoured there', { honoursKey: ({ url }) => !url.endsWith('/elsewhere') }],
])('a write whose key travels in %s, is not resent once it may have been executed', async (_, given) => {
  let made = 0
  const { base } = await listen((request, response) => {
    if (request.url !== '/elsewhere') return void response.writeHead(307, { location: '/elsewhere' }).end()
    made += 1
    request.socket.destroy()
  })
  const send = createIdempotentFetch({ retry, contract: defineContract(given) })
  const error = await caught(send(`${base}/orders`, { method: 'POST', body: '{}' }))
  expect(idempotencyOf(error)).toMatchObject({ outcome: 'unknown', attempts: 1 })
  await expect((error as { retry(): Promise<unknown> }).retry()).rejects.toBe(error)
  expect(made).toBe(1)
})

it('a write that is lost is not sent on to where its key in the query is dropped', async () => {
  const made: unknown[] = []
  const { base } = await listen((request, response) => {
    if (made.length > 0) return void response.writeHead(307, { location: '/elsewhere' }).end()
    made.push(request.url)
    request.socket.destroy()
  })
  const send = createIdempotentFetch({ retry, contract: defineContract({ carrier: queryParameter('key') }) })
  const end = await send(`${base}/orders`, { method: 'POST', body: '{}' })
  expect([end.status, outcome(end), made.length]).toEqual([307, 'unknown', 1])
})

it.each([
  [302, 'unknown'],
  [307, 'not-applied'],
])('a DELETE that a %i sends on, and that is not found there, is %s', async (status, wanted) => {
  const { base } = await listen((request, response) => {
    // As some frameworks do after the work: a browser would send a GET.
    if (request.url === '/orders/1') response.writeHead(status, { location: '/orders' }).end()
    else response.writeHead(404).end()
  })
  const end = await createIdempotentFetch({ retry })(`${base}/orders/1`, { method: 'DELETE' })
  expect([end.status, outcome(end)]).toEqual([404, wanted])
})

it.each([302, 307, 308])(
  'a lost DELETE that a %i leads to where nothing is, is not told as applied',
  async (status) => {
    let asked = 0
    const { base } = await listen((request, response) => {
      asked += 1
      if (asked === 1) request.socket.destroy()
      else if (request.url === '/orders/1') response.writeHead(status, { location: '/login' }).end()
      else response.writeHead(404).end()
    })
    const end = await createIdempotentFetch({ retry })(`${base}/orders/1`, { method: 'DELETE' })
    expect([end.status, outcome(end)]).toEqual([404, 'unknown'])
  },
)

it('with redirect: manual, a refused connection is sure again', async () => {
  const url = `http://first.test:${await closedPort()}/`
  const send = createIdempotentFetch({ fetch: ownFetch, methods: [], retry })
  const error = await caught(send(url, { method: 'POST', body: '{}', redirect: 'manual' }))
  expect(idempotencyOf(error)).toMatchObject({ attempts: 4, outcome: 'not-applied' })
})

it.each(['localhost', '127.0.0.1'])('a refused connection to %s names the server itself', async (host) => {
  const url = `http://${host}:${await closedPort()}/`
  const send = createIdempotentFetch({ fetch: ownFetch, methods: [], retry })
  const error = await caught(send(url, { method: 'POST', body: '{}' }))
  expect(idempotencyOf(error)).toMatchObject({ attempts: 4, outcome: 'not-applied' })
})

describe('a fetch of the user’s own', () => {
  it('is never told to go where an answer leads: what it adds must not follow', async () => {
    const { orders } = await redirecting(303, () => '/next', 200)
    const manual: typeof fetch = (input, init) => fetch(input, { ...init, redirect: 'manual' })
    const response = await createIdempotentFetch({ fetch: manual })(orders, { method: 'POST' })
    expect(response.status).toBe(303)
  })
})

it('is not told as applied for a 200 that may be that of a GET', async () => {
  const { orders } = await redirecting(302, () => '/next', 200)
  const response = await createIdempotentFetch()(orders, { method: 'POST', body: '{}' })
  expect([response.status, response.redirected, outcome(response)]).toEqual([200, true, 'unknown'])
})
