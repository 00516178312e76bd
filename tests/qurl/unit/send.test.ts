import { format, inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  ConflictError,
  GoneError,
  idempotencyOf,
  isQURLError,
  metaOf,
  NetworkError,
  NotFoundError,
  QURLError,
  RateLimitError,
  RuntimeError,
  ServerError,
  TimeoutError,
  ValidationError,
  type ClientOptions,
  type QURLClient,
  type RequestOptions,
} from 'fetch-idempotency/qurl'
import {
  apiKey,
  clientOf,
  cut,
  data,
  failureOf,
  html,
  json,
  never,
  problem,
  refused,
  reset,
  type Step,
} from './fake.js'

const target_url = 'https://app.example/a'
const create = (client: QURLClient) => client.create({ target_url })
const rotate = (client: QURLClient) => client.regenerateWebhookSecret('wh_1')

const errorOf = async (call: (client: QURLClient) => Promise<unknown>, ...steps: Step[]) => {
  const setting = clientOf(steps)
  const error = (await failureOf(call(setting.client))) as QURLError
  expect(isQURLError(error)).toBe(true)
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(apiKey)
  expect(JSON.stringify(error)).not.toContain(apiKey)
  return { ...setting, error }
}

describe('a lost answer', () => {
  it.each([
    ['reset', reset()],
    ['cut in its body', cut(201)],
    ['a 500', problem(500, 'internal_error')],
    ['a 502 of a proxy', html(502)],
    ['a 503', problem(503, 'service_unavailable')],
    ['a 504', html(504)],
  ])('of a write whose key is honoured, %s, is followed by the same request', async (_, lost) => {
    const { client, sent, keys } = clientOf([lost, data({ resource_id: 'r_1' })])
    const result = await create(client)
    expect(new Set(keys()).size).toBe(1)
    expect(sent[1]?.body).toEqual(sent[0]?.body)
    expect(idempotencyOf(result)).toEqual({
      key: keys()[0],
      attempts: 2,
      replayed: false,
      outcome: 'applied',
    })
  })

  it.each([
    ['reset', reset(), NetworkError, 0],
    ['cut in its body', cut(201), NetworkError, 0],
    ['a 500', problem(500, 'internal_error'), ServerError, 500],
    ['a 503', problem(503, 'service_unavailable'), ServerError, 503],
  ])(
    'of a write whose key is not honoured, %s, is the end, and the outcome is unknown',
    async (_, lost, type, status) => {
      const { error, sent, keys } = await errorOf(rotate, lost)
      expect(sent).toHaveLength(1)
      expect(error).toBeInstanceOf(type)
      expect(error).toMatchObject({ status, attempts: 1, outcome: 'unknown', key: keys()[0] })
      expect(idempotencyOf(error)).toMatchObject({ attempts: 1, outcome: 'unknown', key: keys()[0] })
    },
  )

  it('of a read is followed by the same request, also when its body breaks off', async () => {
    const { client, sent } = clientOf([reset(), cut(), problem(503, 'x'), data({ plan: 'free' })])
    expect(await client.getQuota()).toEqual({ plan: 'free' })
    expect(sent).toHaveLength(4)
  })

  it('is a network error when there is no attempt left', async () => {
    const { error, keys } = await errorOf(create, cut(), reset(), cut(), reset())
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ code: 'network_error', attempts: 4, outcome: 'unknown', key: keys()[0] })
    expect(error.cause).toBeDefined()
    expect(error.message).toMatch(/POST \/v1\/qurls: .* same idempotencyKey/)
  })

  it('that provably was no answer is followed by another request in any case', async () => {
    const { client, sent } = clientOf([refused(), data({ secret: 'whsec_1' })])
    expect(await rotate(client)).toEqual({ secret: 'whsec_1' })
    expect(sent).toHaveLength(2)
    const { error } = await errorOf(rotate, refused(), refused(), refused(), refused())
    expect(error).toMatchObject({ outcome: 'not-applied', attempts: 4 })
  })
})

