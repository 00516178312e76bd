import { expect } from 'vitest'
import { lastPage, made, withQurl, type Known, type Operation } from './operation.js'

const target = 'https://app.example/report'

const link = {
  qurl_id: made.qurlId,
  resource_id: made.resourceId,
  crid: made.crid,
  qurl_link: made.link,
  qurl_site: made.site,
  expires_at: made.time,
  type: 'url',
}

const accessToken = {
  qurl_id: made.qurlId,
  status: 'active',
  one_time_use: false,
  max_sessions: 0,
  session_duration: 0,
  use_count: 0,
  qurl_site: made.site,
  created_at: made.time,
  expires_at: made.time,
}

const row = (known: Known) => ({
  resource_id: known['id'],
  crid: made.crid,
  type: 'url',
  target_url: 'https://app.example/seed',
  status: 'active',
  description: '',
  tags: [] as string[],
  custom_domain: null,
  qurl_count: 1,
  created_at: made.time,
  expires_at: made.time,
})

const everyField = {
  target_url: target,
  type: 'url',
  expires_in: '7d',
  one_time_use: true,
  max_sessions: 0,
  session_duration: '1h',
  label: 'for the auditors',
  custom_domain: 'links.example',
  access_policy: {
    ip_allowlist: ['192.0.2.0/24'],
    geo_denylist: ['AQ'],
    user_agent_deny_regex: 'curl',
    ai_agent_policy: { block_all: true },
  },
}

