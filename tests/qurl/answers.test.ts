import { QURLError, ServerError, ValidationError, metaOf, type QURLClient } from 'fetch-idempotency/qurl'
import { describe, expect, it } from 'vitest'
import { clientFor } from './client-for.js'
import { startServer, type Script } from './start-server.js'

const failure = async (promise: Promise<unknown>): Promise<QURLError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(QURLError)
  return error as QURLError
}

const answered = async (script: Script) => {
  const server = await startServer()
  server.next(script)
  return clientFor(server, 'api-key', { maxRetries: 0 })
}

const scalars: [string, (client: QURLClient) => Promise<unknown>][] = [
  ['create', (client) => client.create({ target_url: 'https://app.example/a' })],
  ['get', (client) => client.get('r_1')],
  ['getQuota', (client) => client.getQuota()],
  ['updateWebhook', (client) => client.updateWebhook('wh_1', { status: 'active' })],
  ['listWebhookEventTypes', (client) => client.listWebhookEventTypes()],
]

describe.each(scalars)('%s', (_, call) => {
  it.each([
    ['204', { status: 204, body: '' }],
    ['an empty body', { status: 200, body: '' }],
    ['HTML', { status: 200, body: '<h1>Welcome</h1>' }],
    ['an object without data', { status: 200, body: {} }],
    ['null', { status: 200, body: 'null' }],
    ['a string', { status: 200, body: '"x"' }],
    ['a list', { status: 200, body: '[]' }],
    ['data that is null', { status: 200, body: { data: null } }],
  ])('does not take %s for a result', async (_what, script) => {
    const error = await failure(call(await answered(script)))
    expect(error).toBeInstanceOf(ValidationError)
    expect(error.code).toBe('unexpected_response')
  })
})

describe('a delete', () => {
  it.each([
    ['204', { status: 204, body: '' }],
    ['200 without a body', { status: 200, body: '' }],
    ['200 with data', { status: 200, body: { data: {} } }],
    ['202', { status: 202, body: '' }],
  ])('has happened when the answer is %s', async (_, script) => {
    await expect((await answered(script)).deleteWebhook('wh_1')).resolves.toBeUndefined()
  })
})

describe('terminateAllResourceSessions', () => {
  it.each([[{}], [{ data: null }], [{ data: { terminated: '3' } }], [{ data: {} }]])(
    'counts none when the answer has no count: %j',
    async (body) => {
      const client = await answered({ status: 200, body })
      expect(await client.terminateAllResourceSessions('r_1')).toMatchObject({ terminated: 0 })
    },
  )

  it.each([
    ['204', { status: 204, body: '' }],
    ['an empty body', { status: 200, body: '' }],
    ['HTML', { status: 200, body: '<h1>Welcome</h1>' }],
  ])('does not take %s for a count', async (_, script) => {
    const error = await failure((await answered(script)).terminateAllResourceSessions('r_1'))
    expect(error).toMatchObject({ code: 'unexpected_response' })
  })
})

