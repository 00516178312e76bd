import nock from 'nock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { fakeClock } from '../fetch/fakes.js'
import { hosts, type HostOptions } from './hosts.js'

const api = 'https://api.test'
const uuidv7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const keyless: HostOptions = { methods: [] }

interface Call {
  readonly method?: string
  readonly json?: unknown
  readonly key?: string
}

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

describe.each(hosts)('the seed cases over $name', (host) => {
  /** One client, whose calls wait no real time. */
  const open = (options: HostOptions = {}) => {
    const send = host.open({ maxAttempts: 3, clock: fakeClock(), ...options })
    return async (path: string, { method = 'POST', json, key }: Call) => {
      const body = json === undefined ? undefined : JSON.stringify(json)
      const headers = { 'content-type': 'application/json' }
      const told = await send({ url: api + path, method, body, key, ...(body !== undefined && { headers }) })
      return { ...told, json: () => JSON.parse(told.body ?? '') as unknown }
    }
  }

  /** The keys of all requests so far, in the order in which they arrived. */
  let keys: (string | undefined)[] = []
  afterEach(() => {
    keys = []
  })
  function note(request: { headers: Record<string, unknown> }): void {
    const key = request.headers['idempotency-key']
    keys.push(Array.isArray(key) ? key[0] : (key as string | undefined))
  }

  const answering = (...answer: [status: number, body?: unknown, headers?: Record<string, string>]) =>
    function (this: { req: Parameters<typeof note>[0] }) {
      note(this.req)
      return answer as never
    }
  type Reply = (error: Error, answer: [number]) => void
  function losing(this: { req: Parameters<typeof note>[0] }, _uri: string, _body: unknown, reply: Reply) {
    note(this.req)
    reply(socketReset(), [201])
  }

  it.each(['POST', 'PUT', 'PATCH'])('sends a UUIDv7 key on %s', async (method) => {
    nock(api).intercept('/orders', method).reply(answering(201, {}))
    const response = await open()('/orders', { method, json: { amount: 1 } })
    expect(keys).toEqual([expect.stringMatching(uuidv7)])
    expect(response.facts).toMatchObject({ key: keys[0], attempts: 1, outcome: 'applied' })
  })

  it('sends no key on GET', async () => {
    nock(api).get('/orders').reply(answering(200, []))
    await open()('/orders', { method: 'GET' })
    expect(keys).toEqual([undefined])
  })

  it('sends another key with the next write', async () => {
    nock(api).post('/orders').twice().reply(answering(201, {}))
    const send = open()
    await send('/orders', { json: { amount: 1 } })
    await send('/orders', { json: { amount: 1 } })
    expect(new Set(keys).size).toBe(2)
  })

  it('keeps the key on the retry after a transient 503', async () => {
    nock(api)
      .post('/orders')
      .reply(answering(503, 'unavailable'))
      .post('/orders')
      .reply(answering(201, { id: 'order_1' }))
    const response = await open()('/orders', { json: { amount: 1 } })
    expect(response.json()).toEqual({ id: 'order_1' })
    expect(keys).toEqual([expect.stringMatching(uuidv7), keys[0]])
  })

  it('keeps the key on the retry after a socket reset', async () => {
    nock(api)
      .post('/orders')
      .reply(losing)
      .post('/orders')
      .reply(answering(201, { id: 'order_1' }))
    const response = await open()('/orders', { json: { amount: 1 } })
    expect(response.json()).toEqual({ id: 'order_1' })
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
    expect(response.what).toBe(201)
    expect(response.json()).toEqual({ id: 'order_1' })
    expect(response.facts).toEqual({ key: keys[0], attempts: 2, replayed: true, outcome: 'applied' })
    expect(bodies).toEqual([{ amount: 1 }, { amount: 1 }])
  })

  it('sends a given key as given', async () => {
    nock(api).post('/orders').reply(answering(503)).post('/orders').reply(answering(201, {}))
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
    expect(response.json()).toEqual({ batch: 'batch_1', created: 100 })
    expect(created).toBe(100)
    expect(keys).toHaveLength(2)
  })

  describe('without a key', () => {
    it('retries POST on 429', async () => {
      nock(api)
        .post('/orders')
        .reply(answering(429, 'busy', { 'Retry-After': '0' }))
        .post('/orders')
        .reply(answering(201, {}))
      const response = await open(keyless)('/orders', { json: { amount: 1 } })
      expect(response.what).toBe(201)
      expect(keys).toEqual([undefined, undefined])
    })

    it.each([500, 502, 503, 504])('does not retry POST on %d', async (status) => {
      nock(api).post('/orders').reply(answering(status))
      const response = await open(keyless)('/orders', { json: { amount: 1 } })
      expect(response.what).toBe(status)
      expect(keys).toEqual([undefined])
    })

    it('does not retry POST after a socket reset', async () => {
      nock(api).post('/orders').reply(losing)
      const { what, facts } = await open(keyless)('/orders', { json: { amount: 1 } })
      expect([what, facts?.outcome]).toEqual([host.words['outcome_unknown'] ?? 'outcome_unknown', 'unknown'])
      expect(keys).toEqual([undefined])
    })
  })

  it("retries POST without a key on 503 and after a socket reset with writes: 'always'", async () => {
    nock(api)
      .post('/orders')
      .reply(answering(503))
      .post('/orders')
      .reply(losing)
      .post('/orders')
      .reply(answering(201, {}))
    const response = await open({ ...keyless, writes: 'always' })('/orders', { json: { amount: 1 } })
    expect(response.what).toBe(201)
    expect(keys).toEqual([undefined, undefined, undefined])
  })
})

it("documents what writes: 'always' risks", async () => {
  const { readFile } = await import('node:fs/promises')
  const source = await readFile(new URL('../../src/loop/operation-options.ts', import.meta.url), 'utf8')
  expect(source).toMatch(/`'always'`[^`]*can apply a write twice/s)
})
