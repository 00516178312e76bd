import { describe, expect, it } from 'vitest'
import { startServer, testClock, type QurlServer } from './start-server.js'

interface Call {
  readonly body?: unknown
  readonly key?: string
  readonly token?: string
  readonly headers?: Record<string, string>
}

/** One plain HTTP call, to look at the server without a client in between. */
async function call(server: QurlServer, method: string, path: string, options: Call = {}) {
  const { body, key, token = server.apiKey } = options
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(key && { 'Idempotency-Key': key }),
      ...options.headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const json = text === '' ? undefined : JSON.parse(text)
  return { status: response.status, headers: response.headers, json, data: json?.data, error: json?.error }
}

const target = { target_url: 'https://app.example/a' }

describe('idempotency keys', () => {
  it('replays the first answer, marked, and does nothing again', async () => {
    const server = await startServer()
    const first = await call(server, 'POST', '/v1/qurls', { body: target, key: 'k-1' })
    const again = await call(server, 'POST', '/v1/qurls', { body: target, key: 'k-1' })
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(again).toMatchObject({ status: 201, json: first.json })
    expect(server.effects).toMatchObject({ 'qurl.created': 1, 'link.minted': 1 })
    expect(server.requests.map(({ replayed }) => replayed)).toEqual([false, true])
  })

  it('does the work again without a key, with another key, on another path and for another owner', async () => {
    const server = await startServer()
    const { data } = await call(server, 'POST', '/v1/qurls', { body: target, key: 'k-1' })
    await call(server, 'POST', '/v1/qurls', { body: target })
    await call(server, 'POST', '/v1/qurls', { body: target, key: 'k-2' })
    await call(server, 'POST', `/v1/qurls/${data.resource_id}/mint_link`, { body: {}, key: 'k-1' })
    await call(server, 'POST', '/v1/qurls', { body: target, key: 'k-1', token: server.otherApiKey })
    expect(server.effects).toMatchObject({ 'qurl.created': 4, 'link.minted': 5 })
  })

  it('forgets a key after 24 hours', async () => {
    const clock = testClock()
    const server = await startServer({ clock })
    await call(server, 'POST', '/v1/qurls', { body: target, key: 'k-1' })
    clock.advance(86_400_000 - 1)
    await call(server, 'POST', '/v1/qurls', { body: target, key: 'k-1' })
    expect(server.effects['qurl.created']).toBe(1)
    clock.advance(1)
    const late = await call(server, 'POST', '/v1/qurls', { body: target, key: 'k-1' })
    expect(late.headers.get('idempotency-replayed')).toBeNull()
    expect(server.effects['qurl.created']).toBe(2)
  })

  it('keeps a 409 under its key, even after the conflict is gone', async () => {
    const server = await startServer()
    const domain = { domain: 'links.example' }
    await call(server, 'POST', '/v1/domains', { body: domain })
    const taken = await call(server, 'POST', '/v1/domains', { body: domain, key: 'k-1' })
    await call(server, 'DELETE', '/v1/domains/links.example')
    const still = await call(server, 'POST', '/v1/domains', { body: domain, key: 'k-1' })
    expect([taken.status, still.status]).toEqual([409, 409])
    expect(still.headers.get('idempotency-replayed')).toBe('true')
    expect((await call(server, 'POST', '/v1/domains', { body: domain, key: 'k-2' })).status).toBe(201)
  })

  it('does not keep a 401 or a 429', async () => {
    const clock = testClock()
    const server = await startServer({ clock, rateLimit: { requests: 1, windowMs: 60_000 } })
    await call(server, 'POST', '/v1/qurls', { body: target, key: 'k-1', token: 'lv_test_unknown' })
    await call(server, 'GET', '/v1/quota')
    const refused = await call(server, 'POST', '/v1/qurls', { body: target, key: 'k-1' })
    clock.advance(60_000)
    const accepted = await call(server, 'POST', '/v1/qurls', { body: target, key: 'k-1' })
    expect([refused.status, accepted.status]).toEqual([429, 201])
  })

  it.each([
    ['POST', '/v1/resources', { target_url: 'https://app.example/r', type: 'transit' }, 'resource.created'],
    ['POST', '/v1/billing/portal', undefined, 'portal.created'],
    ['PATCH', '/v1/customer', { spending_cap_cents: 1 }, 'customer.updated'],
  ])('ignores the key on %s %s', async (method, path, body, effect) => {
    const server = await startServer()
    await call(server, method, path, { body, key: 'k-1', token: server.jwt })
    const again = await call(server, method, path, { body, key: 'k-1', token: server.jwt })
    expect(again.headers.get('idempotency-replayed')).toBeNull()
    expect(server.effects[effect]).toBe(effect === 'resource.created' ? 1 : 2)
  })

  it('replays the answer as it was, whatever happened to the row since', async () => {
    const server = await startServer()
    const body = { url: 'http://127.0.0.1:1/hook', events: ['qurl.expired'] }
    const first = await call(server, 'POST', '/v1/webhooks', { body, key: 'k-1' })
    await call(server, 'POST', `/v1/webhooks/${first.data.webhook_id}/secret`)
    const again = await call(server, 'POST', '/v1/webhooks', { body, key: 'k-1' })
    expect(again.data).toEqual(first.data)
  })

  it('wants 32 to 256 characters on API keys, and the same body', async () => {
    const server = await startServer()
    const body = { name: 'ci', scopes: ['qurl:read'] }
    const send = (key: string, name = 'ci') =>
      call(server, 'POST', '/v1/api-keys', { body: { ...body, name }, key, token: server.jwt })
    expect((await send('k'.repeat(31))).status).toBe(400)
    expect((await send('k'.repeat(257))).status).toBe(400)
    expect((await send('k'.repeat(32))).status).toBe(201)
    expect((await send('k'.repeat(32))).headers.get('idempotency-replayed')).toBe('true')
    expect((await send('k'.repeat(32), 'other')).status).toBe(409)
    expect(server.effects['api_key.created']).toBe(1)
  })

  it('can be switched off, to show what happens without', async () => {
    const server = await startServer({ honoursKeys: false })
    await call(server, 'POST', '/v1/qurls', { body: target, key: 'k-1' })
    await call(server, 'POST', '/v1/qurls', { body: target, key: 'k-1' })
    expect(server.effects['qurl.created']).toBe(2)
  })
})