export const qurlOperations: Operation[] = [
  {
    name: 'create',
    call: (client, _, options) => client.create({ target_url: target }, options),
    sends: () => ({ line: 'POST /v1/qurls', body: { target_url: target } }),
    returns: () => link,
    write: { effect: 'qurl.created', resend: 'keyed' },
  },
  {
    name: 'create (every field)',
    call: (client, _, options) => client.create(everyField, options),
    sends: () => ({ line: 'POST /v1/qurls', body: everyField }),
    returns: () => ({ ...link, branded_domain: 'links.example', label: 'for the auditors' }),
    write: { effect: 'qurl.created', resend: 'keyed' },
  },
  {
    name: 'batchCreate',
    call: (client, _, options) =>
      client.batchCreate({ items: [{ target_url: target }, { target_url: target, label: 'b' }] }, options),
    sends: () => ({
      line: 'POST /v1/qurls/batch',
      body: { items: [{ target_url: target }, { target_url: target, label: 'b' }] },
    }),
    returns: () => ({
      succeeded: 2,
      failed: 0,
      results: [1, 0].map((index) => ({
        index,
        success: true,
        resource_id: made.resourceId,
        crid: made.crid,
        qurl_link: made.link,
        qurl_site: made.site,
        expires_at: made.time,
      })),
      request_id: made.requestId,
    }),
    write: { effect: 'qurl.created', times: 2, resend: 'keyed' },
  },
  {
    name: 'get',
    arrange: withQurl,
    call: (client, { id = '' }) => client.get(id),
    sends: ({ id }) => ({ line: `GET /v1/qurls/${id}` }),
    returns: (known) => ({ ...row(known), access_tokens: [accessToken] }),
  },
  {
    name: 'get (by the id of a link)',
    arrange: withQurl,
    call: (client, { qurlId = '' }) => client.get(qurlId),
    sends: ({ qurlId }) => ({ line: `GET /v1/qurls/${qurlId}` }),
    returns: (known) => ({ ...row(known), access_tokens: [accessToken] }),
  },
  {
    name: 'list',
    arrange: withQurl,
    call: (client) => client.list(),
    sends: () => ({ line: 'GET /v1/qurls' }),
    returns: (known) => ({ qurls: [row(known)], ...lastPage(1) }),
  },
  {
    name: 'list (every filter)',
    call: (client) =>
      client.list({
        limit: 5,
        cursor: Buffer.from('{"after":"r_1","at":0,"scope":""}').toString('base64url'),
        status: 'active,revoked',
        q: 'a b&c',
        sort: 'expires_at:desc',
        created_after: '2026-01-01T00:00:00Z',
        created_before: '2026-02-01T00:00:00Z',
        expires_before: '2026-03-01T00:00:00Z',
        expires_after: '2026-04-01T00:00:00+01:00',
      }),
    sends: () => ({
      line: 'GET /v1/qurls',
      query: {
        limit: '5',
        cursor: Buffer.from('{"after":"r_1","at":0,"scope":""}').toString('base64url'),
        status: 'active,revoked',
        q: 'a b&c',
        sort: 'expires_at:desc',
        created_after: '2026-01-01T00:00:00Z',
        created_before: '2026-02-01T00:00:00Z',
        expires_before: '2026-03-01T00:00:00Z',
        expires_after: '2026-04-01T00:00:00+01:00',
      },
    }),
    returns: () => ({ qurls: [], ...lastPage(0) }),
  },
  {
    name: 'update',
    arrange: withQurl,
    call: (client, { id = '' }, options) =>
      client.update(id, { extend_by: '1d', description: 'Q2', tags: ['Team', 'team'] }, options),
    sends: ({ id }) => ({
      line: `PATCH /v1/qurls/${id}`,
      body: { extend_by: '1d', description: 'Q2', tags: ['Team', 'team'] },
    }),
    returns: (known) => ({
      ...row(known),
      description: 'Q2',
      tags: ['team'],
      access_tokens: [accessToken],
    }),
    write: { effect: 'qurl.updated', resend: 'keyed' },
  },
  {
    name: 'extend',
    arrange: withQurl,
    call: (client, { id = '' }, options) => client.extend(id, { extend_by: '7d' }, options),
    sends: ({ id }) => ({ line: `PATCH /v1/qurls/${id}`, body: { extend_by: '7d' } }),
    returns: (known) => ({ ...row(known), access_tokens: [accessToken] }),
    write: { effect: 'qurl.updated', resend: 'keyed' },
  },
  {
    name: 'mintLink',
    arrange: withQurl,
    call: (client, { id = '' }, options) =>
      client.mintLink(id, { expires_at: '2099-01-01T00:00:00.000Z', max_sessions: 0 }, options),
    sends: ({ id }) => ({
      line: `POST /v1/qurls/${id}/mint_link`,
      body: { expires_at: '2099-01-01T00:00:00.000Z', max_sessions: 0 },
    }),
    returns: () => ({
      qurl_id: made.qurlId,
      qurl_link: made.link,
      expires_at: '2099-01-01T00:00:00.000Z',
      type: 'url',
    }),
    write: { effect: 'link.minted', resend: 'keyed' },
  },
  {
    name: 'mintLink (defaults)',
    arrange: withQurl,
    call: (client, { id = '' }, options) => client.mintLink(id, undefined, options),
    sends: ({ id }) => ({ line: `POST /v1/qurls/${id}/mint_link`, body: {} }),
    returns: () => ({ qurl_id: made.qurlId, qurl_link: made.link, expires_at: made.time, type: 'url' }),
    write: { effect: 'link.minted', resend: 'keyed' },
  },
  {
    name: 'delete',
    arrange: withQurl,
    call: (client, { id = '' }) => client.delete(id),
    sends: ({ id }) => ({ line: `DELETE /v1/qurls/${id}` }),
    returns: () => undefined,
    write: { effect: 'resource.revoked', resend: 'natural' },
  },
  {
    name: 'resolve',
    arrange: withQurl,
    call: (client, { token = '' }, options) => client.resolve({ access_token: token }, options),
    sends: ({ token }) => ({ line: 'POST /v1/resolve', body: { access_token: token } }),
    returns: ({ id }) => ({
      target_url: 'https://app.example/seed',
      resource_id: id,
      access_grant: { expires_in: 3600, granted_at: made.time, src_ip: expect.stringContaining('127.0.0.1') },
    }),
    write: { effect: 'token.resolved', resend: 'keyed' },
  },
  {
    name: 'resolve (a one-time token, as a string)',
    arrange: async ({ client }) => {
      const created = await client.create({ target_url: 'https://app.example/once', one_time_use: true })
      return { id: created.resource_id, token: created.qurl_link.split('#')[1] ?? '' }
    },
    call: (client, { token = '' }, options) => client.resolve(token, options),
    sends: ({ token }) => ({ line: 'POST /v1/resolve', body: { access_token: token } }),
    returns: ({ id }) => ({
      target_url: 'https://app.example/once',
      resource_id: id,
      access_grant: { expires_in: 3600, granted_at: made.time, src_ip: expect.stringContaining('127.0.0.1') },
    }),
    write: { effect: 'token.resolved', resend: 'keyed' },
  },
]