describe('a deletion', () => {
  const calls: [string, (client: QURLClient) => Promise<void>][] = [
    ['delete', (client) => client.delete('r_1')],
    ['deleteResource', (client) => client.deleteResource('r_1')],
    ['revokeResourceQurl', (client) => client.revokeResourceQurl('r_1', 'q_1')],
    ['terminateResourceSession', (client) => client.terminateResourceSession('r_1', 's_1')],
    ['deleteDomain', (client) => client.deleteDomain('links.example')],
    ['deleteWebhook', (client) => client.deleteWebhook('wh_1')],
    ['revokeApiKey', (client) => client.revokeApiKey('key_1')],
    ['revokeAccessCode', (client) => client.revokeAccessCode('acd_1')],
  ]

  it.each(calls)('%s has been done when it is gone after a lost answer', async (_, call) => {
    for (const status of [404, 410]) {
      const { client, sent } = clientOf([reset(), problem(status, 'not_found')])
      await expect(call(client)).resolves.toBeUndefined()
      expect(sent).toHaveLength(2)
    }
  })

  it.each(calls)('%s has not been done when it is gone at the first word', async (_, call) => {
    const { error } = await errorOf(call, problem(404, 'not_found'))
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error.outcome).toBe('not-applied')
  })

  it.each([
    ['a refused connection', refused()],
    ['a 429', problem(429, 'rate_limited')],
  ])('has not been done when it is gone after %s', async (_, first) => {
    const { error, sent } = await errorOf((client) => client.delete('r_1'), first, problem(404, 'not_found'))
    expect(error).toBeInstanceOf(NotFoundError)
    expect(sent).toHaveLength(2)
  })

  it('of a link has been done when it is revoked after a lost answer', async () => {
    const revoke = (client: QURLClient) => client.revokeResourceQurl('r_1', 'q_1')
    const { client } = clientOf([cut(), problem(409, 'revoked')])
    await expect(revoke(client)).resolves.toBeUndefined()
    const { error } = await errorOf(revoke, problem(409, 'revoked'))
    expect(error).toBeInstanceOf(ConflictError)
  })

  it('of sessions is not done by a resource that is not there', async () => {
    const terminate = (client: QURLClient) => client.terminateAllResourceSessions('r_1')
    const { error } = await errorOf(terminate, reset(), problem(404, 'resource_not_found'))
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error.outcome).toBe('unknown')
  })

  it('succeeds without a body, or with an envelope', async () => {
    for (const response of [new Response(null, { status: 204 }), new Response(''), data(null)]) {
      await expect(clientOf([response]).client.delete('r_1')).resolves.toBeUndefined()
    }
  })

  it('is not taken for done when somebody else may have answered', async () => {
    const error = await failureOf(clientOf([html(200)]).client.delete('r_1'))
    expect(error).toMatchObject({ code: 'unexpected_response', status: 200, outcome: 'unknown' })
  })
})

describe('createResource', () => {
  it.each([
    ['a URL', { target_url }],
    ['a URL by type', { type: 'url', target_url } as const],
    ['a tunnel, found or created', { type: 'tunnel', slug: 'db', find_or_create: true } as const],
  ])('is sent again after a lost answer for %s', async (_, input) => {
    const { client, sent } = clientOf([reset(), data({ resource_id: 'r_1' })])
    await client.createResource(input)
    expect(sent).toHaveLength(2)
  })

  it.each([
    ['a tunnel', { type: 'tunnel', slug: 'db' } as const],
    ['a tunnel that must be new', { type: 'tunnel', slug: 'db', find_or_create: false } as const],
    ['what has no URL', { type: 'transit' } as const],
  ])('is not sent again after a lost answer for %s', async (_, input) => {
    const { error, sent } = await errorOf((client) => client.createResource(input), reset())
    expect(sent).toHaveLength(1)
    expect(error.outcome).toBe('unknown')
  })
})

describe('resolve', () => {
  const resolve = (client: QURLClient) => client.resolve('at_1')

  it('is not sent again after a failed knock, which may have consumed the link', async () => {
    const { error, sent } = await errorOf(resolve, problem(502, 'knock_failed'))
    expect(sent).toHaveLength(1)
    expect(error).toBeInstanceOf(ServerError)
    expect(error).toMatchObject({ code: 'knock_failed', outcome: 'unknown' })
  })

  it('does not say that a link was consumed by another when it may have been us', async () => {
    const { error } = await errorOf(resolve, reset(), problem(410, 'token_consumed'))
    expect(error).toBeInstanceOf(GoneError)
    expect(error).toMatchObject({ outcome: 'unknown', attempts: 2 })
    const { error: first } = await errorOf(resolve, problem(410, 'token_consumed'))
    expect(first.outcome).toBe('not-applied')
  })

  it('is sent again under its key after a lost answer', async () => {
    const { client, keys } = clientOf([reset(), data({ target_url, resource_id: 'r_1' })])
    await resolve(client)
    expect(new Set(keys()).size).toBe(1)
  })
})

describe('redeemAccessCode', () => {
  it('sends no credential, not even one of the call', async () => {
    const { client, sent } = clientOf([data({}), data({})])
    await client.redeemAccessCode({ code: 'ac_1' })
    await client.redeemAccessCode({ code: 'ac_1' }, { headers: { authorization: 'Bearer x' } })
    for (const { headers } of sent) expect(headers).not.toHaveProperty('Authorization')
  })

  it('is not sent again after a lost answer', async () => {
    const { sent } = await errorOf((client) => client.redeemAccessCode({ code: 'ac_1' }), reset())
    expect(sent).toHaveLength(1)
  })
})

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('%i is refused, and nothing is sent there', async (status) => {
    const location = 'https://evil.example/v1/qurls'
    const { error, sent } = await errorOf(create, new Response(null, { status, headers: { location } }))
    expect(sent).toHaveLength(1)
    expect(error).toMatchObject({ status, code: 'unexpected_response', outcome: 'unknown' })
    expect(error.message).not.toContain('evil')
  })

  it('is never followed by fetch', async () => {
    const fetch = vi.fn<typeof globalThis.fetch>(async () => data({ resource_id: 'r_1' }))
    await create(clientOf([], { fetch }).client)
    expect(fetch.mock.calls[0]?.[1]?.redirect).toBe('manual')
  })

  it('is not what a 304 is', async () => {
    const response = new Response(null, { status: 304 })
    const { error } = await errorOf(
      (client) => client.getQuota({ headers: { 'If-None-Match': '"1"' } }),
      response,
    )
    expect(error).toMatchObject({ status: 304, code: 'not_modified' })
  })
})

