import { inspect } from 'node:util'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import {
  ConflictError,
  NetworkError,
  NotFoundError,
  QURLError,
  ServerError,
  TimeoutError,
  idempotencyOf,
  type ClientOptions,
  type QURLClient,
} from 'fetch-idempotency/qurl'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isWhole } from '../whole.js'
import { startFaultProxy, type Fault } from '../wire/fault-proxy.js'
import { writes, type Operation } from './catalog/index.js'
import { clientFor } from './client-for.js'
import { startServer, type QurlServerOptions } from './start-server.js'

type Write = (typeof writes)[number]

const unavailable = { status: 503, headers: { 'content-type': 'text/html' }, body: '<h1>Try later</h1>' }

/** What becomes of the answer, and whether the server has done the work by then. */
const losses: [name: string, fault: Fault, isDone: boolean][] = [
  ['the request is lost', 'reset-before', false],
  ['the answer is lost', 'commit-reset', true],
  ['the answer is cut in its head', 'cut-head', true],
  ['the answer is cut in its body', 'cut-body', true],
  ['a gateway answers 503 and nothing was done', { instead: unavailable }, false],
  ['a gateway answers 503 although it was done', { after: unavailable }, true],
]

/** A server behind a proxy that loses answers, and a client in front of both. */
async function stage(
  as: Operation['as'] = 'api-key',
  options: Partial<ClientOptions> = {},
  serverOptions: QurlServerOptions = {},
) {
  const server = await startServer(serverOptions)
  const proxy = await startFaultProxy({ port: server.port })
  onTestFinished(() => proxy.close())
  const client = clientFor(server, as, { baseUrl: proxy.url, ...options })
  return { server, proxy, client }
}

async function stageWrite(write: Write, options?: Partial<ClientOptions>) {
  const { server, proxy, client } = await stage(write.as, options)
  const known = (await write.arrange?.({ server, client: clientFor(server, 'jwt') })) ?? {}
  const before = server.effects[write.write.effect] ?? 0
  const did = () => (server.effects[write.write.effect] ?? 0) - before
  return { server, proxy, client, known, did, times: write.write.times ?? 1 }
}

const failure = async (promise: Promise<unknown>): Promise<QURLError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(QURLError)
  return error as QURLError
}

const isDelete = (write: Write) => write.sends({}).line.startsWith('DELETE')
/** Each write, by name; in a short run each third one, from another one on for each `turn`. */
const named = (list: readonly Write[], turn = 0) =>
  list.filter((_, at) => isWhole || (at + turn) % 3 === 0).map((write) => [write.name, write] as const)
const keyed = writes.filter(({ write }) => write.resend === 'keyed')
const natural = writes.filter((write) => write.write.resend === 'natural' && !isDelete(write))
const deletes = writes.filter(isDelete)
const unsafe = writes.filter(({ write }) => write.resend === 'never')

describe.each(losses)('when %s', (loss, fault, isDone) => {
  const turn = losses.findIndex(([name]) => name === loss)

  it.each(named(keyed, turn))('%s is done once, under one key', async (_, write) => {
    const { proxy, client, known, did, times } = await stageWrite(write)
    proxy.next(fault)
    const result = await write.call(client, known)
    expect(result).toEqual(write.returns(known))
    expect(did()).toBe(times)
    const [first, second] = proxy.seen
    expect(proxy.requests).toBe(2)
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key'])
    expect(second?.body.equals(first?.body ?? Buffer.of(0))).toBe(true)
    expect(idempotencyOf(result)).toEqual({
      key: first?.headers['idempotency-key'],
      attempts: 2,
      replayed: isDone,
      outcome: 'applied',
    })
  })

  it.each(named(natural, turn))('%s is sent again, for a repeat finds what is there', async (_, write) => {
    const { proxy, client, known, did, times } = await stageWrite(write)
    proxy.next(fault)
    expect(await write.call(client, known)).toEqual(write.returns(known))
    expect(did()).toBe(times)
    expect(proxy.requests).toBe(2)
  })

  it.each(named(deletes, turn))('%s has happened', async (_, write) => {
    const { proxy, client, known, did, times } = await stageWrite(write)
    proxy.next(fault)
    const result = await write.call(client, known)
    // A second count may find nothing left to end.
    if (write.name === 'terminateAllResourceSessions')
      expect(result).toHaveProperty('terminated', isDone ? 0 : 1)
    else expect(result).toBeUndefined()
    expect(did()).toBe(times)
    expect(proxy.requests).toBe(2)
  })

  it.each(named(unsafe, turn))('%s is not sent again and its outcome is unknown', async (_, write) => {
    const { proxy, client, known, did, times } = await stageWrite(write)
    proxy.next(fault)
    const error = await failure(write.call(client, known))
    expect(error).toBeInstanceOf(typeof fault === 'string' ? NetworkError : ServerError)
    expect(proxy.requests).toBe(1)
    const key = proxy.seen[0]?.headers['idempotency-key']
    expect(error).toMatchObject({ outcome: 'unknown', key, attempts: 1 })
    expect(idempotencyOf(error)).toMatchObject({ outcome: 'unknown', key, attempts: 1 })
    expect(did()).toBe(isDone ? times : 0)
  })
})

