import { expect } from 'vitest'
import { lastPage, made, type Operation, type Scene } from './operation.js'

const domain = {
  domain: 'links.example',
  status: 'pending_verification',
  verification_token: expect.stringMatching(/^verify_/) as unknown,
  token_expires_at: made.time,
  acme_cname_target: expect.any(String) as unknown,
  created_at: made.time,
  verified_at: null,
  activated_at: null,
  ready_for_qurls: false,
  dns_records: [
    { type: 'TXT', name: '_qurl.links.example', value: expect.any(String) as unknown, verified: false },
  ],
}

async function withDomain({ client }: Scene) {
  await client.registerDomain({ domain: 'links.example' })
  return {}
}

export const domainOperations: Operation[] = [
  {
    name: 'registerDomain',
    call: (client, _, options) => client.registerDomain({ domain: 'links.example' }, options),
    sends: () => ({ line: 'POST /v1/domains', body: { domain: 'links.example' } }),
    returns: () => domain,
    write: { effect: 'domain.registered', resend: 'keyed' },
  },
  {
    name: 'listDomains',
    arrange: withDomain,
    call: (client) => client.listDomains({ limit: 100 }),
    sends: () => ({ line: 'GET /v1/domains', query: { limit: '100' } }),
    returns: () => ({ domains: [domain], ...lastPage(1) }),
  },
  {
    name: 'getDomain',
    arrange: withDomain,
    call: (client) => client.getDomain('links.example'),
    sends: () => ({ line: 'GET /v1/domains/links.example' }),
    returns: () => domain,
  },
  {
    name: 'deleteDomain',
    arrange: withDomain,
    call: (client) => client.deleteDomain('links.example'),
    sends: () => ({ line: 'DELETE /v1/domains/links.example' }),
    returns: () => undefined,
    write: { effect: 'domain.deleted', resend: 'natural' },
  },
  {
    name: 'verifyDomain',
    arrange: withDomain,
    call: (client, _, options) => client.verifyDomain('links.example', options),
    sends: () => ({ line: 'POST /v1/domains/links.example/verify' }),
    returns: () => ({
      domain: 'links.example',
      status: 'verified',
      checks: {
        txt: { verified: true, found: expect.any(String) },
        acme_cname: { verified: true },
        traffic_routing: { verified: false, error: 'no record found' },
      },
    }),
    write: { effect: 'domain.verified', resend: 'never' },
  },
  {
    name: 'regenerateDomainToken',
    arrange: withDomain,
    call: (client, _, options) => client.regenerateDomainToken('links.example', options),
    sends: () => ({ line: 'POST /v1/domains/links.example/regenerate-token' }),
    returns: () => domain,
    write: { effect: 'domain.token_regenerated', resend: 'never' },
  },
]