describe('an error', () => {
  it('tells how long to wait, in seconds', async () => {
    const date = 'Mon, 01 Jun 2026 12:00:00 GMT'
    const waits: [Record<string, string>, number | undefined][] = [
      [{ 'retry-after': '120' }, 120],
      [{ 'retry-after': '86400' }, 86_400],
      [{ 'retry-after': 'Mon, 01 Jun 2026 12:05:00 GMT', date }, 300],
      [{}, undefined],
      [{ 'retry-after': 'soon' }, undefined],
    ]
    for (const [headers, seconds] of waits) {
      const { client } = clientOf([html(429, headers)], { maxRetries: 0 })
      const error = (await failureOf(create(client))) as QURLError
      expect(error).toBeInstanceOf(RateLimitError)
      expect(error.retryAfter).toBe(seconds)
    }
  })

  it('tells the rate limit', async () => {
    const headers = { 'RateLimit-Limit': '60', 'RateLimit-Remaining': '0', 'RateLimit-Reset': '1800000000' }
    const { client } = clientOf([problem(429, 'rate_limited', headers)], { maxRetries: 0 })
    const error = (await failureOf(create(client))) as QURLError
    expect(error.rateLimit).toEqual({ limit: 60, remaining: 0, reset: 1_800_000_000 })
  })

  it('has the class of its HTTP status, whatever the body says', async () => {
    const { error } = await errorOf(create, json(401, { error: { status: 500, code: 'x', title: 'T' } }))
    expect(error).toMatchObject({
      name: 'AuthenticationError',
      status: 401,
      code: 'x',
      outcome: 'not-applied',
    })
  })

  it.each([
    [{ error: { code: 'c', title: 'T', detail: 'D' } }, { code: 'c', title: 'T', detail: 'D' }],
    [{ error: { code: 'c', message: 'M' } }, { code: 'c', detail: 'M' }],
    [
      { code: 'c', title: 'T', detail: 'D' },
      { code: 'c', title: 'T', detail: 'D' },
    ],
    [{ error: 'no' }, { code: 'unknown' }],
    [[1], { code: 'unknown' }],
    [null, { code: 'unknown' }],
    [{ error: { code: 7, title: {}, detail: [] } }, { code: 'unknown' }],
  ])('reads %j', async (body, expected) => {
    const { error } = await errorOf(create, json(404, body))
    expect(error).toMatchObject({ status: 404, ...expected })
    expect(error.detail).not.toBe('')
  })

  it('does not repeat the credential that the service repeats', async () => {
    const body = {
      error: {
        code: 'api_key_invalid',
        title: 'No',
        detail: `unknown key ${apiKey}`,
        invalid_fields: { key: apiKey },
      },
    }
    const { error } = await errorOf(create, json(401, body))
    expect(error.detail).toBe('unknown key ***')
    expect(error.invalidFields).toEqual({ key: '***' })
  })

  it.each<[string, (client: QURLClient) => Promise<unknown>]>([
    [
      'the credential of the call',
      (client) => client.getQuota({ headers: { authorization: 'Bearer hush-hush-hush' } }),
    ],
    ['an access token', (client) => client.resolve('hush-hush-hush')],
    ['an access code', (client) => client.redeemAccessCode({ code: 'hush-hush-hush' })],
    [
      'a capability',
      (client) =>
        client.createDelegatedQurlBatch(
          { mint_capability: 'hush-hush-hush', grants: [{}] },
          { idempotencyKey: 'x'.repeat(32) },
        ),
    ],
  ])('does not repeat %s that the service repeats', async (_, call) => {
    const echo = json(404, { error: { code: 'not_found', title: 'T', detail: 'no hush-hush-hush here' } })
    const { error } = await errorOf(call, echo)
    expect(error.detail).toBe('no *** here')
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('hush')
  })

  it('of a key that names another input is a conflict', async () => {
    const { client } = clientOf([problem(409, 'idempotency_conflict')])
    const idempotencyKey = 'k'.repeat(32)
    const error = await failureOf(
      client.createApiKey({ name: 'a', scopes: ['qurl:read'] }, { idempotencyKey }),
    )
    expect(error).toBeInstanceOf(ConflictError)
    expect(error).toMatchObject({ status: 409, code: 'key_reused', key: idempotencyKey, requestId: 'req_1' })
    expect((error as Error).cause).toMatchObject({ name: 'KeyReusedError' })
  })

  it('of a key in flight with another input comes before anything is sent', async () => {
    const controller = new AbortController()
    const { client, sent } = clientOf([never])
    const options = { idempotencyKey: 'job-1', signal: controller.signal }
    const first = failureOf(client.create({ target_url }, options))
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    const second = await failureOf(client.create({ target_url: `${target_url}/b` }, options))
    expect(second).toBeInstanceOf(ConflictError)
    expect(second).toMatchObject({ status: 0, code: 'key_reused' })
    controller.abort()
    await first
    expect(sent).toHaveLength(1)
  })
})