describe('pages', () => {
  it('cuts first and filters then: short and empty pages have more behind them', async () => {
    const server = await startServer()
    const ids: string[] = []
    for (let at = 0; at < 6; at++) {
      const { data } = await call(server, 'POST', '/v1/qurls', {
        body: { target_url: `https://app.example/${at}` },
      })
      ids.push(data.resource_id)
    }
    for (const id of [ids[0], ids[2], ids[3]]) await call(server, 'DELETE', `/v1/qurls/${id}`)
    const sizes: number[] = []
    let cursor = ''
    for (;;) {
      const path = `/v1/qurls?limit=2&status=active${cursor && `&cursor=${cursor}`}`
      const { data, json } = await call(server, 'GET', path)
      sizes.push(data.length)
      expect(json.meta.page_size).toBe(data.length)
      if (!json.meta.has_more) break
      cursor = json.meta.next_cursor
    }
    expect(sizes).toEqual([1, 0, 2])
  })

  it('refuses a limit outside 1 to 100, an unreadable cursor and a cursor of other filters', async () => {
    const server = await startServer()
    for (const at of [1, 2]) {
      await call(server, 'POST', '/v1/resources', { body: { target_url: `https://app.example/${at}` } })
    }
    const { json } = await call(server, 'GET', '/v1/resources?limit=1')
    const cursor = json.meta.next_cursor
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=***', `cursor=${cursor}&type=url`]) {
      const { status, error } = await call(server, 'GET', `/v1/resources?${query}`)
      expect([query, status, error?.code]).toEqual([query, 400, 'invalid_request'])
    }
  })
})

