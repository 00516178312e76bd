import {
  AuthenticationError,
  AuthorizationError,
  ConflictError,
  GoneError,
  NotFoundError,
  QURLError,
  RateLimitError,
  ServerError,
  ValidationError,
  type QURLClient,
} from 'fetch-idempotency/qurl'
import { describe, expect, it } from 'vitest'
import { clientFor } from './client-for.js'
import { startServer, testClock, type QurlServer, type QurlServerOptions } from './start-server.js'

type Class = new (...given: never[]) => QURLError

interface Refusal {
  readonly name: string
  readonly options?: QurlServerOptions
  readonly as?: 'api-key' | 'jwt'
  readonly run: (client: QURLClient, server: QurlServer) => Promise<unknown>
  readonly error: Class
  readonly status: number
  readonly code: string
}

const url = 'https://app.example/a'

async function seed(client: QURLClient) {
  const { resource_id, qurl_id, qurl_link } = await client.create({ target_url: url })
  return { id: resource_id, qurlId: qurl_id, token: qurl_link.split('#')[1] ?? '' }
}

/** The refusals that the API documents, each made by the server's own rules. */
const refusals: Refusal[] = [
  {
    name: 'create: a field that only the service can judge',
    run: (client) => client.create({ target_url: url, expires_in: 'tomorrow' }),
    error: ValidationError,
    status: 400,
    code: 'invalid_duration',
  },
  {
    name: 'create: the URL is protected as another type',
    run: async (client) => {
      await client.createResource({ type: 'transit', target_url: url })
      await client.create({ target_url: url })
    },
    error: ConflictError,
    status: 409,
    code: 'resource_type_conflict',
  },
  {
    name: 'get: no such resource',
    run: (client) => client.get('r_missing0000'),
    error: NotFoundError,
    status: 404,
    code: 'resource_not_found',
  },
  {
    name: 'list: an unreadable cursor',
    run: (client) => client.list({ cursor: '***' }),
    error: ValidationError,
    status: 400,
    code: 'invalid_request',
  },
  {
    name: 'mintLink: the resource was revoked',
    run: async (client) => {
      const { id } = await seed(client)
      await client.delete(id)
      await client.mintLink(id)
    },
    error: ValidationError,
    status: 400,
    code: 'revoked',
  },
  {
    name: 'resolve: the link was used',
    run: async (client) => {
      const { qurl_link } = await client.create({ target_url: url, one_time_use: true })
      const token = qurl_link.split('#')[1] ?? ''
      await client.resolve(token)
      await client.resolve(token)
    },
    error: GoneError,
    status: 410,
    code: 'token_consumed',
  },
  {
    name: 'resolve: the link was revoked',
    run: async (client) => {
      const { id, qurlId, token } = await seed(client)
      await client.revokeResourceQurl(id, qurlId)
      await client.resolve(token)
    },
    error: GoneError,
    status: 410,
    code: 'token_expired',
  },
  {
    name: 'createResource: the slug is taken',
    run: async (client) => {
      await client.createResource({ type: 'tunnel', slug: 'office-db' })
      await client.createResource({ type: 'tunnel', slug: 'office-db' })
    },
    error: ConflictError,
    status: 409,
    code: 'slug_in_use',
  },
  {
    name: 'createResource: the alias is taken',
    run: async (client) => {
      await client.createResource({ target_url: url, alias: 'main-app' })
      await client.createResource({ target_url: `${url}/b`, alias: 'main-app' })
    },
    error: ConflictError,
    status: 409,
    code: 'alias_in_use',
  },
  {
    name: 'createResource: found under another alias',
    run: async (client) => {
      await client.createResource({ target_url: url, alias: 'main-app' })
      await client.createResource({ target_url: url, alias: 'other-app' })
    },
    error: ConflictError,
    status: 409,
    code: 'resource_alias_mismatch',
  },
  {
    name: 'createResource: revoked before',
    run: async (client) => {
      const { id } = await seed(client)
      await client.deleteResource(id)
      await client.createResource({ target_url: url })
    },
    error: ConflictError,
    status: 409,
    code: 'resource_revoked',
  },
  {
    name: 'createResource: a tombstoned slug',
    run: async (client, server) => {
      const { resource_id } = await client.createResource({ type: 'tunnel', slug: 'office-db' })
      server.tombstone(resource_id)
      await client.createResource({ type: 'tunnel', slug: 'office-db', find_or_create: true })
    },
    error: GoneError,
    status: 410,
    code: 'resource_tombstoned',
  },
  {
    name: 'listResources: a cursor of other filters',
    run: async (client) => {
      await client.createResource({ target_url: `${url}/1` })
      await client.createResource({ target_url: `${url}/2` })
      const { next_cursor = '' } = await client.listResources({ limit: 1 })
      await client.listResources({ limit: 1, cursor: next_cursor, type: 'url' })
    },
    error: ValidationError,
    status: 400,
    code: 'invalid_request',
  },
  {
    name: 'updateResource: the alias is taken',
    run: async (client) => {
      await client.createResource({ target_url: `${url}/1`, alias: 'main-app' })
      const { resource_id } = await client.createResource({ target_url: `${url}/2` })
      await client.updateResource(resource_id, { alias: 'main-app' })
    },
    error: ConflictError,
    status: 409,
    code: 'alias_in_use',
  },
  {
    name: 'createQurlForResource: the resource was revoked',
    run: async (client) => {
      const { id } = await seed(client)
      await client.delete(id)
      await client.createQurlForResource(id)
    },
    error: ValidationError,
    status: 400,
    code: 'revoked',
  },
  {
    name: 'createQurlForResource: a path on something else than a tunnel',
    run: async (client) => client.createQurlForResource((await seed(client)).id, { target_path: '/x' }),
    error: ValidationError,
    status: 400,
    code: 'invalid_target_path',
  },
  {
    name: 'updateResourceQurl: the link is not active',
    run: async (client) => {
      const { id, qurlId } = await seed(client)
      await client.revokeResourceQurl(id, qurlId)
      await client.updateResourceQurl(id, qurlId, { label: 'b' })
    },
    error: ConflictError,
    status: 409,
    code: 'revoked',
  },
  {
    name: 'revokeResourceQurl: revoked before, by somebody else',
    run: async (client) => {
      const { id, qurlId } = await seed(client)
      await client.revokeResourceQurl(id, qurlId)
      await client.revokeResourceQurl(id, qurlId)
    },
    error: ConflictError,
    status: 409,
    code: 'revoked',
  },
  {
    name: 'terminateResourceSession: no such session',
    run: async (client) => client.terminateResourceSession((await seed(client)).id, 'sess_1'),
    error: NotFoundError,
    status: 404,
    code: 'not_found',
  },
  {
    name: 'getCustomer: an API key where a signed-in user is needed',
    run: (client) => client.getCustomer(),
    error: AuthorizationError,
    status: 403,
    code: 'forbidden',
  },
  {
    name: 'updateCustomer: a free plan',
    options: { plan: 'free' },
    as: 'jwt',
    run: (client) => client.updateCustomer({ spending_cap_cents: 1 }),
    error: AuthorizationError,
    status: 403,
    code: 'forbidden',
  },
  {
    name: 'registerDomain: the domain is taken',
    run: async (client) => {
      await client.registerDomain({ domain: 'links.example' })
      await client.registerDomain({ domain: 'links.example' })
    },
    error: ConflictError,
    status: 409,
    code: 'already_exists',
  },
  {
    name: 'verifyDomain: the token has expired',
    options: { clock: testClock() },
    run: async (client, server) => {
      await client.registerDomain({ domain: 'links.example' })
      const row = server.account.domains[0]
      if (row) row['token_expires_at'] = '2026-01-01T00:00:00Z'
      await client.verifyDomain('links.example')
    },
    error: ValidationError,
    status: 422,
    code: 'token_expired',
  },
  {
    name: 'regenerateDomainToken: verified before',
    run: async (client) => {
      await client.registerDomain({ domain: 'links.example' })
      await client.verifyDomain('links.example')
      await client.regenerateDomainToken('links.example')
    },
    error: ConflictError,
    status: 409,
    code: 'conflict',
  },
  {
    name: 'getWebhook: no such webhook',
    run: (client) => client.getWebhook('wh_1'),
    error: NotFoundError,
    status: 404,
    code: 'not_found',
  },
  {
    name: 'createApiKey: no room in the plan',
    options: { plan: 'free' },
    as: 'jwt',
    run: async (client) => {
      for (const name of ['1', '2', '3', '4']) await client.createApiKey({ name, scopes: ['qurl:read'] })
    },
    error: AuthorizationError,
    status: 403,
    code: 'api_key_limit',
  },
  {
    name: 'revokeApiKey: no such key',
    as: 'jwt',
    run: (client) => client.revokeApiKey('key_1'),
    error: NotFoundError,
    status: 404,
    code: 'not_found',
  },
  {
    name: 'createAccessCode: not on this account',
    options: { systemTier: false },
    run: async (client) => client.createAccessCode({ resource_id: (await seed(client)).id }),
    error: AuthorizationError,
    status: 403,
    code: 'forbidden',
  },
  {
    name: 'redeemAccessCode: used up',
    run: async (client) => {
      const { code = '' } = await client.createAccessCode({
        resource_id: (await seed(client)).id,
        max_uses: 1,
      })
      await client.redeemAccessCode({ code })
      await client.redeemAccessCode({ code })
    },
    error: GoneError,
    status: 410,
    code: 'token_consumed',
  },
]