describe('the message of an error', () => {
  const again = /It may have been done: call again with the same idempotencyKey and input .* firstSentAt/
  const look = /It may have been done: look before you call again$/
  const makeResource = (client: QURLClient) => client.createResource({ target_url })
  const removeWebhook = (client: QURLClient) => client.deleteWebhook('wh_1')
  const openLink = (client: QURLClient) => client.resolve('at_1')
  const fail = problem.bind(undefined, 503, 'x')
  const four = <T>(make: () => T): T[] => [make(), make(), make(), make()]

  it.each([
    ['a key that is honoured', create, four(fail), 'POST /v1/qurls', again],
    [
      'a secret that may be new',
      rotate,
      [fail()],
      'POST /v1/webhooks/wh_1/secret',
      /call again and use the secret/,
    ],
    [
      'a resource that is found again',
      makeResource,
      four(fail),
      'POST /v1/resources',
      /It may have been done: call again with the same input, which finds what is there$/,
    ],
    [
      'a deletion',
      removeWebhook,
      four(fail),
      'DELETE /v1/webhooks/wh_1',
      /call again; an answer that it is gone/,
    ],
  ])('says after a 5xx what to do about %s', async (_, call, steps, where, advice) => {
    const { error } = await errorOf(call, ...steps)
    expect(error).toMatchObject({ status: 503, outcome: 'unknown', detail: 'Detail.' })
    expect(error.message.startsWith(`Title (503): Detail. ${where}: It may`)).toBe(true)
    expect(error.message).toMatch(advice)
  })

  it.each([
    ['create', 401, create, again],
    ['create', 403, create, again],
    ['create', 408, create, again],
    ['create', 425, create, again],
    ['create', 429, create, again],
    ['create', 400, create, look],
    ['create', 409, create, look],
    ['create', 422, create, look],
    ['createResource', 409, makeResource, look],
  ])('says what to do when %s is refused after a lost answer (%i)', async (_, status, call, advice) => {
    const [, ...refusals] = four(() => problem(status, 'already_exists'))
    const { error } = await errorOf(call, reset(), ...refusals)
    expect(error).toMatchObject({ status, outcome: 'unknown' })
    expect(error.message).toMatch(advice)
  })

  it('does not say to open a link again that may have been used up', async () => {
    const { error } = await errorOf(openLink, problem(502, 'knock_failed'))
    expect(error.message).toMatch(look)
  })

  it('says what to do when the answer makes no sense', async () => {
    const { error } = await errorOf(create, html(200))
    expect(error.message).toMatch(
      /^Unexpected response \(200\): POST \/v1\/qurls: the answer is not JSON\. It/,
    )
    expect(error.message).toMatch(again)
    expect(error.detail).not.toMatch(/may have been/)
  })

  it.each([
    ['a write that was not applied', create, [problem(400, 'x')], 'Title (400): Detail.'],
    ['a read', (client: QURLClient) => client.getQuota(), four(fail), 'Title (503): Detail.'],
    [
      'a read whose answer makes no sense',
      (client: QURLClient) => client.getQuota(),
      [json(200, 7)],
      'Unexpected response (0): GET /v1/quota: the answer is not an object',
    ],
  ])('has no advice on %s', async (_, call, steps, message) => {
    expect((await errorOf(call, ...steps)).error.message).toBe(message)
  })

  const lost = (code: unknown) => () =>
    new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code, syscall: 'connect' }) })
  const severalAddresses = () =>
    new TypeError('fetch failed', { cause: new AggregateError([lost('ECONNREFUSED')()]) })

  it.each([
    ['ECONNREFUSED', refused, ' (ECONNREFUSED)'],
    ['ENOTFOUND', lost('ENOTFOUND'), ' (ENOTFOUND)'],
    ["Bun's name", lost('ConnectionRefused'), ' (ConnectionRefused)'],
    ['several addresses', severalAddresses, ' (ECONNREFUSED)'],
    ['no code', lost(undefined), ''],
    ['a number', lost(111), ''],
    ['what is not a code', lost('connection to lv_live_0 failed'), ''],
    ['what is too long for one', lost('E'.repeat(41)), ''],
  ])('says that nothing was sent, and why: %s', async (_, make, why) => {
    const { error } = await errorOf(create, ...four(make))
    expect(error).toMatchObject({ name: 'NetworkError', outcome: 'not-applied' })
    expect(error.detail).toBe(`POST /v1/qurls: the request could not be sent${why}, so nothing was done`)
    const read = await errorOf((client) => client.getQuota(), ...four(make))
    expect(read.error.detail).toBe(`GET /v1/quota: the request could not be sent${why}`)
  })

  it('says why no whole answer arrived', async () => {
    const { error } = await errorOf(rotate, reset())
    expect(error.detail).toMatch(
      /secret: no whole answer arrived \(ECONNRESET\)\. It may have been done: the old secret may be gone/,
    )
  })

  it('holds no credential, not even one that looks like a code', async () => {
    const apiKey = 'SECRET_KEY_1'
    const { client } = clientOf(four(lost(apiKey)), { apiKey })
    const error = (await failureOf(create(client))) as QURLError
    expect(error.detail).toBe('POST /v1/qurls: the request could not be sent (***), so nothing was done')
  })
})

