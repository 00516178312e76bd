import ky from 'ky'
import ky2 from 'ky2'
import nock from 'nock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { idempotency } from 'fetch-idempotency/ky'

const api = 'https://api.test'
const uuidv7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

interface Options {
  readonly writes?: 'keyed' | 'never' | 'always'
  /** Sends without a key. */
  readonly keyless?: boolean
}

type Send = (path: string, init: { method?: string; json?: unknown; key?: string }) => Promise<Response>

interface Host {
  readonly name: string
  readonly open: (options?: Options) => Send
}

const noWait = () => 0

function kyHost(name: string, instance: typeof ky): Host {
  return {
    name,
    open: ({ writes, keyless = false } = {}) => {
      const client = instance
        .create({ retry: { delay: noWait } })
        .extend(idempotency({ ...(writes && { writes }), ...(keyless && { methods: [] }) }))
      return async (path, { method = 'POST', json, key }) => {
        const context = key === undefined ? {} : { idempotencyKey: key }
        try {
          return await client(api + path, { method, json, context })
        } catch (error) {
          const { response } = error as { response?: Response }
          if (response === undefined) throw error
          return response
        }
      }
    },
  }
}

const hosts: Host[] = [
  {
    name: 'createIdempotentFetch',
    open: ({ keyless = false, ...options } = {}) => {
      const send = createIdempotentFetch({
        ...options,
        ...(keyless && { methods: [] }),
        retry: { maxAttempts: 3, backoff: noWait },
      })
      return (path, { method = 'POST', json, key }) =>
        send(api + path, {
          method,
          ...(json !== undefined && {
            body: JSON.stringify(json),
            headers: { 'content-type': 'application/json' },
          }),
          ...(key !== undefined && { idempotencyKey: key }),
        })
    },
  },
  kyHost('ky 1', ky),
  kyHost('ky 2', ky2 as unknown as typeof ky),
]

/** What Node's `fetch` throws when the connection is reset. */
const socketReset = () =>
  new TypeError('fetch failed', {
    cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' }),
  })

beforeAll(() => nock.disableNetConnect())
afterEach(() => {
  const pending = nock.pendingMocks()
  nock.cleanAll()
  expect(pending).toEqual([])
})
afterAll(() => {
  nock.enableNetConnect()
  nock.restore()
})