describe('an operation whose key is not honoured', () => {
  it.each(named(unsafe))(
    '%s is sent again after a 429, which says that nothing was done',
    async (_, write) => {
      const { proxy, client, known, did, times } = await stageWrite(write)
      proxy.next({ instead: { status: 429, headers: { 'retry-after': '0' } } })
      expect(await write.call(client, known)).toEqual(write.returns(known))
      expect(did()).toBe(times)
      expect(proxy.requests).toBe(2)
    },
  )

  it('is a tunnel without find_or_create: its slug would be in its own way', async () => {
    const { server, proxy, client } = await stage()
    proxy.next('commit-reset')
    const error = await failure(client.createResource({ type: 'tunnel', slug: 'office-db' }))
    expect(error).toMatchObject({ outcome: 'unknown', key: expect.stringMatching(/./) })
    expect(proxy.requests).toBe(1)
    expect(server.effects['resource.created']).toBe(1)
  })
})

describe('batchCreate of 100', () => {
  const items = Array.from({ length: 100 }, (_, at) => ({ target_url: `https://app.example/${at}` }))

  it.each([
    ...losses,
    ['the answer is late', { delayMs: 2000 }, true] as const,
    ['no answer ever comes', 'hang', true] as const,
  ])('creates 100 when %s', async (_, fault) => {
    const { server, proxy, client } = await stage('api-key', { timeout: 500 })
    proxy.next(fault)
    const { succeeded, failed, results } = await client.batchCreate({ items })
    expect([succeeded, failed, results.length]).toEqual([100, 0, 100])
    expect(server.effects).toMatchObject({ 'qurl.created': 100, 'link.minted': 100 })
    expect(server.account.tokens).toHaveLength(100)
    const links = server.account.tokens.map((token) => `https://qurl.link/#${token['secret']}`)
    expect(results.map((entry) => (entry.success ? entry.qurl_link : '')).toSorted()).toEqual(
      links.toSorted(),
    )
  })

  it('creates 100 when one answer after another goes wrong', async () => {
    const { server, proxy, client } = await stage()
    proxy.next('commit-reset', 'cut-body', { after: unavailable })
    const result = await client.batchCreate({ items })
    expect(result.succeeded).toBe(100)
    expect(server.effects['qurl.created']).toBe(100)
    expect(idempotencyOf(result)).toMatchObject({ attempts: 4, replayed: true, outcome: 'applied' })
  })

  it('creates 200 on a server that does not honour keys: what the key is for', async () => {
    const { server, proxy, client } = await stage('api-key', {}, { honoursKeys: false })
    proxy.next('commit-reset')
    await client.batchCreate({ items })
    expect(server.effects['qurl.created']).toBe(200)
  })

  it('returns partial failures as they are, also from a replay', async () => {
    const { server, proxy, client } = await stage()
    proxy.next('commit-reset')
    const some = await client.batchCreate({
      items: [{ target_url: 'https://app.example/a' }, { target_url: 'https://nowhere.invalid' }],
    })
    expect(some).toMatchObject({ succeeded: 1, failed: 1 })
    proxy.next('cut-body')
    const none = await client.batchCreate({ items: [{ target_url: 'https://nowhere.invalid' }] })
    expect(none).toMatchObject({
      succeeded: 0,
      failed: 1,
      results: [
        { index: 0, success: false, error: { code: 'creation_failed', message: expect.any(String) } },
      ],
    })
    expect(server.effects['qurl.created']).toBe(1)
  })
})