describe('an answer', () => {
  it.each([
    ['no JSON', html(200), 200],
    ['nothing', new Response(''), 200],
    ['an array', json(200, []), 0],
    ['text', json(200, 'x'), 0],
    ['null', json(200, null), 0],
    ['no data', json(200, {}), 0],
    ['null as data', json(200, { data: null }), 0],
    ['a 204', new Response(null, { status: 204 }), 0],
  ])('of %s is refused where an object is needed', async (_, response, status) => {
    const { error } = await errorOf(create, response)
    expect(error).toBeInstanceOf(ValidationError)
    expect(error).toMatchObject({ status, code: 'unexpected_response', outcome: 'unknown', attempts: 1 })
    expect(idempotencyOf(error)?.outcome).toBe('unknown')
  })

  it('that was replayed says so', async () => {
    const { client } = clientOf([
      json(201, { data: { resource_id: 'r_1' } }, { 'Idempotency-Replayed': 'true' }),
    ])
    const result = await create(client)
    expect(idempotencyOf(result)?.replayed).toBe(true)
    expect(metaOf(result)?.replayed).toBe(true)
  })
})

describe('what a stand-in for fetch gives', () => {
  const headers = new Headers()
  const stream = (chunk: unknown) =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(chunk)
        controller.close()
      },
    })
  const locked = () => {
    const response = data({})
    response.body?.getReader()
    return response
  }
  const odd: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['nothing', () => undefined, /fetch gave no response \(got undefined\)/],
    ['a text', () => 'x', /fetch gave no response \(got string\)/],
    ['no status', () => ({ ok: true, headers }), /no HTTP status/],
    ['a status that is none', () => ({ status: 700, headers }), /no HTTP status/],
    ['an error', () => Response.error(), /no HTTP status/],
    ['plain headers', () => ({ status: 201, headers: { a: 'b' }, json: async () => ({}) }), /headers\.get/],
    ['no body', () => ({ status: 201, headers }), /no body that can be read/],
    ['a body of Node', () => ({ status: 201, headers, body: [Buffer.from('{}')] }), /no body that can be/],
    ['a body that somebody reads', locked, /no body that can be read/],
    ['objects', () => ({ status: 201, headers, body: stream({ a: 1 }) }), /is not bytes/],
    ['a number for a text', () => ({ status: 201, headers, text: async () => 5 }), /is not bytes/],
    ['no JSON', () => ({ status: 201, headers, json: async () => JSON.parse('<') }), /is not JSON/],
  ]
  const calls: readonly (readonly [string, (client: QURLClient) => Promise<unknown>])[] = [
    ['read', (client) => client.getQuota()],
    ['write', create],
    ['deletion', (client) => client.deleteResource('r_1')],
  ]

  it.each(
    odd.flatMap(([what, give, why]) => calls.map(([of, call]) => [what, of, give, why, call] as const)),
  )('is refused at once when it is %s (%s)', async (_what, of, give, why, call) => {
    const { client, sent } = clientOf(Array.from({ length: 4 }, () => () => give() as Response))
    const error = (await failureOf(call(client))) as QURLError
    expect(error).toBeInstanceOf(ValidationError)
    expect(error).toMatchObject({ code: 'unexpected_response', attempts: 1 })
    expect(error.message).toMatch(why)
    expect(error.outcome).toBe(of === 'read' ? undefined : 'unknown')
    expect(sent).toHaveLength(1)
  })

  it.each([
    ['a frozen error', Object.freeze(reset())],
    ['a text', 'lost'],
    ['nothing', undefined],
  ])('is a lost answer when it throws %s, and the error knows its write', async (_, thrown) => {
    const { client, keys } = clientOf(
      [
        () => {
          throw thrown
        },
      ],
      { maxRetries: 0 },
    )
    const error = await failureOf(create(client))
    expect(error).toMatchObject({ code: 'network_error', outcome: 'unknown', attempts: 1, key: keys()[0] })
    expect(idempotencyOf(error)).toMatchObject({ outcome: 'unknown', key: keys()[0] })
  })

  it('may have its content in json() alone', async () => {
    const stand = (body: unknown, status = 200) =>
      ({ status, headers, json: async () => body, text: async () => '' }) as unknown as Response
    const { client } = clientOf([
      stand({ error: { code: 'rate_limited' } }, 429),
      stand({ data: { plan: 'growth' } }),
      stand({ error: { code: 'no_such' } }, 404),
    ])
    expect(await client.getQuota()).toEqual({ plan: 'growth' })
    expect(await failureOf(client.getQuota())).toMatchObject({ status: 404, code: 'no_such' })
  })

  it('is a redirect when it names another place', async () => {
    const elsewhere = Object.defineProperty(data({ resource_id: 'r_1' }), 'url', {
      value: 'https://evil.example/v1/qurls',
    })
    const { error, sent } = await errorOf(create, elsewhere)
    expect(error).toMatchObject({ name: 'ValidationError', code: 'unexpected_response', status: 302 })
    expect(error.message).not.toContain('evil')
    expect(sent).toHaveLength(1)
  })

  it('is no redirect when it writes the same place another way', async () => {
    const same = Object.defineProperty(data({ resource_id: 'r_1' }), 'url', {
      value: 'HTTPS://API.layerv.ai:443/v1/qurls',
    })
    expect(await create(clientOf([same]).client)).toEqual({ resource_id: 'r_1' })
  })
})

