import { expect } from 'vitest'
import { made, withQurl, type Known, type Operation, type Scene } from './operation.js'

const slug = 'office-db'

/** A connector's resource, by its slug. */
async function withConnector({ client }: Scene): Promise<Known> {
  const { crid = '', resource_id } = await client.createResource({
    type: 'tunnel',
    slug,
    find_or_create: true,
  })
  return { id: resource_id, crid }
}

const connector = {
  crid: made.crid,
  resourcePublicKey: made.resourceId,
  connectorRoutingId: expect.stringMatching(/^c-[a-z2-7]{51}[aq]$/) as unknown,
  knockResourceId: expect.stringMatching(/^knock_/) as unknown,
  slug,
}

export const connectorResourceOperations: Operation[] = [
  {
    name: 'ensureConnectorResource',
    call: (client, _, options) => client.ensureConnectorResource(slug, options),
    sends: () => ({ line: 'POST /v1/resources', body: { type: 'tunnel', slug, find_or_create: true } }),
    returns: () => ({
      resource: expect.objectContaining(connector) as unknown,
      foundExisting: expect.any(Boolean) as unknown,
    }),
    write: { effect: 'resource.created', resend: 'natural' },
  },
  {
    name: 'getConnectorResource',
    arrange: withConnector,
    call: (client, { crid = '' }) => client.getConnectorResource(crid),
    sends: ({ crid }) => ({ line: `GET /v1/resources/${crid}` }),
    returns: () => expect.objectContaining(connector) as unknown,
  },
  {
    name: 'getConnectorResourceBySlug',
    arrange: withConnector,
    call: (client) => client.getConnectorResourceBySlug(slug),
    sends: () => ({ line: 'GET /v1/resources', query: { slug } }),
    returns: () => expect.objectContaining(connector) as unknown,
  },
  {
    name: 'deleteConnectorResource',
    arrange: withConnector,
    call: (client, { crid = '' }) => client.deleteConnectorResource(crid),
    sends: ({ crid }) => ({ line: `DELETE /v1/resources/${crid}` }),
    returns: () => undefined,
    write: { effect: 'resource.revoked', resend: 'natural' },
  },
  {
    name: 'shareResource',
    arrange: withQurl,
    call: (client, { crid = '' }, options) => client.shareResource(crid, { ttlSeconds: 60 }, options),
    sends: ({ crid }) => ({ line: `POST /v1/resources/${crid}/share`, body: { ttl_seconds: 60 } }),
    returns: ({ crid }) =>
      expect.objectContaining({
        crid,
        qurlId: made.qurlId,
        type: 'qv2',
        expiresInSeconds: 60,
        singleUse: true,
        link: expect.stringMatching(/^https:\/\/qurl\.link\/#qv2t1\./) as unknown,
        expiresAt: expect.any(Date) as unknown,
      }) as unknown,
    write: { effect: 'link.minted', resend: 'never' },
  },
]
