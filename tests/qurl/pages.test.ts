import { ValidationError, type ListInput, type QURLClient } from 'fetch-idempotency/qurl'
import { describe, expect, it } from 'vitest'
import { clientFor } from './client-for.js'
import { startServer } from './start-server.js'

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const row of rows) all.push(row)
  return all
}

const lists: [
  name: string,
  path: string,
  read: (client: QURLClient) => AsyncIterable<unknown>,
  wrap?: (rows: unknown[]) => unknown,
][] = [
  ['listAll', '/v1/qurls', (client) => client.listAll({ limit: 2 })],
  ['listAllResources', '/v1/resources', (client) => client.listAllResources({ limit: 2 })],
  [
    'listAllBillingInvoices',
    '/v1/billing/invoices',
    (client) => client.listAllBillingInvoices({ limit: 2 }),
    (invoices) => ({ invoices }),
  ],
  ['listAllDomains', '/v1/domains', (client) => client.listAllDomains({ limit: 2 })],
  ['listAllWebhooks', '/v1/webhooks', (client) => client.listAllWebhooks({ limit: 2 })],
  [
    'listAllWebhookDeliveries',
    '/v1/webhooks/wh_1/deliveries',
    (client) => client.listAllWebhookDeliveries('wh_1', { limit: 2 }),
  ],
  ['listAllApiKeys', '/v1/api-keys', (client) => client.listAllApiKeys({ limit: 2 })],
  [
    'listAllConnectorInstallations',
    '/v1/connectors/installations',
    (client) => client.listAllConnectorInstallations({ limit: 2 }),
  ],
]

describe.each(lists)('%s', (_, path, read, wrap = (rows) => rows) => {
  const page = (rows: unknown[], meta: object) => ({ status: 200, body: { data: wrap(rows), meta } })
  const [a, b, c] = [{ n: 1 }, { n: 2 }, { n: 3 }]

  it('reads on through short and empty pages while there is more', async () => {
    const server = await startServer()
    server.next(
      page([a, b], { has_more: true, next_cursor: 'c1' }),
      page([], { has_more: true, next_cursor: 'c2', page_size: 0 }),
      page([c], { has_more: false, next_cursor: 'c3' }),
    )
    expect(await collect(read(clientFor(server)))).toEqual([a, b, c])
    expect(server.requests.map((seen) => `${seen.method} ${seen.path}?${seen.query}`)).toEqual(
      ['limit=2', 'limit=2&cursor=c1', 'limit=2&cursor=c2'].map((query) =>
        expect.stringMatching(
          new RegExp(`^GET ${path}\\?(${query}|${query.split('&').toReversed().join('&')})$`),
        ),
      ),
    )
  })

  it('refuses to pass a part for the whole', async () => {
    const server = await startServer()
    server.next(page([a], { has_more: true }))
    await expect(collect(read(clientFor(server)))).rejects.toMatchObject({ code: 'unexpected_response' })

    server.next(
      page([a], { has_more: true, next_cursor: 'c1' }),
      page([b], { has_more: true, next_cursor: 'c2' }),
      page([c], { has_more: true, next_cursor: 'c1' }),
    )
    await expect(collect(read(clientFor(server)))).rejects.toMatchObject({ code: 'unexpected_response' })
  })
})

describe('listAll', () => {
  it('finds every active row behind pages that the filter emptied', async () => {
    const server = await startServer()
    const client = clientFor(server)
    const ids: string[] = []
    for (let at = 0; at < 7; at++) {
      ids.push((await client.create({ target_url: `https://app.example/${at}` })).resource_id)
    }
    for (const at of [0, 1, 3]) await client.delete(ids[at] ?? '')
    server.requests.length = 0
    const rows = await collect(client.listAll({ status: 'active', limit: 2 }))
    expect(rows.map((row) => row.resource_id)).toEqual([ids[2], ids[4], ids[5], ids[6]])
    expect(server.requests).toHaveLength(4)
  })

  it('asks for no page that nobody reads', async () => {
    const server = await startServer()
    const client = clientFor(server)
    for (let at = 0; at < 3; at++) await client.create({ target_url: `https://app.example/${at}` })
    server.requests.length = 0
    for await (const _ of client.listAll({ limit: 1 })) break
    expect(server.requests).toHaveLength(1)
  })

  it('ends between two pages when the caller aborts', async () => {
    const server = await startServer()
    const client = clientFor(server)
    for (let at = 0; at < 3; at++) await client.create({ target_url: `https://app.example/${at}` })
    const controller = new AbortController()
    const reason = new Error('enough')
    const read = async () => {
      for await (const _ of client.listAll({ limit: 1 }, { signal: controller.signal }))
        controller.abort(reason)
    }
    await expect(read()).rejects.toBe(reason)
  })

  it('refuses wrong input at the call, not at the first row', async () => {
    const client = clientFor(await startServer())
    expect(() => client.listAll({ limit: 0 })).toThrow(ValidationError)
    expect(() => client.listAll({ limit: '5' } as never)).toThrow(ValidationError)
    expect(() => client.listAll({ cursor: 'x' } as never)).toThrow(/listAll: cursor: must not be given/)
    const filters: ListInput = { limit: 2, cursor: undefined }
    expect(() => client.listAll(filters)).not.toThrow()
  })

  it('reads a page again when its answer is a 503', async () => {
    const server = await startServer()
    const client = clientFor(server)
    for (let at = 0; at < 3; at++) await client.create({ target_url: `https://app.example/${at}` })
    const rows = client.listAll({ limit: 1 })
    await rows.next()
    server.next({ status: 503 }, { status: 502 })
    expect(await collect(rows)).toHaveLength(2)
  })
})

describe('list', () => {
  it('hands over the cursor', async () => {
    const server = await startServer()
    const client = clientFor(server)
    for (let at = 0; at < 3; at++) await client.create({ target_url: `https://app.example/${at}` })
    const first = await client.list({ limit: 2 })
    expect(first).toMatchObject({ has_more: true, page_size: 2, next_cursor: expect.any(String) })
    const second = await client.list({ limit: 2, cursor: first.next_cursor ?? '' })
    expect(second.has_more).toBe(false)
    expect([...first.qurls, ...second.qurls]).toHaveLength(3)
  })

  it('takes a cursor for more when the service does not say', async () => {
    const server = await startServer()
    server.next(
      { status: 200, body: { data: [], meta: { next_cursor: 'c' } } },
      { status: 200, body: { data: [], meta: {} } },
      { status: 204, body: '' },
    )
    const client = clientFor(server)
    expect(await client.list()).toMatchObject({ has_more: true, next_cursor: 'c' })
    expect(await client.list()).toMatchObject({ qurls: [], has_more: false })
    expect(await client.list()).toMatchObject({ qurls: [], has_more: false })
  })
})