describe('data that is no object', () => {
  it('is refused, and the error of a write has it', async () => {
    const { error, keys } = await errorOf(
      (client) => client.createPortal('r_1'),
      data('https://qurl.link/#at_1'),
    )
    expect(error).toMatchObject({ code: 'unexpected_response', outcome: 'unknown', key: keys()[0] })
    expect(error.data).toBe('https://qurl.link/#at_1')
  })

  it('is no row of a look-up', async () => {
    const { error } = await errorOf((client) => client.connectorResource('a-slug'), data([null]))
    expect(error).toMatchObject({ code: 'unexpected_response', requestId: 'req_1' })
  })
})

describe('an answer that cannot be used', () => {
  it('keeps its data, and no form of print shows it', async () => {
    const made = { qurl_link: 'https://qurl.link/#at_hush' }
    const { error } = await errorOf((client) => client.createPortal('r_1'), data(made))
    expect(error.data).toEqual(made)
    expect(error.message).toMatch(/It may have been done: error\.data holds/)
    const shown = [inspect(error, { depth: 20, showHidden: true }), format('%o %O %j', error, error, error)]
    const copies = [structuredClone(error), { ...error }, new Error('wrapped', { cause: error })]
    const texts = copies.map((copy) => inspect(copy, { depth: 20, showHidden: true }))
    expect([...shown, ...texts, error.stack].join('\n')).not.toContain('hush')
  })
})

describe('batchCreate', () => {
  const items = [{ target_url }, { target_url: `${target_url}/b` }]
  const failed = (index: number) => ({
    index,
    success: false,
    error: { code: 'creation_failed', message: 'No.' },
  })
  const all = { succeeded: 0, failed: 2, results: [failed(1), failed(0)] }

  it('gives back a 400 with a result for each item', async () => {
    const { client } = clientOf([json(400, { data: all, meta: { request_id: 'req_1' } })])
    const result = await client.batchCreate({ items })
    expect(result).toEqual({ ...all, request_id: 'req_1' })
    expect(metaOf(result)?.status).toBe(400)
  })

  it('throws a 400 without one, with the code of the service', async () => {
    const { error } = await errorOf(
      (client) => client.batchCreate({ items }),
      problem(400, 'invalid_request'),
    )
    expect(error).toBeInstanceOf(ValidationError)
    expect(error).toMatchObject({ status: 400, code: 'invalid_request' })
  })

  it('throws a result that does not add up, with its request id', async () => {
    const response = json(201, { data: { ...all, results: [failed(0)] }, meta: { request_id: 'req_1' } })
    const { error } = await errorOf((client) => client.batchCreate({ items }), response)
    expect(error).toMatchObject({ status: 0, code: 'unexpected_response', requestId: 'req_1' })
    expect(error.detail).toMatch(/HTTP 201/)
  })

  it('names every problem of every item', async () => {
    const { client, sent } = clientOf([])
    const bad = [{ target_url: 'x', max_sessions: -1 }, { target_url }, { label: '' }, 7]
    const error = (await failureOf(client.batchCreate({ items: bad as never }))) as QURLError
    expect(error.code).toBe('client_validation')
    expect(error.detail).toMatch(
      /items\[0\]: .*target_url.*; .*max_sessions.* \| items\[2\]: .* \| items\[3\]: /,
    )
    expect(error.detail).not.toMatch(/items\[1\]/)
    expect(sent).toHaveLength(0)
  })
})