describe('a delete', () => {
  it('of a link that somebody else revoked before is a conflict', async () => {
    const { client } = await stage()
    const { resource_id, qurl_id } = await client.create({ target_url: 'https://app.example/a' })
    await client.revokeResourceQurl(resource_id, qurl_id)
    expect(await failure(client.revokeResourceQurl(resource_id, qurl_id))).toBeInstanceOf(ConflictError)
  })

  it('of nothing is not found, even after a request that did not arrive anywhere', async () => {
    const { proxy, client } = await stage()
    expect(await failure(client.deleteWebhook('wh_1'))).toBeInstanceOf(NotFoundError)
    // Refused requests do not make it unclear who deleted it.
    proxy.next({ instead: { status: 429, headers: { 'retry-after': '0' } } })
    expect(await failure(client.deleteWebhook('wh_1'))).toBeInstanceOf(NotFoundError)
  })

  it.each([
    ['reaped', 404],
    ['a tombstone', 410],
  ])('whose resource is %s by the second attempt has happened', async (state, status) => {
    let close: (() => void) | undefined
    const { server, proxy, client } = await stage('api-key', {
      // Between the attempts; asked as often as the client likes.
      retryDelay: () => {
        close?.()
        close = undefined
        return 0
      },
    })
    const { resource_id } = await client.create({ target_url: 'https://app.example/a' })
    close = () => (status === 404 ? server.reap(resource_id) : server.tombstone(resource_id))
    proxy.next('commit-reset')
    await expect(client.deleteResource(resource_id), state).resolves.toBeUndefined()
    expect(server.requests.slice(1)).toMatchObject([{ status: 204 }, { method: 'DELETE', status }])
  })
})

describe('resolve', () => {
  const knockFailed = {
    status: 502,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({
      error: { status: 502, code: 'knock_failed', title: 'Bad Gateway', detail: 'The knock failed.' },
      meta: { request_id: 'req_1' },
    }),
  }

  it('is not sent again after knock_failed, which may have used the token up', async () => {
    const { server, proxy, client } = await stage()
    const { qurl_link } = await client.create({ target_url: 'https://app.example/a', one_time_use: true })
    proxy.next({ after: knockFailed })
    const error = await failure(client.resolve(qurl_link.split('#')[1] ?? ''))
    expect(error).toBeInstanceOf(ServerError)
    expect(error).toMatchObject({ code: 'knock_failed', outcome: 'unknown', attempts: 1, requestId: 'req_1' })
    expect(server.effects['token.resolved']).toBe(1)
    expect(proxy.requests).toBe(2)
  })

  it('opens a one-time link whose answer was lost: the second answer is the first one', async () => {
    const { server, proxy, client } = await stage()
    const { qurl_link } = await client.create({ target_url: 'https://app.example/a', one_time_use: true })
    proxy.next('commit-reset', 'cut-body')
    const opened = await client.resolve(qurl_link.split('#')[1] ?? '')
    expect(opened.target_url).toBe('https://app.example/a')
    expect(idempotencyOf(opened)).toMatchObject({ attempts: 3, replayed: true })
    expect(server.effects['token.resolved']).toBe(1)
  })
})

describe('when every answer is lost', () => {
  it('the error is a network error with the key, and the key finishes the call later', async () => {
    const { server, proxy, client } = await stage()
    proxy.next('commit-reset', 'commit-reset', 'cut-head', 'cut-body')
    const input = { target_url: 'https://app.example/a' }
    const error = await failure(client.create(input))
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ code: 'network_error', status: 0, attempts: 4, outcome: 'unknown' })
    expect(error.cause).toBeInstanceOf(Error)
    const created = await client.create(input, { idempotencyKey: error.key ?? '' })
    expect(created.resource_id).toBe(server.account.resources[0]?.['resource_id'])
    expect(idempotencyOf(created)?.replayed).toBe(true)
    expect(server.effects['qurl.created']).toBe(1)
  })

  it('the last 503 is a server error whose outcome is unknown', async () => {
    const { proxy, client } = await stage('api-key', { maxRetries: 1 })
    proxy.next({ after: unavailable }, { instead: { ...unavailable, headers: { 'retry-after': '7' } } })
    const error = await failure(client.create({ target_url: 'https://app.example/a' }))
    expect(error).toBeInstanceOf(ServerError)
    expect(error).toMatchObject({ status: 503, retryAfter: 7, attempts: 2, outcome: 'unknown' })
  })

  it('a read whose body was cut is a network error too, after as many attempts', async () => {
    const { proxy, client } = await stage()
    proxy.next('cut-body', 'cut-body')
    expect((await client.getQuota()).plan).toBe('enterprise')
    proxy.next('cut-body', 'cut-body', 'cut-body', 'cut-body')
    const error = await failure(client.getQuota())
    expect(error).toBeInstanceOf(NetworkError)
    expect(error.outcome).toBeUndefined()
  })

  it('a time-out is told from a lost connection', async () => {
    const { server, proxy, client } = await stage('api-key', { timeout: 60, maxRetries: 1 })
    proxy.next('hang', 'hang')
    const error = await failure(client.create({ target_url: 'https://app.example/a' }))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ code: 'timeout', attempts: 2, outcome: 'unknown' })
    expect(server.effects['qurl.created']).toBe(1)
  })
})

