import { QURLError, idempotencyOf, type Outcome, type QURLClient } from 'fetch-idempotency/qurl'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startFaultProxy, type Fault } from '../wire/fault-proxy.js'
import { clientFor } from './client-for.js'
import { startServer, type QurlServerOptions } from './start-server.js'

async function stage(options?: QurlServerOptions, maxRetries = 3) {
  const server = await startServer(options)
  const proxy = await startFaultProxy({ port: server.port })
  onTestFinished(() => proxy.close())
  return { server, proxy, client: clientFor(server, 'jwt', { baseUrl: proxy.url, maxRetries }) }
}

const failure = async (promise: Promise<unknown>): Promise<QURLError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(QURLError)
  return error as QURLError
}

const problem = (status: number, code: string, headers = {}) => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: JSON.stringify({ error: { status, code, title: 'No' }, meta: {} }),
})
const slowDown = { instead: problem(429, 'rate_limit_exceeded', { 'retry-after': '0' }) }

const create = (client: QURLClient) => client.create({ target_url: 'https://app.example/a' })
const register = (client: QURLClient) => client.registerDomain({ domain: 'links.example' })
const rotate = (client: QURLClient) => client.regenerateWebhookSecret('wh_1')

interface Row {
  readonly when: string
  readonly call: (client: QURLClient) => Promise<unknown>
  readonly faults: readonly Fault[]
  readonly status: number
  readonly outcome: Outcome
  readonly options?: QurlServerOptions
  readonly maxRetries?: number
}

const rows: Row[] = [
  {
    when: 'the first answer is a definite no',
    call: create,
    faults: [{ instead: problem(400, 'validation_error') }],
    status: 400,
    outcome: 'not-applied',
  },
  {
    when: 'the credential is refused',
    call: create,
    faults: [{ instead: problem(401, 'api_key_invalid') }],
    status: 401,
    outcome: 'not-applied',
  },
  {
    when: 'the credential is refused after a lost answer',
    call: create,
    faults: ['commit-reset', { instead: problem(401, 'api_key_invalid') }],
    status: 401,
    outcome: 'unknown',
  },
  {
    when: 'the quota is used up after a lost answer',
    call: create,
    faults: ['commit-reset', { instead: problem(403, 'quota_exceeded') }],
    status: 403,
    outcome: 'unknown',
  },
  {
    when: 'every answer is a 429',
    call: create,
    faults: [slowDown, slowDown, slowDown, slowDown],
    status: 429,
    outcome: 'not-applied',
  },
  {
    when: 'the last answer is a 429, but one before it was lost',
    call: create,
    faults: [slowDown, 'commit-reset', slowDown, slowDown],
    status: 429,
    outcome: 'unknown',
  },
  {
    when: 'the last answer is a 429, but one before it was a 503',
    call: create,
    faults: [{ after: problem(503, 'service_unavailable') }, slowDown, slowDown, slowDown],
    status: 429,
    outcome: 'unknown',
  },
  {
    when: 'a conflict comes first',
    call: async (client) => {
      await register(client)
      return register(client)
    },
    faults: [],
    status: 409,
    outcome: 'not-applied',
  },
  {
    when: 'a conflict comes after a lost answer, on a server that does not honour the key: it may be with ourselves',
    call: register,
    faults: ['commit-reset'],
    status: 409,
    outcome: 'unknown',
    options: { honoursKeys: false },
  },
  {
    when: 'the server fails where a key is not honoured',
    call: rotate,
    faults: [{ instead: problem(500, 'internal_error') }],
    status: 500,
    outcome: 'unknown',
  },
  {
    when: 'the server does not find what a write without a key is about',
    call: rotate,
    faults: [],
    status: 404,
    outcome: 'not-applied',
  },
  {
    when: 'the answer to a delete is a definite no',
    call: (client) => client.deleteWebhook('wh_1'),
    faults: [],
    status: 404,
    outcome: 'not-applied',
  },
  {
    when: 'a delete is refused after a lost answer',
    call: (client) => client.deleteWebhook('wh_1'),
    faults: ['reset-before', { instead: problem(403, 'insufficient_scope') }],
    status: 403,
    outcome: 'unknown',
  },
  {
    when: 'the end of all sessions meets no resource after a lost answer',
    call: (client) => client.terminateAllResourceSessions('r_1'),
    faults: ['commit-reset'],
    status: 404,
    outcome: 'unknown',
  },
]

