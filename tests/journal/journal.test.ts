import { createIdempotentFetch, idempotencyOf, isKeyReusedError } from 'fetch-idempotency'
import {
  createJournal,
  isJournalError,
  memoryStore,
  type JournalOptions,
  type OperationStore,
  type PendingOperation,
} from 'fetch-idempotency/journal'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startCommitServer, type CommitServer } from './commit-server.js'

let server: CommitServer
beforeEach(async () => void (server = await startCommitServer()))
afterEach(() => server.close())

const fast = { retry: { backoff: () => 1 } }
const once = { retry: { backoff: () => 1, maxAttempts: 1 } }

function open(options: Partial<JournalOptions> = {}, retry: object = fast) {
  const store = options.store ?? memoryStore()
  const journal = createJournal({ store, ...options })
  const send = createIdempotentFetch({ journal, ...retry })
  const post = (operationId: string, body = `{"of":"${operationId}"}`, more: object = {}) =>
    send(`${server.url}/orders`, { method: 'POST', body, ...more, idempotency: { operationId } })
  return { store, journal, send, post }
}

const thrown = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as Error & { problem?: string; outcome?: string; cause?: unknown },
  )

async function all(pending: AsyncIterable<PendingOperation>): Promise<PendingOperation[]> {
  const found: PendingOperation[] = []
  for await (const one of pending) found.push(one)
  return found
}

async function valuesOf(store: OperationStore): Promise<string> {
  const pages = [
    await store.list({ state: 'open' }, { limit: 99 }),
    await store.list({ state: 'settled' }, { limit: 99 }),
  ]
  return JSON.stringify(pages)
}