describe('batchCreate', () => {
  const items = [1, 2].map((at) => ({ target_url: `https://app.example/${at}` }))
  const made = (index: number) => ({
    index,
    success: true,
    resource_id: 'r_1',
    qurl_link: 'https://qurl.link/#at_hush',
    qurl_site: 'https://r-1.qurl.site',
  })
  const failed = (index: number) => ({
    index,
    success: false,
    error: { code: 'creation_failed', message: 'No.' },
  })
  const batch = (data: unknown, status = 207) => ({ status, body: { data, meta: { request_id: 'req_1' } } })

  it.each([201, 207, 400])('takes a result that adds up with a %i', async (status) => {
    const client = await answered(batch({ succeeded: 1, failed: 1, results: [failed(1), made(0)] }, status))
    expect(await client.batchCreate({ items })).toEqual({
      succeeded: 1,
      failed: 1,
      results: [failed(1), made(0)],
      request_id: 'req_1',
    })
  })

  it.each([
    ['counts that are too high', { succeeded: 2, failed: 1, results: [made(0), made(1)] }],
    ['a missing entry', { succeeded: 1, failed: 1, results: [made(0)] }],
    ['an entry too many', { succeeded: 1, failed: 1, results: [made(0), failed(1), failed(1)] }],
    ['an index twice', { succeeded: 1, failed: 1, results: [made(0), failed(0)] }],
    ['an index outside', { succeeded: 1, failed: 1, results: [made(0), failed(2)] }],
    ['no index', { succeeded: 1, failed: 1, results: [made(0), { ...failed(1), index: undefined }] }],
    ['counts of another kind', { succeeded: '1', failed: 1, results: [made(0), failed(1)] }],
    ['a negative count', { succeeded: -1, failed: 3, results: [made(0), failed(1)] }],
    [
      'a success without its link',
      { succeeded: 2, failed: 0, results: [made(0), { ...made(1), qurl_link: 1 }] },
    ],
    [
      'a failure without a code',
      { succeeded: 1, failed: 1, results: [made(0), { ...failed(1), error: {} }] },
    ],
    ['counts that the entries contradict', { succeeded: 2, failed: 0, results: [made(0), failed(1)] }],
    ['no results', { succeeded: 2, failed: 0 }],
  ])('refuses %s', async (_, data) => {
    const error = await failure((await answered(batch(data))).batchCreate({ items }))
    expect(error).toBeInstanceOf(ValidationError)
    expect(error).toMatchObject({ code: 'unexpected_response', requestId: 'req_1' })
    expect(error.outcome).not.toBe('not-applied')
    expect(error.message).not.toContain('hush')
  })

  it.each([
    ['400 without a result', 400, ValidationError],
    ['422', 422, ValidationError],
    ['500', 500, ServerError],
  ])('fails with the error of a %s', async (_, status, type) => {
    const client = await answered({ status, body: { error: { code: 'invalid_request', title: 'No' } } })
    const error = await failure(client.batchCreate({ items }))
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ status, code: 'invalid_request' })
  })
})

describe('a list', () => {
  it.each<[string, (client: QURLClient) => PromiseLike<object>, object]>([
    ['list', (client) => client.list(), { qurls: [], has_more: false }],
    ['listBillingInvoices', (client) => client.listBillingInvoices(), { invoices: [], has_more: false }],
    ['listAccessCodes', (client) => client.listAccessCodes(), { access_codes: [], has_more: false }],
  ])('%s that is written as null is empty', async (_, call, empty) => {
    const client = await answered({ status: 200, body: { data: null, meta: { has_more: false } } })
    expect(await call(client)).toEqual(empty)
  })

  it('of a look-up that is written as null has found nothing', async () => {
    const client = await answered({ status: 200, body: { data: null, meta: {} } })
    expect(await failure(client.getConnectorResourceBySlug('a-slug'))).toMatchObject({
      name: 'NotFoundError',
      code: 'resource_not_found',
    })
  })
})

describe('get', () => {
  it.each([
    [{ qurls: [{ qurl_id: 'q_1' }] }, [{ qurl_id: 'q_1' }]],
    [{ qurls: [], access_tokens: [{ qurl_id: 'q_2' }] }, [{ qurl_id: 'q_2' }]],
    [{ qurls: null }, undefined],
    [{ qurls: 'x' }, undefined],
    [{}, undefined],
  ])('reads the links of %j', async (data, links) => {
    const client = await answered({ status: 200, body: { data: { resource_id: 'r_1', ...data } } })
    const found = await client.get('r_1')
    expect(found.access_tokens).toEqual(links)
    expect(found).not.toHaveProperty('qurls')
  })

  it('reads them in the rows of a list, too', async () => {
    const rows = [{ resource_id: 'r_1', qurls: [{ qurl_id: 'q_1' }] }, { resource_id: 'r_2' }]
    const client = await answered({ status: 200, body: { data: rows, meta: { has_more: false } } })
    const { qurls } = await client.list()
    expect(qurls).toEqual([
      { resource_id: 'r_1', access_tokens: [{ qurl_id: 'q_1' }] },
      { resource_id: 'r_2' },
    ])
  })

  it('can be asked only for what is new', async () => {
    const server = await startServer()
    const client = clientFor(server)
    const { resource_id } = await client.create({ target_url: 'https://app.example/a' })
    const etag = metaOf(await client.get(resource_id))?.headers.get('etag') ?? ''
    const again = client.get(resource_id, { headers: { 'If-None-Match': etag } })
    expect(await failure(again)).toMatchObject({ status: 304, code: 'not_modified' })
  })
})

describe('what the service adds later', () => {
  it('is handed over', async () => {
    const client = await answered({
      status: 200,
      body: { data: { plan: 'galactic', new_field: [1] }, meta: {} },
    })
    expect(await client.getQuota()).toEqual({ plan: 'galactic', new_field: [1] })
  })
})