describe('batches', () => {
  const post = (server: QurlServer, items: unknown) =>
    call(server, 'POST', '/v1/qurls/batch', { body: { items } })

  it('creates all, some or none and says which', async () => {
    const server = await startServer()
    const good = { target_url: 'https://app.example/b' }
    const unreachable = { target_url: 'https://nowhere.invalid' }
    const all = await post(server, [good, good])
    const some = await post(server, [good, unreachable])
    const none = await post(server, [unreachable])
    expect([all.status, some.status, none.status]).toEqual([201, 207, 400])
    expect(some.data).toMatchObject({ succeeded: 1, failed: 1 })
    expect(some.data.results).toEqual([
      { index: 1, success: false, error: { code: 'creation_failed', message: expect.any(String) } },
      expect.objectContaining({ index: 0, success: true, qurl_link: expect.any(String) }),
    ])
    expect(server.effects['qurl.created']).toBe(3)
  })

  it('creates nothing when one item is invalid, and calls the others skipped', async () => {
    const server = await startServer()
    const { status, data } = await post(server, [
      { target_url: 'https://app.example/b' },
      { target_url: 'ftp://x' },
    ])
    expect(status).toBe(400)
    expect(data.results.map((result: { error: { code: string } }) => result.error.code)).toEqual([
      'validation_error',
      'skipped',
    ])
    expect(server.effects).toEqual({})
  })

  it.each([
    ['no item', []],
    ['101 items', Array.from({ length: 101 }, () => target)],
    ['no list', {}],
  ])('refuses %s', async (_, items) => {
    const server = await startServer()
    expect(await post(server, items)).toMatchObject({ status: 400, error: { code: 'validation_error' } })
  })
})

describe('refusals', () => {
  it('are problem documents inside an envelope', async () => {
    const server = await startServer()
    const { headers, json } = await call(server, 'POST', '/v1/qurls', { body: { ...target, tags: ['x'] } })
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(json).toEqual({
      error: {
        type: expect.stringContaining('validation_error'),
        title: 'Bad Request',
        status: 400,
        detail: expect.any(String),
        instance: '/v1/qurls',
        code: 'validation_error',
        invalid_fields: { tags: expect.any(String) },
      },
      meta: { request_id: expect.stringMatching(/^req_/) },
    })
  })

  it.each([
    ['no credential', '', 401, 'invalid_token'],
    ['an unknown credential', 'lv_test_nobody', 401, 'api_key_invalid'],
  ])('answers %s', async (_, token, status, code) => {
    const server = await startServer()
    expect(await call(server, 'GET', '/v1/quota', { token })).toMatchObject({ status, error: { code } })
  })

  it('keeps API keys out of what only a signed-in user may do', async () => {
    const server = await startServer()
    expect((await call(server, 'GET', '/v1/customer')).status).toBe(403)
    expect((await call(server, 'GET', '/v1/customer', { token: server.jwt })).status).toBe(200)
  })

  it('wants a JSON body where one is required', async () => {
    const server = await startServer()
    const { data } = await call(server, 'POST', '/v1/qurls', { body: target })
    const path = `/v1/resources/${data.resource_id}/qurls`
    expect((await call(server, 'POST', path)).status).toBe(400)
    expect((await call(server, 'POST', path, { body: '{' })).status).toBe(400)
    expect((await call(server, 'POST', path, { body: '[]' })).status).toBe(400)
    expect(
      (await call(server, 'POST', path, { body: '{}', headers: { 'Content-Type': 'text/plain' } })).status,
    ).toBe(415)
    expect((await call(server, 'POST', path, { body: {} })).status).toBe(201)
  })

  it('says 429 with Retry-After and the rate', async () => {
    const clock = testClock(1_000_000)
    const server = await startServer({ clock, rateLimit: { requests: 1, windowMs: 60_000 } })
    await call(server, 'GET', '/v1/quota')
    const { status, headers, error } = await call(server, 'GET', '/v1/quota')
    expect([status, error.code]).toEqual([429, 'rate_limit_exceeded'])
    expect(Object.fromEntries(headers)).toMatchObject({
      'retry-after': '60',
      'ratelimit-limit': '1',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '1060',
    })
  })
})