const failure = async (promise: Promise<unknown>): Promise<QURLError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(QURLError)
  return error as QURLError
}

describe('a refusal', () => {
  it.each(refusals.map((one) => [one.name, one] as const))('%s', async (_, refusal) => {
    const server = await startServer(refusal.options)
    const error = await failure(refusal.run(clientFor(server, refusal.as), server))
    expect(error).toBeInstanceOf(refusal.error)
    expect(error).toMatchObject({ status: refusal.status, code: refusal.code })
    expect(error.requestId).toMatch(/^req_/)
    expect(error.detail).not.toBe('')
    const last = server.requests.at(-1)
    expect(last?.status).toBe(refusal.status)
    // A definite no is heard once.
    const same = server.requests.filter(
      ({ headers }) => headers['idempotency-key'] === last?.headers['idempotency-key'],
    )
    if (last?.headers['idempotency-key']) expect(same).toHaveLength(1)
  })

  it('names the fields that are wrong', async () => {
    const server = await startServer()
    const client = clientFor(server)
    const error = await failure(client.create({ target_url: url, session_duration: '2d', expires_in: '1s' }))
    expect(error.invalidFields).toEqual({
      session_duration: expect.any(String),
      expires_in: expect.any(String),
    })
    expect(error.instance).toBe('/v1/qurls')
  })

  it('hands over the tombstone of a closed resource', async () => {
    const server = await startServer()
    const client = clientFor(server)
    const { id } = await seed(client)
    server.tombstone(id, 12)
    const error = await failure(client.getResource(id))
    expect(error).toBeInstanceOf(GoneError)
    expect(error.tombstone).toEqual({ tombstoned_at: expect.any(String), final_access_count: 12 })
  })

  it('of a reused key on API keys is a conflict that says so', async () => {
    const server = await startServer()
    const client = clientFor(server, 'jwt')
    const options = { idempotencyKey: 'k'.repeat(32) }
    await client.createApiKey({ name: 'a', scopes: ['qurl:read'] }, options)
    // In another process, which cannot know what the key was used for.
    const other = clientFor(server, 'jwt')
    const error = await failure(other.createApiKey({ name: 'b', scopes: ['qurl:read'] }, options))
    expect(error).toBeInstanceOf(ConflictError)
    expect(error).toMatchObject({ status: 409, key: options.idempotencyKey })
    expect(server.effects['api_key.created']).toBe(1)
  })
})