describe('the time of a call', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('ends an attempt that takes longer than its timeout', async () => {
    vi.useFakeTimers()
    const { client, sent } = clientOf([never, data({ resource_id: 'r_1' })], { timeout: 5000 })
    const call = create(client)
    // Waiting moves the fake clock on, as little as it takes.
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    await vi.advanceTimersByTimeAsync(5000)
    await vi.waitFor(() => expect(sent).toHaveLength(2))
    await expect(call).resolves.toEqual({ resource_id: 'r_1' })
  })

  it('is told by the call, too', async () => {
    vi.useFakeTimers()
    const { client, sent } = clientOf([never], { maxRetries: 0 })
    const call = failureOf(client.create({ target_url }, { timeout: 7000 }))
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    await vi.advanceTimersByTimeAsync(7000)
    const error = await call
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ code: 'timeout', outcome: 'unknown', attempts: 1 })
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(apiKey)
  })

  it('ends a call at its deadline, within an attempt', async () => {
    vi.useFakeTimers()
    const { client, sent } = clientOf([reset(), never], { deadlineMs: 10_000, timeout: 60_000 })
    const call = failureOf(create(client))
    await vi.waitFor(() => expect(sent).toHaveLength(2))
    await vi.advanceTimersByTimeAsync(10_000)
    const error = await call
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ outcome: 'unknown', attempts: 2, key: sent[0]?.headers['Idempotency-Key'] })
  })

  it('does not begin a wait that would pass the deadline', async () => {
    const { client, sent } = clientOf([problem(503, 'x', { 'retry-after': '30' })], { deadlineMs: 10_000 })
    const error = await failureOf(create(client))
    expect(error).toMatchObject({ status: 503, retryAfter: 30, attempts: 1 })
    expect(sent).toHaveLength(1)
  })

  it('does not wait longer than it was told to', async () => {
    const { client, sent } = clientOf([problem(429, 'x', { 'retry-after': '5' })], { maxRetryAfterMs: 1000 })
    expect(await failureOf(create(client))).toMatchObject({ status: 429, retryAfter: 5 })
    expect(sent).toHaveLength(1)
  })

  it('holds timeouts that no timer can', async () => {
    const { client } = clientOf([data({ plan: 'free' })], { timeout: 2 ** 40, deadlineMs: 2 ** 41 })
    expect(await client.getQuota({ timeout: 2 ** 33 })).toEqual({ plan: 'free' })
  })
})

describe('an apiKey function that gives nothing', () => {
  const apiKey = () => new Promise<string>(() => undefined)
  it.each<[string, Partial<ClientOptions>, RequestOptions]>([
    ['the timeout', { timeout: 20 }, {}],
    ['the timeout of the call', {}, { timeout: 20 }],
    ['the deadline', { deadlineMs: 20 }, {}],
  ])('ends with %s, and nothing is sent', async (_, options, callOptions) => {
    const { client, sent } = clientOf([], { apiKey, ...options })
    for (const call of [client.getQuota, client.createBillingPortal]) {
      const error = await failureOf(call(callOptions))
      expect(error).toBeInstanceOf(TimeoutError)
      expect(String(error)).toMatch(/apiKey function/)
    }
    expect(sent).toEqual([])
  })

  it('leaves a call what is left of its deadline', async () => {
    const slow = () => new Promise<string>((resolve) => setTimeout(resolve, 300, 'lv_live_0123456789abcdef'))
    const { client } = clientOf([never, never], { apiKey: slow, deadlineMs: 350 })
    const began = performance.now()
    await Promise.all([failureOf(create(client)), failureOf(client.getQuota())])
    // The whole deadline after the credential would be 650.
    expect(performance.now() - began).toBeLessThan(600)
  })
})

describe('a signal', () => {
  const reason = new Error('enough')

  it('that has aborted lets nothing be sent', async () => {
    const { client, sent } = clientOf([])
    const signal = AbortSignal.abort(reason)
    const calls = [
      client.create({ target_url }, { signal }),
      client.get('r_1', { signal }),
      client.list({}, { signal }),
      client.delete('r_1', { signal }),
      client.listAll({}, { signal }).next(),
    ]
    for (const call of calls) await expect(call).rejects.toBe(reason)
    expect(sent).toHaveLength(0)
  })

  it('ends an attempt with its own reason, which knows the write', async () => {
    const { client, sent } = clientOf([never])
    const controller = new AbortController()
    const call = failureOf(client.create({ target_url }, { signal: controller.signal }))
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    const own = new Error('enough')
    controller.abort(own)
    expect(await call).toBe(own)
    const key = sent[0]?.headers['Idempotency-Key']
    expect(idempotencyOf(own)).toEqual({ key, attempts: 1, replayed: false, outcome: 'unknown' })
  })

  it('ends a wait', async () => {
    const { client, sent } = clientOf([problem(429, 'x', { 'retry-after': '30' })])
    const controller = new AbortController()
    const call = failureOf(client.create({ target_url }, { signal: controller.signal }))
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    controller.abort(reason)
    expect(await call).toBe(reason)
  })
})