describe.each(hosts)('the seed cases over $name', ({ open }) => {
  /** The keys of all requests so far, in the order in which they arrived. */
  let keys: (string | undefined)[] = []
  afterEach(() => {
    keys = []
  })
  function note(request: { headers: Record<string, unknown> }): void {
    const key = request.headers['idempotency-key']
    keys.push(Array.isArray(key) ? key[0] : (key as string | undefined))
  }

  it.each(['POST', 'PUT', 'PATCH'])('sends a UUIDv7 key on %s', async (method) => {
    nock(api)
      .intercept('/orders', method)
      .reply(function () {
        note(this.req)
        return [201, {}]
      })
    const response = await open()('/orders', { method, json: { amount: 1 } })
    expect(keys).toEqual([expect.stringMatching(uuidv7)])
    expect(idempotencyOf(response)).toMatchObject({ key: keys[0], attempts: 1, outcome: 'applied' })
  })

  it('sends no key on GET', async () => {
    nock(api)
      .get('/orders')
      .reply(function () {
        note(this.req)
        return [200, []]
      })
    await open()('/orders', { method: 'GET' })
    expect(keys).toEqual([undefined])
  })

  it('sends another key with the next write', async () => {
    nock(api)
      .post('/orders')
      .twice()
      .reply(function () {
        note(this.req)
        return [201, {}]
      })
    const send = open()
    await send('/orders', { json: { amount: 1 } })
    await send('/orders', { json: { amount: 1 } })
    expect(new Set(keys).size).toBe(2)
  })

  it('keeps the key on the retry after a transient 503', async () => {
    nock(api)
      .post('/orders')
      .reply(function () {
        note(this.req)
        return [503, 'unavailable']
      })
      .post('/orders')
      .reply(function () {
        note(this.req)
        return [201, { id: 'order_1' }]
      })
    const response = await open()('/orders', { json: { amount: 1 } })
    expect(await response.json()).toEqual({ id: 'order_1' })
    expect(keys).toEqual([expect.stringMatching(uuidv7), keys[0]])
  })

  it('keeps the key on the retry after a socket reset', async () => {
    nock(api)
      .post('/orders')
      .reply(function (_uri, _body, answer) {
        note(this.req)
        answer(socketReset(), [201])
      })
      .post('/orders')
      .reply(function () {
        note(this.req)
        return [201, { id: 'order_1' }]
      })
    const response = await open()('/orders', { json: { amount: 1 } })
    expect(await response.json()).toEqual({ id: 'order_1' })
    expect(keys).toEqual([expect.stringMatching(uuidv7), keys[0]])
  })

  it('gives the caller one result when the server answers the retry from its cache', async () => {
    const bodies: unknown[] = []
    nock(api)
      .post('/orders')
      .reply(function (_uri, body, answer) {
        note(this.req)
        bodies.push(body)
        answer(socketReset(), [201])
      })
      .post('/orders')
      .reply(function (_uri, body) {
        note(this.req)
        bodies.push(body)
        return [201, { id: 'order_1' }, { 'Idempotent-Replayed': 'true' }]
      })
    const response = await open()('/orders', { json: { amount: 1 } })
    expect(response.status).toBe(201)
    expect(await response.json()).toEqual({ id: 'order_1' })
    expect(idempotencyOf(response)).toEqual({ key: keys[0], attempts: 2, replayed: true, outcome: 'applied' })
    expect(bodies).toEqual([{ amount: 1 }, { amount: 1 }])
  })

  it('sends a given key as given', async () => {
    nock(api)
      .post('/orders')
      .reply(function () {
        note(this.req)
        return [503]
      })
      .post('/orders')
      .reply(function () {
        note(this.req)
        return [201, {}]
      })
    await open()('/orders', { json: { amount: 1 }, key: 'Job 42/retry "A"' })
    expect(keys).toEqual(['Job 42/retry "A"', 'Job 42/retry "A"'])
  })

  it('creates a batch of 100 items once when its answer is lost', async () => {
    const store = new Map<string | undefined, unknown>()
    let created = 0
    const serve = (key: string | undefined, body: unknown) => {
      if (store.has(key)) return [201, store.get(key), { 'Idempotent-Replayed': 'true' }] as const
      created += (body as { items: unknown[] }).items.length
      store.set(key, { batch: 'batch_1', created })
      return [201, store.get(key)] as const
    }
    nock(api)
      .post('/batches')
      .reply(function (_uri, body, answer) {
        note(this.req)
        serve(keys.at(-1), body)
        answer(socketReset(), [201])
      })
      .post('/batches')
      .reply(function (_uri, body) {
        note(this.req)
        return serve(keys.at(-1), body)
      })
    const items = Array.from({ length: 100 }, (_, at) => ({ name: `item ${at}` }))
    const response = await open()('/batches', { json: { items } })
    expect(await response.json()).toEqual({ batch: 'batch_1', created: 100 })
    expect(created).toBe(100)
    expect(keys).toHaveLength(2)
  })

  describe('without a key', () => {
    it('retries POST on 429', async () => {
      nock(api)
        .post('/orders')
        .reply(function () {
          note(this.req)
          return [429, 'busy', { 'Retry-After': '0' }]
        })
        .post('/orders')
        .reply(function () {
          note(this.req)
          return [201, {}]
        })
      const response = await open({ keyless: true })('/orders', { json: { amount: 1 } })
      expect(response.status).toBe(201)
      expect(keys).toEqual([undefined, undefined])
    })

    it.each([500, 502, 503, 504])('does not retry POST on %d', async (status) => {
      nock(api)
        .post('/orders')
        .reply(function () {
          note(this.req)
          return [status]
        })
      const response = await open({ keyless: true })('/orders', { json: { amount: 1 } })
      expect(response.status).toBe(status)
      expect(keys).toEqual([undefined])
    })

    it('does not retry POST after a socket reset', async () => {
      nock(api)
        .post('/orders')
        .reply(function (_uri, _body, answer) {
          note(this.req)
          answer(socketReset(), [201])
        })
      await expect(open({ keyless: true })('/orders', { json: { amount: 1 } })).rejects.toThrow()
      expect(keys).toEqual([undefined])
    })
  })

  it("retries POST without a key on 503 and after a socket reset with writes: 'always'", async () => {
    nock(api)
      .post('/orders')
      .reply(function () {
        note(this.req)
        return [503]
      })
      .post('/orders')
      .reply(function (_uri, _body, answer) {
        note(this.req)
        answer(socketReset(), [201])
      })
      .post('/orders')
      .reply(function () {
        note(this.req)
        return [201, {}]
      })
    const response = await open({ keyless: true, writes: 'always' })('/orders', { json: { amount: 1 } })
    expect(response.status).toBe(201)
    expect(keys).toEqual([undefined, undefined, undefined])
  })
})

it("documents what writes: 'always' risks", async () => {
  const { readFile } = await import('node:fs/promises')
  const source = await readFile(new URL('../src/loop/operation-options.ts', import.meta.url), 'utf8')
  expect(source).toMatch(/`'always'`[^`]*can apply a write twice/s)
})