describe('when nobody listens', () => {
  it.each(['create', 'regenerateWebhookSecret'] as const)(
    '%s has not happened, and says so',
    async (name) => {
      const server = createServer()
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      await new Promise((resolve) => server.close(resolve))
      const client = clientFor(await startServer(), 'api-key', { baseUrl: `http://127.0.0.1:${port}` })
      const call =
        name === 'create'
          ? client.create({ target_url: 'https://app.example/a' })
          : client.regenerateWebhookSecret('wh_1')
      const error = await failure(call)
      expect(error).toBeInstanceOf(NetworkError)
      // Sent again also without a key that counts: nobody can have acted on it.
      expect(error).toMatchObject({ outcome: 'not-applied', attempts: 4 })
      expect(error.message).toMatch(/could not be sent \(ECONNREFUSED\), so nothing was done$/)
    },
  )
})

describe('the caller', () => {
  it('ends a call at once, with a reason of its own', async () => {
    const { server, proxy, client } = await stage()
    const controller = new AbortController()
    const reason = new Error('changed my mind')
    server.next({ hold: () => controller.abort(reason) })
    proxy.next('hang')
    const call = client.create({ target_url: 'https://app.example/a' }, { signal: controller.signal })
    await expect(call).rejects.toBe(reason)
    expect(proxy.requests).toBe(1)
  })

  it('ends a wait at once', async () => {
    const controller = new AbortController()
    const reason = new Error('changed my mind')
    const retryDelay = () => {
      setImmediate(() => controller.abort(reason))
      return 20_000
    }
    const { proxy, client } = await stage('api-key', { retryDelay })
    proxy.next('commit-reset')
    const call = client.create({ target_url: 'https://app.example/a' }, { signal: controller.signal })
    await expect(call).rejects.toBe(reason)
    expect(proxy.requests).toBe(1)
  })
})

describe('the deadline', () => {
  it('ends a call whose answer does not come, with time left for that attempt', async () => {
    const { server, proxy, client } = await stage('api-key', { timeout: 60_000, deadlineMs: 400 })
    proxy.next('hang')
    const error = await failure(client.create({ target_url: 'https://app.example/a' }))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ outcome: 'unknown', attempts: 1, key: expect.stringMatching(/./) })
    expect(server.effects['qurl.created']).toBe(1)
  })

  it('is not waited over: what the wait would pass is reported at once', async () => {
    const { proxy, client } = await stage('api-key', { deadlineMs: 5000 })
    proxy.next({ instead: { status: 503, headers: { 'retry-after': '30' } } })
    const error = await failure(client.create({ target_url: 'https://app.example/a' }))
    expect(error).toMatchObject({ outcome: 'unknown', attempts: 1 })
    expect(proxy.requests).toBe(1)
  })
})

describe('the end of a rate window', () => {
  const create = (client: QURLClient) => client.create({ target_url: 'https://app.example/a' })
  const read = (client: QURLClient) => client.getQuota()
  it.each([
    [429, create],
    [503, create],
    [429, read],
    [503, read],
  ])(
    'without a Retry-After is not waited for beyond maxRetryAfterMs: the answer is reported at once (%i)',
    async (status, call) => {
      const { proxy, client } = await stage('api-key', { maxRetryAfterMs: 10 })
      const inAnHour = String(Math.floor(Date.now() / 1000) + 3600)
      proxy.next({ instead: { status, headers: { 'ratelimit-limit': '60', 'ratelimit-reset': inAnHour } } })
      const error = await failure(call(client))
      expect(error).toMatchObject({ status, attempts: 1 })
      expect(proxy.requests).toBe(1)
    },
  )
})

describe('a redirect', () => {
  it.each([301, 302, 307, 308])(
    '%i to another origin takes neither the key nor the body along',
    async (status) => {
      const other = await startServer()
      const { proxy, client } = await stage()
      proxy.next({ instead: { status, headers: { location: `${other.url}/v1/qurls` } } })
      const error = await failure(client.create({ target_url: 'https://app.example/a' }))
      expect(error.code).toBe('unexpected_response')
      expect(other.requests).toEqual([])
      expect(proxy.requests).toBe(1)
    },
  )
})

describe('what is shown of a failure', () => {
  it.each(['commit-reset', { instead: unavailable }, 'hang'] as const)(
    'holds no credential (%j)',
    async (fault) => {
      const { server, proxy, client } = await stage('api-key', { maxRetries: 0, timeout: 60 })
      proxy.next(fault)
      const error = await failure(client.create({ target_url: 'https://app.example/a?secret=hush' }))
      const shown = [
        error.message,
        JSON.stringify(error),
        inspect(error, { depth: 9, showHidden: true }),
        String(client),
      ]
      for (const text of [...shown, JSON.stringify(client), inspect(client)]) {
        expect(text).not.toContain(server.apiKey)
        expect(text).not.toContain('hush')
      }
    },
  )
})
