import { ProtectedResource, ValidationError, idempotencyOf } from 'fetch-idempotency/qurl'
import { describe, expect, it } from 'vitest'
import { clientFor } from './client-for.js'
import { startServer } from './start-server.js'

const url = 'https://app.example/report'

async function stage() {
  const server = await startServer()
  const client = clientFor(server)
  /** The requests since the last look. */
  const sent = () => server.requests.splice(0).map(({ method, path, json }) => [`${method} ${path}`, json])
  return { server, client, sent }
}

describe('protectUrl', () => {
  it('is one POST that makes or finds the resource', async () => {
    const { client, sent } = await stage()
    const resource = await client.protectUrl(url, { description: 'Q2', tags: ['team'], alias: 'q2-report' })
    expect(sent()).toEqual([
      [
        'POST /v1/resources',
        { type: 'url', target_url: url, description: 'Q2', tags: ['team'], alias: 'q2-report' },
      ],
    ])
    expect(resource).toBeInstanceOf(ProtectedResource)
    expect(resource).toMatchObject({
      targetUrl: url,
      details: { alias: 'q2-report', resource_id: resource.id },
    })
    expect((await client.protectUrl(url)).id).toBe(resource.id)
  })

  it('refuses a URL with a user name, without showing it', async () => {
    const { client, sent } = await stage()
    const error: unknown = await client
      .protectUrl('https://me:hush@app.example')
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ValidationError)
    expect(String(error)).not.toContain('hush')
    expect(sent()).toEqual([])
  })

  it('fails when the answer names no resource', async () => {
    const { server, client } = await stage()
    server.next({ status: 201, body: { data: { resource_id: ' ' }, meta: {} } })
    await expect(client.protectUrl(url)).rejects.toMatchObject({ code: 'unexpected_response' })
  })
})

describe('createPortal', () => {
  it('is one POST to the resource, with an empty object for the defaults', async () => {
    const { client, sent } = await stage()
    const resource = await client.protectUrl(url)
    sent()
    const portal = await resource.createPortal()
    expect(sent()).toEqual([[`POST /v1/resources/${resource.crid}/qurls`, {}]])
    expect(portal).toEqual({
      crid: resource.crid,
      resourcePublicKey: resource.id,
      resourceId: resource.id,
      link: expect.stringMatching(/^https:\/\/qurl\.link\/#at_/),
      site: expect.stringContaining('.qurl.site'),
      expiresAt: expect.any(Date),
      qurlId: expect.stringMatching(/^q_/),
    })
    expect(idempotencyOf(portal)).toMatchObject({ attempts: 1, outcome: 'applied' })
  })

  it.each([
    [
      { validFor: 86_400_000, sessionDuration: 90_000 },
      { expires_in: '24h', session_duration: '90s' },
    ],
    [
      { validFor: 5_400_000, maxSessions: 0 },
      { expires_in: '90m', max_sessions: 0 },
    ],
    [
      { validFor: '7d', label: 'x', oneTimeUse: true },
      { expires_in: '7d', label: 'x', one_time_use: true },
    ],
  ])('writes %j as %j', async (options, body) => {
    const { client, sent } = await stage()
    const { id } = await client.protectUrl(url)
    sent()
    await client.createPortal(id, options)
    expect(sent()).toEqual([[`POST /v1/resources/${id}/qurls`, body]])
  })

  it.each([
    { validFor: 59_000 },
    { validFor: 60_500 },
    { validFor: Number.NaN },
    { label: ' ' },
    { unknown: 1 },
  ])('refuses %j before anything is sent', async (options) => {
    const { client, sent } = await stage()
    await expect(client.createPortal('r_1', options as never)).rejects.toBeInstanceOf(ValidationError)
    expect(sent()).toEqual([])
  })

  it('refuses the handle of another client', async () => {
    const { server, client } = await stage()
    const resource = clientFor(server).resourceById('r_1')
    await expect(client.createPortal(resource)).rejects.toThrow(/bound to a different client/)
  })
})

describe('connectorResource', () => {
  it('is one look-up by slug', async () => {
    const { server, client } = await stage()
    const { resource_id } = await client.createResource({ type: 'tunnel', slug: 'office-db' })
    server.requests.length = 0
    const resource = await client.connectorResource('office-db')
    expect(resource.id).toBe(resource_id)
    expect(server.requests.map(({ method, path, query }) => `${method} ${path}?${query}`)).toEqual([
      'GET /v1/resources?slug=office-db',
    ])
  })

  it('tells none from many', async () => {
    const { server, client } = await stage()
    await expect(client.connectorResource('office-db')).rejects.toMatchObject({
      name: 'NotFoundError',
      status: 0,
      code: 'resource_not_found',
    })
    const row = { resource_id: 'r_1', slug: 'office-db' }
    server.next({ status: 200, body: { data: [row, row], meta: { has_more: false } } })
    await expect(client.connectorResource('office-db')).rejects.toMatchObject({ code: 'ambiguous_resource' })
  })
})

describe('createPortalForUrl', () => {
  it('is one POST that protects and mints', async () => {
    const { client, sent } = await stage()
    const { portal, resource } = await client.createPortalForUrl(url, { validFor: '1h' })
    expect(sent()).toEqual([['POST /v1/qurls', { target_url: url, expires_in: '1h' }]])
    expect(resource).toMatchObject({ id: portal.resourceId, targetUrl: url })
    expect((await resource.createPortal()).resourceId).toBe(resource.id)
  })
})

describe('enterPortal', () => {
  it('takes a link or a token', async () => {
    const { client, sent } = await stage()
    const { link } = (await client.createPortalForUrl(url)).portal
    const token = link.split('#')[1] ?? ''
    sent()
    const handle = {
      resourceUrl: url,
      openSeconds: 3600,
      resourceId: expect.any(String) as unknown,
      resourcePublicKey: expect.any(String) as unknown,
    }
    for (const input of [link, token, `https://qurl.link/${token}`]) {
      expect(await client.enterPortal(input)).toEqual(handle)
    }
    expect(sent()).toEqual(Array.from({ length: 3 }, () => ['POST /v1/resolve', { access_token: token }]))
  })

  it.each(['', ' ', 'https://qurl.link/#a.b.c', 'not a token', 'https://qurl.link/#'])(
    'refuses %j without showing it',
    async (input) => {
      const { client, sent } = await stage()
      await expect(client.enterPortal(input)).rejects.toBeInstanceOf(ValidationError)
      expect(sent()).toEqual([])
    },
  )
})

describe('resourceById', () => {
  it('asks nobody', async () => {
    const { client, sent } = await stage()
    expect(client.resourceById('r_1')).toMatchObject({ id: 'r_1' })
    expect(sent()).toEqual([])
  })

  it.each(['', ' r_1', '.', '..'])('refuses %j', async (id) => {
    const { client } = await stage()
    expect(() => client.resourceById(id)).toThrow(ValidationError)
  })
})
