import { expect } from 'vitest'
import { lastPage, made, withQurl, withSession, type Known, type Operation } from './operation.js'

const resource = {
  resource_id: made.resourceId,
  crid: made.crid,
  type: 'url',
  target_url: 'https://app.example/seed',
  knock_resource_id: expect.stringMatching(/^knock_/) as unknown,
  status: 'active',
  description: '',
  tags: [] as string[],
  custom_domain: null,
  alias: null as string | null,
  preserve_host: false,
  session_duration_cap: 3600,
  qurl_count: 1,
  created_at: made.time,
  expires_at: made.time,
}

const tunnel = {
  type: 'tunnel',
  connector_routing_id: expect.stringMatching(/^c-[a-z2-7]{51}[aq]$/) as unknown,
}

const summary = (known: Known) => ({
  qurl_id: known['qurlId'],
  status: 'active',
  one_time_use: false,
  max_sessions: 0,
  session_duration: 0,
  use_count: 0,
  qurl_site: made.site,
  created_at: made.time,
  expires_at: made.time,
})

export const resourceOperations: Operation[] = [
  {
    name: 'createResource',
    call: (client, _, options) => client.createResource({ target_url: 'https://app.example/seed' }, options),
    sends: () => ({
      line: 'POST /v1/resources',
      // Without a type the service takes it for a URL; to say so is the same in both readings of its documents.
      body: expect.objectContaining({ target_url: 'https://app.example/seed' }),
    }),
    returns: () => ({ ...resource, qurl_count: 0 }),
    write: { effect: 'resource.created', resend: 'natural' },
  },
  {
    name: 'createResource (a tunnel, found or created)',
    call: (client, _, options) =>
      client.createResource(
        { type: 'tunnel', slug: 'office-db', alias: 'db-main', find_or_create: true, tags: ['db'] },
        options,
      ),
    sends: () => ({
      line: 'POST /v1/resources',
      body: { type: 'tunnel', slug: 'office-db', alias: 'db-main', find_or_create: true, tags: ['db'] },
    }),
    returns: () => {
      const { target_url: _none, ...rest } = resource
      return { ...rest, ...tunnel, slug: 'office-db', alias: 'db-main', tags: ['db'], qurl_count: 0 }
    },
    write: { effect: 'resource.created', resend: 'natural' },
  },
  {
    name: 'listResources',
    arrange: withQurl,
    call: (client) => client.listResources({ limit: 10, status: 'active', type: 'url' }),
    sends: () => ({ line: 'GET /v1/resources', query: { limit: '10', status: 'active', type: 'url' } }),
    returns: () => ({ resources: [resource], ...lastPage(1) }),
  },
  {
    name: 'listResources (by slug)',
    arrange: async ({ client }) => {
      await client.createResource({ type: 'tunnel', slug: 'office-db' })
      return {}
    },
    call: (client) => client.listResources({ slug: 'office-db' }),
    sends: () => ({ line: 'GET /v1/resources', query: { slug: 'office-db' } }),
    returns: () => ({
      resources: [expect.objectContaining({ slug: 'office-db', type: 'tunnel' })],
      ...lastPage(1),
    }),
  },
  {
    name: 'getResource',
    arrange: withQurl,
    call: (client, { id = '' }) => client.getResource(id),
    sends: ({ id }) => ({ line: `GET /v1/resources/${id}` }),
    returns: (known) => ({ resource, qurls: [summary(known)] }),
  },
  {
    name: 'updateResource',
    arrange: withQurl,
    call: (client, { id = '' }, options) =>
      client.updateResource(id, { description: 'Q2', preserve_host: true, alias: 'main-app' }, options),
    sends: ({ id }) => ({
      line: `PATCH /v1/resources/${id}`,
      body: { description: 'Q2', preserve_host: true, alias: 'main-app' },
    }),
    returns: () => ({ ...resource, description: 'Q2', preserve_host: true, alias: 'main-app' }),
    write: { effect: 'resource.updated', resend: 'never' },
  },
  {
    name: 'updateResource (the alias cleared)',
    arrange: withQurl,
    call: (client, { id = '' }, options) => client.updateResource(id, { alias: null }, options),
    sends: ({ id }) => ({ line: `PATCH /v1/resources/${id}`, body: { alias: null } }),
    returns: () => resource,
    write: { effect: 'resource.updated', resend: 'never' },
  },
  {
    name: 'deleteResource',
    arrange: withQurl,
    call: (client, { id = '' }) => client.deleteResource(id),
    sends: ({ id }) => ({ line: `DELETE /v1/resources/${id}` }),
    returns: () => undefined,
    write: { effect: 'resource.revoked', resend: 'natural' },
  },
  {
    name: 'createQurlForResource',
    arrange: withQurl,
    call: (client, { id = '' }, options) =>
      client.createQurlForResource(id, { expires_in: '1h', one_time_use: false, label: 'guest' }, options),
    sends: ({ id }) => ({
      line: `POST /v1/resources/${id}/qurls`,
      body: { expires_in: '1h', one_time_use: false, label: 'guest' },
    }),
    returns: ({ id }) => ({
      qurl_id: made.qurlId,
      resource_id: id,
      crid: made.crid,
      qurl_link: made.link,
      qurl_site: made.site,
      expires_at: made.time,
      label: 'guest',
      type: 'url',
    }),
    write: { effect: 'link.minted', resend: 'keyed' },
  },
  {
    name: 'createQurlForResource (defaults)',
    arrange: withQurl,
    call: (client, { id = '' }, options) => client.createQurlForResource(id, undefined, options),
    sends: ({ id }) => ({ line: `POST /v1/resources/${id}/qurls`, body: {} }),
    returns: ({ id }) => expect.objectContaining({ resource_id: id, qurl_link: made.link }) as unknown,
    write: { effect: 'link.minted', resend: 'keyed' },
  },
  {
    name: 'updateResourceQurl',
    arrange: withQurl,
    call: (client, { id = '', qurlId = '' }, options) =>
      client.updateResourceQurl(id, qurlId, { extend_by: '1d', label: 'b', session_duration: '2h' }, options),
    sends: ({ id, qurlId }) => ({
      line: `PATCH /v1/resources/${id}/qurls/${qurlId}`,
      body: { extend_by: '1d', label: 'b', session_duration: '2h' },
    }),
    returns: (known) => ({ ...summary(known), label: 'b', session_duration: 7200 }),
    write: { effect: 'token.updated', resend: 'never' },
  },
  {
    name: 'revokeResourceQurl',
    arrange: withQurl,
    call: (client, { id = '', qurlId = '' }) => client.revokeResourceQurl(id, qurlId),
    sends: ({ id, qurlId }) => ({ line: `DELETE /v1/resources/${id}/qurls/${qurlId}` }),
    returns: () => undefined,
    write: { effect: 'token.revoked', resend: 'natural' },
  },
  {
    name: 'resolveResource',
    arrange: withQurl,
    call: (client, { id = '' }, options) => client.resolveResource(id, { ttl_seconds: 60 }, options),
    sends: ({ id }) => ({ line: `POST /v1/resources/${id}/resolve`, body: { ttl_seconds: 60 } }),
    returns: () => ({
      qurl: expect.stringMatching(/^https:\/\/qurl\.link\/#qv2t1\./),
      qurl_id: made.qurlId,
      crid: expect.any(String),
      type: 'qv2',
      expires_at: made.time,
      expires_in_seconds: 60,
      single_use: true,
    }),
    write: { effect: 'link.minted', resend: 'never' },
  },
  {
    name: 'listResourceSessions',
    arrange: withSession,
    call: (client, { id = '' }) => client.listResourceSessions(id),
    sends: ({ id }) => ({ line: `GET /v1/resources/${id}/sessions` }),
    returns: ({ sessionId, qurlId }) => ({
      sessions: [
        {
          session_id: sessionId,
          qurl_id: qurlId,
          src_ip: expect.stringContaining('127.0.0.1'),
          created_at: made.time,
          last_seen_at: made.time,
        },
      ],
      has_more: false,
      request_id: made.requestId,
    }),
  },
  {
    name: 'terminateAllResourceSessions',
    arrange: withSession,
    call: (client, { id = '' }) => client.terminateAllResourceSessions(id),
    sends: ({ id }) => ({ line: `DELETE /v1/resources/${id}/sessions` }),
    returns: () => ({ terminated: 1, request_id: made.requestId }),
    write: { effect: 'session.terminated', resend: 'natural' },
  },
  {
    name: 'terminateResourceSession',
    arrange: withSession,
    call: (client, { id = '', sessionId = '' }) => client.terminateResourceSession(id, sessionId),
    sends: ({ id, sessionId }) => ({ line: `DELETE /v1/resources/${id}/sessions/${sessionId}` }),
    returns: () => undefined,
    write: { effect: 'session.terminated', resend: 'natural' },
  },
]
