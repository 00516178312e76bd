import { QURLError, ValidationError, type CreateApiKeyInput, type QURLClient } from 'fetch-idempotency/qurl'
import { describe, expect, it } from 'vitest'
import { operations } from './catalog/index.js'
import { clientFor } from './client-for.js'
import { startServer } from './start-server.js'

/** Runs a call that must be refused here, and tells what was sent all the same. */
async function refuse(call: (client: QURLClient) => unknown) {
  const server = await startServer()
  let error: unknown
  try {
    await call(clientFor(server, 'jwt'))
  } catch (reason) {
    error = reason
  }
  expect(server.requests).toEqual([])
  expect(error).toBeInstanceOf(ValidationError)
  expect(error).toMatchObject({ status: 0, code: 'client_validation' })
  return error as QURLError
}

const target_url = 'https://app.example/a'

/** The client as it looks without types: every method takes anything. */
type Untyped = { readonly [Name in keyof QURLClient]: (...given: readonly unknown[]) => unknown }

const refusals: [name: string, call: (client: Untyped) => unknown][] = [
  ['create: no target', (client) => client.create({})],
  ['create: no input', (client) => client.create()],
  ['create: a list', (client) => client.create([])],
  ['create: an unknown field', (client) => client.create({ target_url, metadata: {} })],
  [
    'create: a description, which only resources have',
    (client) => client.create({ target_url, description: 'x' }),
  ],
  ['create: another scheme', (client) => client.create({ target_url: 'ftp://app.example' })],
  [
    'create: a URL that is too long',
    (client) => client.create({ target_url: `${target_url}${'x'.repeat(2048)}` }),
  ],
  ['create: a URL of another type', (client) => client.create({ target_url: new URL(target_url) })],
  ['create: an empty label', (client) => client.create({ target_url, label: '' })],
  ['create: a long label', (client) => client.create({ target_url, label: 'x'.repeat(501) })],
  ['create: too many sessions', (client) => client.create({ target_url, max_sessions: 1001 })],
  ['create: half a session', (client) => client.create({ target_url, max_sessions: 0.5 })],
  ['create: a flag of another type', (client) => client.create({ target_url, one_time_use: 'true' })],
  ['create: an empty duration', (client) => client.create({ target_url, expires_in: '' })],
  ['create: a policy of another type', (client) => client.create({ target_url, access_policy: [] })],
  [
    'create: a policy with a list that is none',
    (client) => client.create({ target_url, access_policy: { ip_allowlist: '192.0.2.1' } }),
  ],
  [
    'create: a policy with a flag that is none',
    (client) => client.create({ target_url, access_policy: { ai_agent_policy: { block_all: 1 } } }),
  ],
  ['batchCreate: no items', (client) => client.batchCreate({ items: [] })],
  [
    'batchCreate: 101 items',
    (client) => client.batchCreate({ items: Array.from({ length: 101 }, () => ({ target_url })) }),
  ],
  ['batchCreate: a list', (client) => client.batchCreate([{ target_url }])],
  [
    'batchCreate: an unknown field',
    (client) => client.batchCreate({ items: [{ target_url }], dry_run: true }),
  ],
  ['list: limit 0', (client) => client.list({ limit: 0 })],
  ['list: limit 101', (client) => client.list({ limit: 101 })],
  ['list: a limit in a string', (client) => client.list({ limit: '5' })],
  ['list: an unknown filter', (client) => client.list({ state: 'active' })],
  ['list: a filter of another type', (client) => client.list({ status: ['active'] })],
  ['update: nothing', (client) => client.update('r_1', {})],
  ['update: nothing but null', (client) => client.update('r_1', { description: null })],
  [
    'update: both expiries',
    (client) => client.update('r_1', { extend_by: '1d', expires_at: '2099-01-01T00:00:00Z' }),
  ],
  ['update: eleven tags', (client) => client.update('r_1', { tags: Array(11).fill('a') })],
  ['update: a tag with a sign', (client) => client.update('r_1', { tags: ['#a'] })],
  ['extend: neither', (client) => client.extend('r_1', { description: 'x' })],
  ['mintLink: both expiries', (client) => client.mintLink('r_1', { expires_in: '1d', expires_at: 'x' })],
  ['mintLink: a flag of another type', (client) => client.mintLink('r_1', { one_time_use: 1 })],
  ['delete: the id of a link', (client) => client.delete('q_0123456789a')],
  ['resolve: no token', (client) => client.resolve('')],
  ['createResource: no target', (client) => client.createResource({ description: 'x' })],
  ['createResource: a long alias', (client) => client.createResource({ target_url, alias: 'x'.repeat(65) })],
  ['updateResource: nothing', (client) => client.updateResource('r_1', {})],
  ['updateResource: an empty alias', (client) => client.updateResource('r_1', { alias: '' })],
  [
    'createQurlForResource: an empty path',
    (client) => client.createQurlForResource('r_1', { target_path: '' }),
  ],
  ['updateResourceQurl: nothing', (client) => client.updateResourceQurl('r_1', 'q_1', {})],
  ['updateCustomer: no cap', (client) => client.updateCustomer({})],
  ['updateCustomer: a negative cap', (client) => client.updateCustomer({ spending_cap_cents: -1 })],
  ['createBillingCheckout: no plan', (client) => client.createBillingCheckout({})],
  ['registerDomain: a long domain', (client) => client.registerDomain({ domain: 'x'.repeat(254) })],
  ['createWebhook: no events', (client) => client.createWebhook({ url: target_url, events: [] })],
  ['createWebhook: no URL', (client) => client.createWebhook({ events: ['qurl.created'] })],
  ['updateWebhook: nothing', (client) => client.updateWebhook('wh_1', {})],
  ['createApiKey: no scopes', (client) => client.createApiKey({ name: 'ci', scopes: [] })],
  [
    'createApiKey: a token without a name',
    (client) => client.createApiKey({ kind: 'enrollment_token', target: 'agent' }),
  ],
  [
    'createApiKey: a long name',
    (client) => client.createApiKey({ name: 'x'.repeat(101), scopes: ['qurl:read'] }),
  ],
  [
    'createApiKey: a key below 32 characters',
    (client) =>
      client.createApiKey({ name: 'ci', scopes: ['qurl:read'] }, { idempotencyKey: 'x'.repeat(31) }),
  ],
  ['updateApiKey: nothing', (client) => client.updateApiKey('key_1', {})],
  ['createAccessCode: no resource', (client) => client.createAccessCode({ name: 'x' })],
  ['redeemAccessCode: no code', (client) => client.redeemAccessCode({ honeypot: '' })],
]

