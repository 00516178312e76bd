import { QURLClient, idempotencyOf, metaOf } from 'fetch-idempotency/qurl'
import { describe, expect, it } from 'vitest'
import { operations, writes, type Operation } from './catalog/index.js'
import { clientFor } from './client-for.js'
import { startServer, type SeenRequest } from './start-server.js'

const uuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Brings a server into the operation's state; what arranged it is not in the server's log. */
async function stage(operation: Operation) {
  const server = await startServer()
  const arranger = clientFor(server, 'jwt')
  const known = (await operation.arrange?.({ server, client: arranger })) ?? {}
  const before = { ...server.effects }
  server.requests.length = 0
  const client = clientFor(server, operation.as)
  const did = (effect: string) => (server.effects[effect] ?? 0) - (before[effect] ?? 0)
  return { server, client, known, did }
}

const table = operations.map((operation) => [operation.name, operation] as const)
const unsafe = writes.filter(({ write }) => write.resend === 'never')
const keyed = writes.filter((one) => !one.sends({}).line.startsWith('DELETE'))

describe.each(table)('%s', (_, operation) => {
  it('sends what the API wants and returns what it answers', async () => {
    const { server, client, known, did } = await stage(operation)
    const pending = operation.call(client, known)
    const result = await pending

    expect(server.requests).toHaveLength(1)
    const seen = server.requests[0] as SeenRequest
    const { line, query = {}, body } = operation.sends(known)
    expect(`${seen.method} ${seen.path}`).toBe(line)
    expect(Object.fromEntries(new URLSearchParams(seen.query))).toEqual(query)
    if (body === undefined) expect(seen.text === '' || seen.text === '{}').toBe(true)
    else expect(seen.json).toEqual(body)
    expect(result).toEqual(operation.returns(known))
    const meta = metaOf(result ?? pending)
    expect(meta?.headers.get('x-request-id')).toMatch(/^req_/)
    if (operation.write) expect(did(operation.write.effect)).toBe(operation.write.times ?? 1)
  })

  it('carries the right headers', async () => {
    const { server, client, known } = await stage(operation)
    await operation.call(client, known)
    const { method, text, headers } = server.requests[0] as SeenRequest
    expect(headers['accept']).toBe('application/json')
    expect(headers['user-agent']).toMatch(/^fetch-idempotency-qurl\/\d+\.\d+\.\d+/)
    if (text === '') expect(headers['content-type']).toBeUndefined()
    else expect(headers['content-type']).toMatch(/^application\/json\b/)
    const credential = operation.as === 'jwt' ? server.jwt : server.apiKey
    expect(headers['authorization']).toBe(operation.as === 'nobody' ? undefined : `Bearer ${credential}`)
    const key = headers['idempotency-key']
    if (operation.ownKey === true) expect(key).toMatch(/.{32}/)
    else if (method === 'POST' || method === 'PATCH') expect(key).toMatch(uuid7)
    else expect(key).toBeUndefined()
  })
})

describe('a write', () => {
  it.each(keyed.map((one) => [one.name, one] as const))(
    '%s takes the key that it is given',
    async (_, operation) => {
      const { server, client, known } = await stage(operation)
      const idempotencyKey = `job-0815/${'x'.repeat(32)}`
      const result = await operation.call(client, known, { idempotencyKey })
      expect(server.requests[0]?.headers['idempotency-key']).toBe(idempotencyKey)
      expect(idempotencyOf(result)).toEqual({
        key: idempotencyKey,
        attempts: 1,
        replayed: false,
        outcome: 'applied',
      })
    },
  )

  it.each(keyed.filter(({ write }) => write.resend === 'keyed').map((one) => [one.name, one] as const))(
    '%s is done once when the same key is used again',
    async (_, operation) => {
      const { client, known, did } = await stage(operation)
      const options = { idempotencyKey: 'job-0815-0123456789-0123456789-0123456789' }
      const first = await operation.call(client, known, options)
      const again = await operation.call(client, known, options)
      expect(again).toEqual(first)
      expect(idempotencyOf(first)?.replayed).toBe(false)
      expect(idempotencyOf(again)?.replayed).toBe(true)
      expect(did(operation.write.effect)).toBe(operation.write.times ?? 1)
    },
  )

  it.each(unsafe.map((one) => [one.name, one] as const))(
    '%s is done twice when the same key is used again: the API does not promise more',
    async (_, operation) => {
      const { client, known, did } = await stage(operation)
      const options = { idempotencyKey: 'job-0815-0123456789-0123456789-0123456789' }
      await operation.call(client, known, options)
      const again = await operation.call(client, known, options)
      expect(idempotencyOf(again)?.replayed).toBe(false)
      expect(did(operation.write.effect)).toBe(2 * (operation.write.times ?? 1))
    },
  )

  it('makes a new key for every call', async () => {
    const server = await startServer()
    const client = clientFor(server)
    for (let count = 0; count < 5; count++) await client.create({ target_url: 'https://app.example/a' })
    expect(new Set(server.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(5)
    expect(server.effects['qurl.created']).toBe(5)
  })
})

describe('a result', () => {
  it('tells of its answer without changing its shape', async () => {
    const server = await startServer()
    const created = await clientFor(server).create({ target_url: 'https://app.example/a' })
    expect(Object.keys(created).toSorted()).toEqual([
      'crid',
      'expires_at',
      'qurl_id',
      'qurl_link',
      'qurl_site',
      'resource_id',
      'type',
    ])
    const meta = metaOf(created)
    expect(meta).toMatchObject({ status: 201, requestId: expect.stringMatching(/^req_/), replayed: false })
    expect(meta?.headers.get('location')).toBe(`/v1/qurls/${created.resource_id}`)
  })

  it('tells whether a resource was there before', async () => {
    const server = await startServer()
    const client = clientFor(server)
    const first = await client.createResource({ target_url: 'https://app.example/a' })
    const again = await client.createResource({ target_url: 'https://app.example/a' })
    expect([first, again].map((result) => metaOf(result)?.foundExisting)).toEqual([false, true])
    expect(again.resource_id).toBe(first.resource_id)
  })
})

describe('the catalog', () => {
  it('holds every method that makes one call', () => {
    const listed = new Set(operations.map(({ name }) => name.split(' ')[0]))
    const portalVerbs = [
      'protectUrl',
      'resourceById',
      'resourceByCrid',
      'connectorResource',
      'createPortal',
      'createPortalForUrl',
      'enterPortal',
    ]
    const methods = Object.getOwnPropertyNames(QURLClient.prototype).filter(
      (name) =>
        !name.startsWith('listAll') &&
        !['constructor', 'toJSON', 'withOptions', ...portalVerbs].includes(name),
    )
    expect(methods.toSorted()).toEqual([...listed].toSorted())
  })
})
