import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPeer, type Peer } from './peer.js'

let peer: Peer
beforeAll(async () => {
  peer = await startPeer()
})
afterAll(() => peer.close())

interface Got {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

async function send(
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
  method = 'POST',
): Promise<Got> {
  const init: RequestInit = method === 'GET' || method === 'DELETE' ? {} : { body: JSON.stringify(body) }
  const response = await fetch(peer.url + path, { method, headers, ...init })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined }
}

const keyed = (key: string, path: string, body: unknown) => send(path, body, { 'idempotency-key': key })
const get = (path: string) => send(path, undefined, {}, 'GET')

const pay = (key: string, item = 'sq') => send('/square/v2/payments', { idempotency_key: key, item })

const order = () => send('/paypal/v2/orders', { item: 'pp' }, { 'paypal-request-id': 'p' })

const payment = () => send('/checkout/payments', { item: 'co' }, { 'cko-idempotency-key': 'c' })

async function untilStarted(item: string): Promise<void> {
  while (peer.executions.started(item) === 0) await new Promise((resolve) => setImmediate(resolve))
}

describe('startPeer', () => {
  it('duplicate: 409 with a message, failures free the key', async () => {
    const refused = await keyed('d', '/duplicate/orders', { item: 'bare', failWith: 422 })
    expect(refused.status).toBe(422)
    const answers = []
    for (let index = 0; index < 3; index++)
      answers.push(await keyed('d', '/duplicate/orders', { item: 'bare' }))
    expect(answers.map(({ status }) => status)).toEqual([201, 409, 409])
    expect(answers[1]?.body).toEqual({ message: 'This is a duplicate' })
    expect((await get('/duplicate/orders/bare')).body).toEqual({ item: 'bare', count: 1 })
    expect((await get('/duplicate/orders/none')).status).toBe(404)
  })

  it('gocardless: 409 names the original, which can be read', async () => {
    const first = await keyed('g', '/gocardless/payments', { item: 'gc' })
    const { payments } = first.body as { payments: { id: string } }
    const second = await keyed('g', '/gocardless/payments', { item: 'gc' })
    expect(second.status).toBe(409)
    expect(second.body).toMatchObject({
      error: {
        type: 'invalid_state',
        errors: [{ reason: 'idempotent_creation_conflict', links: { conflicting_resource_id: payments.id } }],
      },
    })
    expect((await get(`/gocardless/payments/${payments.id}`)).body).toEqual({ payments })
    expect(peer.executions.finished('gc')).toBe(1)
  })

  it('mangopay: 409, and the first answer by key', async () => {
    const key = 'a'.repeat(32)
    const path = '/mangopay/v2.01/client/payins'
    expect((await keyed('short', path, { item: 'mp' })).status).toBe(400)
    const first = await keyed(key, path, { item: 'mp' })
    expect((await keyed(key, path, { item: 'mp' })).status).toBe(409)
    const stored = await get(`/mangopay/v2.01/client/responses/${key}`)
    expect(stored.body).toMatchObject({ StatusCode: '201', Resource: first.body, IdempotencyKey: key })
    expect((await get('/mangopay/v2.01/client/responses/unknown')).status).toBe(404)
    expect(peer.executions.finished('mp')).toBe(1)
  })

  it('increase: replay with its marker, 409 with the id for another payload, list by key', async () => {
    const first = await keyed('i', '/increase/transfers', { item: 'inc' })
    const again = await keyed('i', '/increase/transfers', { item: 'inc' })
    const other = await keyed('i', '/increase/transfers', { item: 'inc', more: 1 })
    expect([first.status, again.status, other.status]).toEqual([200, 200, 409])
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(other.body).toMatchObject({ resource_id: (first.body as { id: string }).id })
    expect((await get('/increase/transfers?idempotency_key=i')).body).toMatchObject({ data: [first.body] })
    expect((await get('/increase/transfers?idempotency_key=none')).body).toMatchObject({ data: [] })
  })

  it('interchecks: only an interim answer while running, then 409 with the first body', async () => {
    const release = peer.executions.hold('ic')
    const first = keyed('c', '/interchecks/payments', { item: 'ic' })
    await untilStarted('ic')
    const pending = fetch(`${peer.url}/interchecks/payments`, {
      method: 'POST',
      headers: { 'idempotency-key': 'c' },
      body: '{"item":"ic"}',
      signal: AbortSignal.timeout(60),
    })
    await expect(pending).rejects.toMatchObject({ name: 'TimeoutError' })
    release()
    const { body } = await first
    const replay = await keyed('c', '/interchecks/payments', { item: 'ic' })
    expect(replay).toMatchObject({ status: 409, body })
  })

  it('ietf: 400 without quotes, 409 while running, 422 for another payload, replay without a marker', async () => {
    expect((await keyed('q', '/ietf/orders', { item: 'q' })).status).toBe(400)
    const release = peer.executions.hold('ietf')
    const first = keyed('"q"', '/ietf/orders', { item: 'ietf' })
    await untilStarted('ietf')
    const running = await keyed('"q"', '/ietf/orders', { item: 'ietf' })
    release()
    const done = await first
    const replay = await keyed('"q"', '/ietf/orders', { item: 'ietf' })
    const reused = await keyed('"q"', '/ietf/orders', { item: 'other' })
    expect([running.status, done.status, replay.status, reused.status]).toEqual([409, 201, 201, 422])
    expect(running.headers.get('content-type')).toBe('application/problem+json')
    expect(replay.body).toEqual(done.body)
  })

  it('square: key in the body', async () => {
    const answers = [await pay('k'), await pay('k'), await pay('k', 'other'), await pay('k'.repeat(46))]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400, 400])
    expect(answers[2]?.body).toMatchObject({ errors: [{ code: 'IDEMPOTENCY_KEY_REUSED' }] })
    expect(peer.executions.finished('sq')).toBe(1)
  })

  it('qurl: marks replays, keeps domain conflicts, asks to wait for a running api key', async () => {
    const link = (key: string, slug?: string) => keyed(key, '/qurl/v1/qurls', { item: 'link', slug })
    const answers = [await link('1', 's'), await link('1', 's'), await link('2', 's'), await link('2', 's')]
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 409, 409])
    expect(answers.map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([
      null,
      'true',
      null,
      'true',
    ])

    const key = 'k'.repeat(32)
    const release = peer.executions.hold('api-key')
    const first = keyed(key, '/qurl/v1/api-keys', { item: 'api-key' })
    await untilStarted('api-key')
    const running = await keyed(key, '/qurl/v1/api-keys', { item: 'api-key' })
    release()
    expect((await first).status).toBe(201)
    expect([running.status, running.headers.get('retry-after')]).toEqual([503, '1'])
    expect((await keyed(key, '/qurl/v1/api-keys', { item: 'other' })).status).toBe(409)
  })

  it('paypal and checkout: another status for a replay', async () => {
    const answers = [await order(), await order(), await payment(), await payment()]
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 201, 202])
    expect([peer.executions.finished('pp'), peer.executions.finished('co')]).toEqual([1, 1])
  })

  it('resend and reuse: a key with another payload', async () => {
    await keyed('r', '/resend/emails', { item: 're' })
    const conflict = await keyed('r', '/resend/emails', { item: 'other' })
    expect(conflict).toMatchObject({ status: 409, body: { name: 'invalid_idempotent_request' } })
    await keyed('u', '/reuse/417', { item: 'ru' })
    expect((await keyed('u', '/reuse/417', { item: 'other' })).status).toBe(417)
  })

  it('oasis: key and time, 412 outside the window, 5xx run again', async () => {
    const id = crypto.randomUUID()
    const mail = (firstSent: string, body: object, key = id) =>
      send(
        '/oasis/emails',
        { item: 'mail', ...body },
        { 'repeatability-request-id': key, 'repeatability-first-sent': firstSent },
      )
    const now = new Date().toUTCString()
    const accepted = [await mail(now, {}), await mail(now, {})]
    expect(accepted.map(({ status }) => status)).toEqual([202, 202])
    expect(accepted[1]?.headers.get('repeatability-result')).toBe('accepted')
    expect(peer.executions.finished('mail')).toBe(1)
    const stale = await mail(new Date(Date.now() - 600_000).toUTCString(), {})
    expect([stale.status, stale.headers.get('repeatability-result')]).toEqual([412, 'rejected'])
    expect((await mail(new Date().toISOString(), {})).status).toBe(400)
    const failing = { item: 'again', failWith: 503 }
    const other = crypto.randomUUID()
    await mail(now, failing, other)
    await mail(now, failing, other)
    expect(peer.executions.finished('again')).toBe(2)
  })

  it('adyen: says for each error whether the key may be sent again', async () => {
    const script = ['key-store-down', 'running', 'transient', 'transient-422']
    const answers: Got[] = []
    for (let index = 0; index < 5; index++)
      answers.push(await keyed('a', '/adyen/payments', { item: 'ad', script }))
    expect(answers.map(({ status }) => status)).toEqual([503, 422, 500, 422, 200])
    expect(answers.map(({ headers }) => headers.get('transient-error'))).toEqual([
      'true',
      'true',
      'true',
      'true',
      null,
    ])
    expect(answers[4]?.headers.get('idempotency-key')).toBe('a')
    const final = [0, 1].map(() => keyed('f', '/adyen/payments', { item: 'af', final: true }))
    expect((await Promise.all(final)).map(({ status }) => status)).toEqual([500, 500])
    expect([peer.executions.finished('ad'), peer.executions.finished('af')]).toEqual([1, 1])
  })

  it('dwolla and whop: a crash locks the key for ever', async () => {
    for (const service of ['dwolla', 'whop']) {
      const statuses = []
      for (let index = 0; index < 4; index++) {
        statuses.push((await keyed('x', `/${service}/transfers`, { item: service, crash: 'after' })).status)
      }
      expect(statuses).toEqual([500, 409, 409, 409])
      expect(peer.executions.finished(service)).toBe(1)
    }
  })

  it('jobs: 202, then polls to a final state', async () => {
    const started = await keyed('j', '/jobs', { item: 'job', polls: 1 })
    expect([started.status, started.headers.get('retry-after')]).toEqual([202, '1'])
    const url = started.headers.get('operation-location') ?? ''
    expect((await get(url)).body).toEqual({ status: 'Running' })
    const done = (await get(url)).body as { status: string; resourceLocation: string }
    expect(done.status).toBe('Succeeded')
    expect((await get(done.resourceLocation)).status).toBe(200)

    const moved = await keyed('l', '/jobs', { item: 'job', polls: 1, header: 'location' })
    const location = moved.headers.get('location') ?? ''
    expect([(await get(location)).status, (await get(location)).status]).toEqual([202, 200])
    expect((await keyed('j', '/jobs', { item: 'job', polls: 1 })).headers.get('operation-location')).toBe(url)
    expect(peer.executions.finished('job')).toBe(2)
  })

  it('documents: entity tags guard writes', async () => {
    const put = (headers: Record<string, string>, item = 'doc') =>
      send('/documents/1', { item }, headers, 'PUT')
    const created = await put({ 'if-none-match': '*' })
    expect([created.status, created.headers.get('etag')]).toEqual([201, '"v1"'])
    expect((await put({ 'if-none-match': '*' })).status).toBe(412)
    expect((await put({ 'if-match': '"v1"' })).headers.get('etag')).toBe('"v2"')
    expect((await put({ 'if-match': '"v1"' })).status).toBe(412)
    expect((await get('/documents/1')).headers.get('etag')).toBe('"v2"')
    expect((await send('/documents/1', undefined, {}, 'DELETE')).status).toBe(204)
    expect((await send('/documents/1', undefined, {}, 'DELETE')).status).toBe(404)
  })

  it('answers 404 elsewhere', async () => {
    expect((await get('/elsewhere')).status).toBe(404)
  })
})