describe('input that cannot be right is refused before anything is sent', () => {
  it.each(refusals)('%s', async (_, call) => {
    await refuse((client) => call(client as unknown as Untyped))
  })

  it('with every problem of every item', async () => {
    const error = await refuse((client) =>
      client.batchCreate({
        items: [{ target_url }, { target_url: 'ftp://x', max_sessions: -1 }, {}] as never,
      }),
    )
    expect(error.detail).toMatch(/items\[1\]: .*target_url.*; .*max_sessions.* \| items\[2\]: .*target_url/)
  })

  it.each(['', ' k', 'k ', 'k\n', 'k\u00e9', 'k'.repeat(257), 7, {}])(
    'for the key %j',
    async (idempotencyKey) => {
      await refuse((client) => client.create({ target_url }, { idempotencyKey } as never))
    },
  )

  it.each([
    { retries: 3 },
    { timeout: 0 },
    { signal: {} },
    { headers: { 'idempotency-key': 'k' } },
    { headers: { 'bad name': 'x' } },
  ])('for the call options %j', async (options) => {
    await refuse((client) => client.create({ target_url }, options as never))
  })
})

describe('an id that would change the path', () => {
  const withIds = operations.filter((one) =>
    one.sends({ id: '{id}', qurlId: '{id}', sessionId: '{id}', codeId: '{id}' }).line.includes('{id}'),
  )

  it.each(withIds.map((one) => [one.name, one] as const))('is refused by %s', async (_, operation) => {
    for (const id of ['.', '..', '', ' ', ' r_1', 'r_1\n']) {
      const known = { id, qurlId: id, sessionId: id, codeId: id }
      await refuse((client) => operation.call(client, known))
    }
  })

  // The ids of delegated batches and links have a form that is checked, as CRIDs have.
  const opaque = withIds.filter(({ name }) => !/delegated/i.test(name))

  it.each(opaque.map((one) => [one.name, one] as const))('is one segment for %s', async (_, operation) => {
    const server = await startServer()
    const id = 'a/b?c#d%2e\u00e9 f'
    await operation
      .call(clientFor(server, 'jwt'), { id, qurlId: id, sessionId: id, codeId: id })
      .catch((error: unknown) => expect(error).toBeInstanceOf(QURLError))
    const whole = encodeURIComponent(id)
    const { line } = operation.sends({ id: whole, qurlId: whole, sessionId: whole, codeId: whole })
    expect(`${server.requests[0]?.method} ${server.requests[0]?.path}`).toBe(line)
  })
})

describe('a field of another kind of key', () => {
  const name = 'x'
  it.each<[CreateApiKeyInput, object]>([
    [
      { name, scopes: ['qurl:read'], expires_in: undefined, target: undefined } as CreateApiKeyInput,
      { kind: 'api_key', name, scopes: ['qurl:read'] },
    ],
    [
      { kind: 'enrollment_token', name, target: 'agent', scopes: undefined, claims: null } as never,
      { kind: 'enrollment_token', name, target: 'agent' },
    ],
  ])('may be there without a value: %j', async (input, body) => {
    const server = await startServer()
    await clientFor(server, 'jwt').createApiKey(input)
    expect(server.requests[0]?.json).toEqual(body)
  })
})

describe('null', () => {
  it('is left out, but clears an alias', async () => {
    const server = await startServer()
    const client = clientFor(server)
    const none = null as never
    await client.create({
      target_url,
      expires_in: none,
      session_duration: none,
      access_policy: none,
      label: none,
    })
    const { resource_id } = await client.createResource({ target_url, description: none })
    await client.updateResource(resource_id, { alias: null, description: none })
    await client.extend(resource_id, { extend_by: '1d', expires_at: none })
    await client.list({ status: none, q: '' })
    expect(server.requests.map(({ json, query }) => json ?? query)).toEqual([
      { target_url },
      { target_url },
      { alias: null },
      { extend_by: '1d' },
      '',
    ])
  })
})