describe('createJournal', () => {
  it('gives the same id the same key in another process, and the server executes it once', async () => {
    const store = memoryStore()
    server.fate = () => 'lose'
    const first = open({ store }, once)
    expect((await thrown(first.post('order-17')))?.outcome).toBe('unknown')
    server.fate = () => 'answer'
    const response = await open({ store }).post('order-17')
    expect(response.status).toBe(201)
    expect(idempotencyOf(response)).toMatchObject({ outcome: 'applied', replayed: true })
    expect(new Set(server.requests.map(({ key }) => key)).size).toBe(1)
    expect([...server.executed.values()]).toEqual([1])
  })

  it('has written the operation down before the first byte is sent', async () => {
    const { store, post } = open()
    let found = ''
    server.fate = ({ key }) => {
      found = key
      return 'answer'
    }
    const claim = store.claim.bind(store)
    let claimedAt = -1
    store.claim = (request) => {
      claimedAt = server.requests.length
      return claim(request)
    }
    await post('order-17')
    expect(claimedAt).toBe(0)
    expect(await valuesOf(store)).toContain(found)
  })

  it('answers a settled operation from the journal, without asking the server', async () => {
    const { post, store } = open()
    const first = await post('order-17')
    const again = await open({ store }).post('order-17')
    expect(await again.json()).toEqual(await first.json())
    expect(again.status).toBe(201)
    expect(again.headers.get('content-type')).toBe('application/json')
    expect(idempotencyOf(again)).toMatchObject({ attempts: 0, replayed: true, outcome: 'applied' })
    expect(server.requests).toHaveLength(1)
  })

  it('asks the server under the same key when the answer was not kept', async () => {
    const store = memoryStore()
    const { post } = open({ store, maxAnswerBytes: 0 })
    await post('order-17')
    const again = await open({ store, maxAnswerBytes: 0 }).post('order-17')
    expect(idempotencyOf(again)).toMatchObject({ attempts: 1, replayed: true, outcome: 'applied' })
    expect(new Set(server.requests.map(({ key }) => key)).size).toBe(1)
    server.fate = () => 'lose'
    await thrown(open({ store, maxAnswerBytes: 0 }, once).post('order-17'))
    expect(await all(open({ store }).journal.pending())).toEqual([])
  })

  it('refuses the same id with another payload before it sends', async () => {
    const { post } = open()
    await post('order-17')
    const error = await thrown(post('order-17', '{"another":true}'))
    expect(isKeyReusedError(error)).toBe(true)
    expect(error?.outcome).toBe('not-applied')
    expect(server.requests).toHaveLength(1)
  })

  it('refuses it as well while the first is open', async () => {
    const { post } = open({}, once)
    server.fate = () => 'lose'
    await thrown(post('order-17'))
    expect(isKeyReusedError(await thrown(post('order-17', '{"another":true}')))).toBe(true)
    expect(server.requests).toHaveLength(1)
    server.fate = () => 'answer'
    expect((await post('order-17')).status).toBe(201)
  })

  it('sends again what was not applied, under the same key', async () => {
    const { post } = open()
    server.fate = () => 'unauthorized'
    const refused = await post('order-17')
    expect([refused.status, idempotencyOf(refused)?.outcome]).toEqual([401, 'not-applied'])
    server.fate = () => 'answer'
    const response = await post('order-17')
    expect([response.status, idempotencyOf(response)?.outcome]).toEqual([201, 'applied'])
    expect(new Set(server.requests.map(({ key }) => key)).size).toBe(1)
  })

  it('sends calls of one id at once as one write', async () => {
    const { post } = open()
    const responses = await Promise.all(Array.from({ length: 5 }, () => post('order-17')))
    expect(responses.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201])
    expect(server.requests).toHaveLength(1)
  })

  it('keeps namespaces apart, and gives a secret key that follows from the id', async () => {
    const store = memoryStore()
    await open({ store, namespace: 'a' }).post('order-17')
    await open({ store, namespace: 'b' }).post('order-17')
    expect(new Set(server.requests.map(({ key }) => key)).size).toBe(2)
    await open({ secret: 's' }).post('order-17')
    await open({ secret: 's' }).post('order-17')
    await open({ secret: 't' }).post('order-17')
    const keys = server.requests.slice(2).map(({ key }) => key)
    expect(keys[0]).toBe(keys[1])
    expect(keys[2]).not.toBe(keys[0])
  })

  it('keeps no credential, of the request or of the answer', async () => {
    const { store, post } = open({ keepRequests: true }, once)
    const headers = {
      authorization: 'Bearer hidden-1',
      cookie: 'a=hidden-2',
      'x-api-key': 'hidden-3',
      'content-type': 'text/x-kept',
    }
    await post('order-17', 'kept-body', { headers })
    server.fate = () => 'lose'
    await thrown(post('order-18', 'kept-body', { headers }))
    const kept = await valuesOf(store)
    expect(kept).toContain('text/x-kept')
    expect(kept).not.toContain('hidden')
    expect(kept).not.toContain('session=secret')
  })

  it('keeps no request whose URL holds a credential', async () => {
    const { store, send } = open({ keepRequests: true }, once)
    server.fate = () => 'lose'
    for (const query of ['?api_key=hidden-1', '?X-Amz-Signature=hidden-2', '?access_token=hidden-3'])
      await thrown(
        send(`${server.url}/orders${query}`, {
          method: 'POST',
          idempotency: { operationId: `order${query}` },
        }),
      )
    const pages = await store.list({ state: 'open' }, { limit: 9 })
    const values = pages.entries.map(({ value }) => JSON.parse(value) as { request?: object; url: string })
    expect(values.map(({ request, url }) => [request, url])).toEqual(
      [1, 2, 3].map(() => [undefined, `${server.url}/orders`]),
    )
  })

  it.each([
    ['accessKey', false],
    ['session_id', false],
    ['PHPSESSID', false],
    ['otp', false],
    ['Ocp-Apim-Subscription-Key', false],
    ['sharedSecret', false],
    ['refreshTokens', false],
    ['order', true],
    ['monkey', true],
    ['postcode', true],
    ['compass', true],
  ])('keeps a request with the query parameter %s: %s', async (name, isKept) => {
    const { journal } = open()
    const enqueued = journal.enqueue('a', { url: `${server.url}/?${name}=hidden` }).catch(() => false)
    expect(await enqueued).toBe(isKept)
  })

  it('keeps no header of an answer that holds a credential', async () => {
    const store = memoryStore()
    const headers = { 'X-Subject-Token': 'hidden', 'x-api-key': 'hidden', 'x-request-id': 'kept' }
    const fetch = async () => Response.json({}, { status: 201, headers })
    const send = createIdempotentFetch({ journal: createJournal({ store }), fetch })
    await send('https://api.test/', { method: 'POST', idempotency: { operationId: 'a' } })
    const kept = await valuesOf(store)
    expect(kept).toContain('x-request-id')
    expect(kept).not.toContain('hidden')
  })

  it.each(['claim', 'renew', 'record', 'remove', 'list'] as const)(
    'changes no verdict when %s fails, and sends nothing that it could not write down',
    async (call) => {
      const right = memoryStore()
      const store = { ...right, [call]: async () => Promise.reject(new Error('disk full')) }
      const { post, journal } = open({ store, leaseMs: 50 })
      const result = await post('order-17').catch((error: Error) => error)
      if (call === 'claim') {
        expect(isJournalError(result)).toBe(true)
        expect(result).toMatchObject({
          problem: 'unavailable',
          outcome: 'unknown',
          cause: new Error('disk full'),
        })
        expect(server.requests).toEqual([])
      } else {
        expect((result as Response).status).toBe(201)
        expect(idempotencyOf(result)).toMatchObject({ outcome: 'applied', attempts: 1 })
      }
      await journal.close()
    },
  )

  it('writes down what happened as soon as the store is back', async () => {
    const right = memoryStore()
    let isAway = true
    const store: OperationStore = {
      ...right,
      record: (request) => (isAway ? Promise.reject(new Error('away')) : right.record(request)),
    }
    const { post } = open({ store })
    await post('order-17')
    expect((await right.list({ state: 'settled' }, { limit: 9 })).entries).toEqual([])
    isAway = false
    await expect
      .poll(async () => (await right.list({ state: 'settled' }, { limit: 9 })).entries.length, {
        timeout: 5_000,
      })
      .toBe(1)
  })

  it('refuses an entry of another version, and leaves it as it is', async () => {
    const { store, post } = open()
    await post('order-17')
    const { entries } = await store.list({ state: 'settled' }, { limit: 9 })
    const { id, value } = entries[0] as { id: string; value: string }
    const newer = value.replace('"version":1', '"version":99')
    expect(newer).not.toBe(value)
    await store.claim({
      id,
      lane: undefined,
      token: 't',
      leaseMs: 9e9,
      value: '',
      nowMs: 0,
      takeSettled: true,
    })
    await store.record({ id, token: 't', leaseMs: 0, state: 'open', value: newer, nowMs: 0 })
    const error = await thrown(post('order-17'))
    expect(error).toMatchObject({ name: 'JournalError', problem: 'unreadable' })
    expect(String(error?.cause)).toContain('version 99')
    expect((await store.list({ state: 'open' }, { limit: 9 })).entries[0]?.value).toBe(newer)
    expect(server.requests).toHaveLength(1)
  })

  it('says busy when another worker keeps the operation for longer than the call waits', async () => {
    const { store, post } = open({ waitMs: 30 })
    let token = ''
    const claim = store.claim.bind(store)
    store.claim = (request) => claim({ ...request, token: token === '' ? request.token : request.token })
    await open({ store }).journal.enqueue('order-17', {
      url: `${server.url}/orders`,
      body: '{"of":"order-17"}',
    })
    const { entries } = await store.list({ state: 'open' }, { limit: 1 })
    token = 'other'
    await claim({
      id: entries[0]?.id as string,
      lane: undefined,
      token,
      leaseMs: 60_000,
      value: '',
      nowMs: 0,
    })
    expect(await thrown(post('order-17'))).toMatchObject({ name: 'JournalError', problem: 'busy' })
    expect(server.requests).toEqual([])
  })

  it('refuses a body that can be sent only once', async () => {
    const journal = createJournal({ store: memoryStore() })
    const send = createIdempotentFetch({ journal, maxRequestBytes: 1, oversizedBody: 'send-once' })
    const body = new Response('long enough').body
    const init = { method: 'POST', body, duplex: 'half' as const, idempotency: { operationId: 'a' } }
    expect(await thrown(send(server.url, init))).toMatchObject({ problem: 'not-kept' })
    expect(server.requests).toEqual([])
  })

  it.each<[object, RegExp]>([
    [{}, /store/],
    [{ store: {} }, /no claim\(\)/],
    [{ store: memoryStore(), secret: '' }, /secret must not be empty/],
    [{ store: memoryStore(), leaseMs: 0 }, /leaseMs must be a number of at least 1/],
    [{ store: memoryStore(), keepHeaders: ['Authorization'] }, /credentials are not kept/],
    [{ store: memoryStore(), keepHeaders: ['x-amz-security-token'] }, /credentials are not kept/],
    [{ store: memoryStore(), keepRequests: 'yes' }, /keepRequests must be a boolean/],
    [{ store: memoryStore(), colour: 1 }, /no option "colour"/],
  ])('refuses the options %o', (options, message) => {
    expect(() => createJournal(options as JournalOptions)).toThrow(message)
  })
})