describe('the class of an error', () => {
  const classes: [status: number, type: Class][] = [
    [400, ValidationError],
    [401, AuthenticationError],
    [402, QURLError],
    [403, AuthorizationError],
    [404, NotFoundError],
    [409, ConflictError],
    [410, GoneError],
    [413, QURLError],
    [415, QURLError],
    [422, ValidationError],
    [500, ServerError],
    [501, ServerError],
  ]

  it.each(classes)('follows HTTP status %i, whatever the body says', async (status, type) => {
    const server = await startServer()
    server.next({ status, body: { error: { status: 418, code: 'teapot', title: 'T', detail: 'D' } } })
    const error = await failure(clientFor(server, 'api-key', { maxRetries: 0 }).getQuota())
    expect(error.constructor).toBe(type)
    expect(error).toMatchObject({ status, code: 'teapot', title: 'T', detail: 'D' })
  })

  it('takes the short form of an error too', async () => {
    const server = await startServer()
    server.next({ status: 404, body: { error: { code: 'not_found', message: 'Nothing there.' } } })
    const error = await failure(clientFor(server).getQuota())
    expect(error).toMatchObject({ code: 'not_found', detail: 'Nothing there.' })
  })

  it.each([
    ['text', 'no'],
    ['JSON of another shape', { message: 'no' }],
    ['an empty body', ''],
  ])('is known when the body is %s', async (_, body) => {
    const server = await startServer()
    server.next({ status: 403, body })
    const error = await failure(clientFor(server).getQuota())
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({ status: 403, code: 'unknown', detail: expect.stringMatching(/./) })
  })
})

describe('a 429', () => {
  it('is sent again under the same key, and done once', async () => {
    const server = await startServer()
    server.next(
      { status: 429, headers: { 'Retry-After': '0' } },
      { status: 429, headers: { 'Retry-After': '0' } },
    )
    await clientFor(server).create({ target_url: url })
    expect(new Set(server.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    expect(server.requests).toHaveLength(3)
    expect(server.effects['qurl.created']).toBe(1)
  })

  it('tells how long to wait and what the limit is', async () => {
    const clock = testClock()
    const server = await startServer({ clock, rateLimit: { requests: 1, windowMs: 3_600_000 } })
    const client = clientFor(server)
    await client.getQuota()
    const error = await failure(client.create({ target_url: url }))
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error).toMatchObject({
      retryAfter: 3600,
      rateLimit: { limit: 1, remaining: 0 },
      outcome: 'not-applied',
    })
    expect(server.requests).toHaveLength(2)
  })

  it('that asks for no wait says so, after the retries', async () => {
    const server = await startServer()
    server.next({ status: 429, headers: { 'Retry-After': '0' } })
    const error = await failure(clientFor(server, 'api-key', { maxRetries: 0 }).getQuota())
    expect(error.retryAfter).toBe(0)
  })

  it('tells it also when a proxy answers in HTML, and for a date', async () => {
    const server = await startServer()
    const date = { 'Content-Type': 'text/html', Date: 'Mon, 01 Jun 2026 12:00:00 GMT' }
    server.next({
      status: 429,
      headers: { ...date, 'Retry-After': 'Mon, 01 Jun 2026 14:00:00 GMT' },
      body: '<h1>Slow down</h1>',
    })
    const error = await failure(clientFor(server).create({ target_url: url }))
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error.retryAfter).toBe(7200)
  })
})