describe('the outcome on an error', () => {
  it.each(rows.map((row) => [row.outcome, row.when, row] as const))(
    'is %s when %s',
    async (_, _when, row) => {
      const { proxy, client } = await stage(row.options, row.maxRetries)
      proxy.next(...row.faults)
      const error = await failure(row.call(client))
      expect(error).toMatchObject({ status: row.status, outcome: row.outcome })
      expect(idempotencyOf(error)?.outcome).toBe(row.outcome)
    },
  )

  it('is not there on a read', async () => {
    const { client } = await stage()
    const error = await failure(client.getWebhook('wh_1'))
    expect(error.outcome).toBeUndefined()
    expect(idempotencyOf(error)).toBeUndefined()
  })

  it('is unknown when the answer to a write makes no sense', async () => {
    const { proxy, client } = await stage(undefined, 0)
    proxy.next({ after: { status: 200, body: '<h1>Welcome to the hotel</h1>' } })
    expect(await failure(create(client))).toMatchObject({ code: 'unexpected_response', outcome: 'unknown' })
  })
})

describe('a key whose first answers were all lost', () => {
  it('may have been applied, whatever refuses it later', async () => {
    const { server, proxy, client } = await stage(undefined, 1)
    const input = { target_url: 'https://app.example/a' }
    const idempotencyKey = 'job-1'
    const firstSentAt = new Date()
    proxy.next('commit-reset', 'commit-reset')
    expect(await failure(client.create(input, { idempotencyKey }))).toMatchObject({ outcome: 'unknown' })
    expect(server.effects['qurl.created']).toBe(1)

    const forbidden = { instead: problem(403, 'insufficient_scope') }
    proxy.next(forbidden, forbidden, forbidden)
    // In another process, only the caller can know of the earlier call.
    const other = clientFor(server, 'jwt', { baseUrl: proxy.url, maxRetries: 1 })
    const blind = await failure(other.create(input, { idempotencyKey }))
    expect(blind).toMatchObject({ status: 403, outcome: 'not-applied' })
    const told = await failure(other.create(input, { idempotencyKey, firstSentAt }))
    expect(told).toMatchObject({ status: 403, outcome: 'unknown', key: idempotencyKey })
    const same = await failure(client.create(input, { idempotencyKey }))
    expect(same).toMatchObject({ status: 403, outcome: 'unknown', key: idempotencyKey })

    const made = await client.create(input, { idempotencyKey, firstSentAt })
    expect(idempotencyOf(made)).toMatchObject({ replayed: true, outcome: 'applied' })
    expect(server.effects['qurl.created']).toBe(1)
  })
})

describe('one key', () => {
  it('is one operation, however many ask at a time', async () => {
    const { server, client } = await stage()
    const options = { idempotencyKey: 'job-1' }
    const all = await Promise.all(
      [1, 2, 3, 4].map(() => client.create({ target_url: 'https://app.example/a' }, options)),
    )
    expect(new Set(all.map(({ qurl_id }) => qurl_id)).size).toBe(1)
    expect(server.effects['qurl.created']).toBe(1)
  })

  it('keeps its results apart: changing one does not change the other', async () => {
    const { client } = await stage()
    const options = { idempotencyKey: 'job-1' }
    const input = { target_url: 'https://app.example/a' }
    const [one, other] = await Promise.all([client.create(input, options), client.create(input, options)])
    one.label = 'mine'
    expect(other?.label).toBeUndefined()
  })

  it('is one operation for two clients that share nothing', async () => {
    const { server, proxy, client } = await stage()
    const other = clientFor(server, 'jwt')
    proxy.next('commit-reset', 'cut-head', 'cut-body', 'commit-reset')
    const input = { target_url: 'https://app.example/a' }
    const options = { idempotencyKey: 'job-1' }
    const [lost, made] = await Promise.allSettled([
      client.create(input, options),
      other.create(input, options),
    ])
    expect([lost.status, made.status]).toEqual(['rejected', 'fulfilled'])
    expect(server.effects['qurl.created']).toBe(1)
  })

  it('does not carry another input while it is in flight', async () => {
    const { server, client } = await stage()
    const options = { idempotencyKey: 'job-1' }
    const answers = await Promise.allSettled([
      client.create({ target_url: 'https://app.example/a' }, options),
      client.create({ target_url: 'https://app.example/b' }, options),
    ])
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    const [, refused] = answers as [unknown, PromiseRejectedResult]
    expect(refused.reason).toBeInstanceOf(QURLError)
    expect(server.requests).toHaveLength(1)
  })

  it('is another operation on another path', async () => {
    const { server, client } = await stage()
    const options = { idempotencyKey: 'job-1' }
    const { resource_id } = await client.create({ target_url: 'https://app.example/a' }, options)
    await client.mintLink(resource_id, {}, options)
    expect(server.effects['link.minted']).toBe(2)
  })
})