describe('the end of a resource', () => {
  it('is 204 twice, then 410 with a tombstone, then 404', async () => {
    const server = await startServer()
    const { data } = await call(server, 'POST', '/v1/qurls', { body: target })
    const path = `/v1/resources/${data.resource_id}`
    expect((await call(server, 'DELETE', path)).status).toBe(204)
    expect((await call(server, 'DELETE', path)).status).toBe(204)
    expect(server.effects['resource.revoked']).toBe(1)
    server.tombstone(data.resource_id, 7)
    const gone = await call(server, 'GET', path)
    expect(gone).toMatchObject({
      status: 410,
      error: { code: 'resource_tombstoned' },
      json: { meta: { tombstone: { tombstoned_at: expect.any(String), final_access_count: 7 } } },
    })
    server.reap(data.resource_id)
    expect((await call(server, 'GET', path)).status).toBe(404)
  })

  it('is 409 for a link that was revoked before', async () => {
    const server = await startServer()
    const { data } = await call(server, 'POST', '/v1/qurls', { body: target })
    const path = `/v1/resources/${data.resource_id}/qurls/${data.qurl_id}`
    expect((await call(server, 'DELETE', path)).status).toBe(204)
    expect(await call(server, 'DELETE', path)).toMatchObject({ status: 409, error: { code: 'revoked' } })
  })

  it('is what a stray slash leads to, as in lenient routers', async () => {
    const server = await startServer()
    const { data } = await call(server, 'POST', '/v1/qurls', { body: target })
    await call(server, 'DELETE', `/v1/resources/${data.resource_id}/`)
    expect(server.effects['resource.revoked']).toBe(1)
  })
})

describe('entity tags', () => {
  it('answer 304 until something changes', async () => {
    const server = await startServer()
    const { data } = await call(server, 'POST', '/v1/qurls', { body: target })
    const path = `/v1/qurls/${data.resource_id}`
    const tag = (await call(server, 'GET', path)).headers.get('etag') ?? ''
    const ask = () => call(server, 'GET', path, { headers: { 'If-None-Match': tag } })
    expect((await ask()).status).toBe(304)
    await call(server, 'PATCH', path, { body: { description: 'new' } })
    expect((await ask()).status).toBe(200)
  })
})

describe('scripted answers', () => {
  it('stand in for the work or come after it', async () => {
    const server = await startServer()
    server.next(
      { status: 503, headers: { 'Retry-After': '1' }, body: 'busy' },
      { status: 502, when: 'after' },
    )
    const post = () => fetch(`${server.url}/v1/qurls`, options(server))
    const first = await post()
    expect([first.status, first.headers.get('retry-after'), await first.text()]).toEqual([503, '1', 'busy'])
    expect(server.effects).toEqual({})
    expect((await post()).status).toBe(502)
    expect(server.effects['qurl.created']).toBe(1)
  })

  it('drop the connection after the work, for the request that they are meant for', async () => {
    const server = await startServer()
    server.next({ drop: true, match: ({ method }) => method === 'POST' })
    expect((await call(server, 'GET', '/v1/quota')).status).toBe(200)
    await expect(fetch(`${server.url}/v1/qurls`, options(server))).rejects.toThrow(TypeError)
    expect(server.effects['qurl.created']).toBe(1)
  })
})

const options = (server: QurlServer): RequestInit => ({
  method: 'POST',
  headers: { Authorization: `Bearer ${server.apiKey}`, 'Content-Type': 'application/json' },
  body: JSON.stringify(target),
})
