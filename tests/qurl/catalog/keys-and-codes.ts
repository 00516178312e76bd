import { expect } from 'vitest'
import { lastPage, made, withQurl, type Known, type Operation, type Scene } from './operation.js'

const apiKey = {
  kind: 'api_key',
  key_id: made.keyId,
  key_prefix: expect.stringMatching(/^lv_test_/) as unknown,
  name: 'ci',
  scopes: ['qurl:read'],
  status: 'active',
  created_at: made.time,
  updated_at: made.time,
}

async function withKey({ client }: Scene): Promise<Known> {
  return { id: (await client.createApiKey({ name: 'ci', scopes: ['qurl:read'] })).key_id ?? '' }
}

const accessCode = (id: string | undefined) => ({
  access_code_id: made.accessCodeId,
  resource_id: id,
  name: 'door',
  status: 'active',
  max_uses: 3,
  use_count: 0,
  created_at: made.time,
  expires_at: null,
})

async function withCode(scene: Scene): Promise<Known> {
  const { id = '' } = await withQurl(scene)
  const { access_code_id, code } = await scene.client.createAccessCode({
    resource_id: id,
    name: 'door',
    max_uses: 3,
  })
  return { id, codeId: access_code_id ?? '', code: code ?? '' }
}

export const keyAndCodeOperations: Operation[] = [
  {
    name: 'createApiKey',
    as: 'jwt',
    call: (client, _, options) => client.createApiKey({ name: 'ci', scopes: ['qurl:read'] }, options),
    sends: () => ({
      line: 'POST /v1/api-keys',
      body: { kind: 'api_key', name: 'ci', scopes: ['qurl:read'] },
    }),
    returns: () => ({ ...apiKey, api_key: expect.stringMatching(/^lv_test_/) }),
    write: { effect: 'api_key.created', resend: 'keyed' },
  },
  {
    name: 'createApiKey (by kind)',
    as: 'jwt',
    call: (client, _, options) =>
      client.createApiKey(
        {
          kind: 'enrollment_token',
          name: 'office-db enrolment',
          target: 'connector',
          claims: [{ type: 'connector', id: 'office-db' }],
          expires_in: '1h',
        },
        options,
      ),
    sends: () => ({
      line: 'POST /v1/api-keys',
      body: {
        kind: 'enrollment_token',
        name: 'office-db enrolment',
        target: 'connector',
        claims: [{ type: 'connector', id: 'office-db' }],
        expires_in: '1h',
      },
    }),
    returns: () => expect.objectContaining({ kind: 'enrollment_token', key_id: made.keyId }) as unknown,
    write: { effect: 'api_key.created', resend: 'keyed' },
  },
  {
    name: 'listApiKeys',
    as: 'jwt',
    arrange: withKey,
    call: (client) => client.listApiKeys({ status: 'all', limit: 2 }),
    sends: () => ({ line: 'GET /v1/api-keys', query: { status: 'all', limit: '2' } }),
    returns: () => ({ api_keys: [apiKey], ...lastPage(1) }),
  },
  {
    name: 'updateApiKey',
    as: 'jwt',
    arrange: withKey,
    call: (client, { id = '' }, options) =>
      client.updateApiKey(id, { name: 'deploy', scopes: ['qurl:write'] }, options),
    sends: ({ id }) => ({
      line: `PATCH /v1/api-keys/${id}`,
      body: { name: 'deploy', scopes: ['qurl:write'] },
    }),
    returns: () => ({ ...apiKey, name: 'deploy', scopes: ['qurl:write'] }),
    write: { effect: 'api_key.updated', resend: 'never' },
  },
  {
    name: 'revokeApiKey',
    as: 'jwt',
    arrange: withKey,
    call: (client, { id = '' }) => client.revokeApiKey(id),
    sends: ({ id }) => ({ line: `DELETE /v1/api-keys/${id}` }),
    returns: () => undefined,
    write: { effect: 'api_key.revoked', resend: 'natural' },
  },
  {
    name: 'createAccessCode',
    arrange: withQurl,
    call: (client, { id = '' }, options) =>
      client.createAccessCode({ resource_id: id, name: 'door', max_uses: 3 }, options),
    sends: ({ id }) => ({
      line: 'POST /v1/access-codes',
      body: { resource_id: id, name: 'door', max_uses: 3 },
    }),
    returns: ({ id }) => ({ ...accessCode(id), code: expect.stringMatching(/^ac_/) }),
    write: { effect: 'access_code.created', resend: 'keyed' },
  },
  {
    name: 'listAccessCodes',
    arrange: withCode,
    call: (client) => client.listAccessCodes(),
    sends: () => ({ line: 'GET /v1/access-codes' }),
    returns: ({ id }) => ({ access_codes: [accessCode(id)], has_more: false, request_id: made.requestId }),
  },
  {
    name: 'redeemAccessCode',
    as: 'nobody',
    arrange: withCode,
    call: (client, { code = '' }, options) =>
      client.redeemAccessCode({ code, honeypot: '', elapsed_ms: 4200 }, options),
    sends: ({ code }) => ({
      line: 'POST /v1/access-codes/redeem',
      body: { code, honeypot: '', elapsed_ms: 4200 },
    }),
    returns: () => ({ redirect_url: made.site }),
    write: { effect: 'access_code.redeemed', resend: 'never' },
  },
  {
    name: 'revokeAccessCode',
    arrange: withCode,
    call: (client, { codeId = '' }) => client.revokeAccessCode(codeId),
    sends: ({ codeId }) => ({ line: `DELETE /v1/access-codes/${codeId}` }),
    returns: () => undefined,
    write: { effect: 'access_code.revoked', resend: 'natural' },
  },
]