describe('the key', () => {
  it('needs Web Crypto, unless it is given', async () => {
    vi.stubGlobal('crypto', undefined)
    try {
      const { client, sent } = clientOf([data({ resource_id: 'r_1' }), data({ plan: 'free' })])
      expect(await failureOf(create(client))).toBeInstanceOf(RuntimeError)
      await client.create({ target_url }, { idempotencyKey: 'job-1' })
      await client.getQuota()
      expect(sent).toHaveLength(2)
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it('that is too old to be known is not sent', async () => {
    const { client, sent } = clientOf([])
    const idempotencyKey = '01890a5d-ac96-774b-bcce-b302099a8057'
    const error = await failureOf(client.create({ target_url }, { idempotencyKey }))
    expect(error).toMatchObject({
      name: 'QURLError',
      status: 0,
      code: 'key_expired',
      outcome: 'unknown',
      attempts: 0,
    })
    expect(sent).toHaveLength(0)
  })
})

describe('a key that was sent before', () => {
  const refusals = [400, 401, 403, 404, 409, 422, 429].map((status) => [status] as const)
  const again = (options: RequestOptions, ...steps: Step[]) => {
    const { client, sent } = clientOf(steps, { maxRetries: 0 })
    return { sent, end: client.create({ target_url }, { idempotencyKey: 'job-1', ...options }) }
  }

  it.each(refusals)('may have been applied then, though a %i refuses it now', async (status) => {
    const { sent, end } = again({ firstSentAt: Date.now() - 60_000 }, problem(status, 'already_exists'))
    const error = await failureOf(end)
    expect(error).toMatchObject({ status, key: 'job-1', attempts: 1, outcome: 'unknown' })
    expect(idempotencyOf(error)?.outcome).toBe('unknown')
    expect(sent[0]?.headers['Idempotency-Key']).toBe('job-1')
  })

  it('may have been applied then, though nobody listens now', async () => {
    const { end } = again({ firstSentAt: new Date(Date.now() - 60_000) }, refused())
    expect(await failureOf(end)).toMatchObject({ name: 'NetworkError', outcome: 'unknown' })
  })

  it.each(refusals)('is not known to have been unless that is said: %i', async (status) => {
    // Of a 409 the service says by its code that it is about the resource and not about the key.
    const code = status === 409 ? 'already_exists' : 'invalid_request'
    expect(await failureOf(again({}, problem(status, code)).end)).toMatchObject({ outcome: 'not-applied' })
  })

  it('is not sent where keys are not known to be honoured, and the message says so', async () => {
    const { client, sent } = clientOf([])
    const call = client.updateCustomer(
      { spending_cap_cents: 1 },
      { idempotencyKey: 'job-1', firstSentAt: Date.now() - 60_000 },
    )
    const error = (await failureOf(call)) as QURLError
    expect(error).toMatchObject({ code: 'network_error', outcome: 'unknown', attempts: 0, key: 'job-1' })
    expect(error.message).toMatch(/nothing was sent now.* look with getCustomer/)
    expect(sent).toHaveLength(0)
  })

  it('is applied when it is answered with success', async () => {
    const { end } = again({ firstSentAt: Date.now() - 60_000 }, data({ resource_id: 'r_1' }))
    expect(idempotencyOf(await end)).toMatchObject({ key: 'job-1', outcome: 'applied' })
  })

  it('is not sent when the service has forgotten it by now', async () => {
    const { sent, end } = again({ firstSentAt: Date.now() - 24 * 3_600_000 })
    expect(await failureOf(end)).toMatchObject({ code: 'key_expired', outcome: 'unknown', attempts: 0 })
    expect(sent).toHaveLength(0)
  })

  it('is not sent where the endpoint honours no keys: it may have been applied', async () => {
    const { client, sent } = clientOf([problem(403, 'no')])
    const options = { idempotencyKey: 'job-1', firstSentAt: Date.now() - 60_000 }
    const error = await failureOf(client.regenerateWebhookSecret('wh_1', options))
    expect(error).toMatchObject({ outcome: 'unknown', attempts: 0, key: 'job-1' })
    expect(sent).toEqual([])
  })
})

describe('the headers of a call', () => {
  it('are added, and may bring another credential', async () => {
    const { client, sent } = clientOf([data({ tier: 'growth' })])
    await client.getCustomer({ headers: { Authorization: 'Bearer jwt', 'X-Trace': '1' } })
    expect(sent[0]?.headers).toMatchObject({
      Authorization: 'Bearer jwt',
      'x-trace': '1',
      Accept: 'application/json',
    })
  })

  it('are as they should be', async () => {
    const { client, sent } = clientOf([data({ resource_id: 'r_1' }), new Response(null, { status: 204 })])
    await create(client)
    await client.delete('r_1')
    expect(sent[0]?.headers).toEqual({
      Accept: 'application/json',
      Authorization: `Bearer ${apiKey}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'User-Agent': expect.stringMatching(/^fetch-idempotency-qurl\//),
    })
    expect(Object.keys(sent[1]?.headers ?? {}).toSorted()).toEqual(['Accept', 'Authorization', 'User-Agent'])
  })
})
