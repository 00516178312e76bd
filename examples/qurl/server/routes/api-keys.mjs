// @ts-check
import { checkFields, list as listOf, object, oneOf, text } from '../fields.mjs'
import { cutPage } from '../page.mjs'
import { notFound, Problem } from '../problem.mjs'

/** @typedef {import('../types.js').RouteRequest} RouteRequest */
/** @typedef {import('../types.js').Row} Row */

const LIMITS = { free: 3, growth: 50, enterprise: 1000 }

/** @param {Row} key */
const show = ({ secret: _secret, ...key }) => key

/** @param {RouteRequest} request */
function create(request) {
  const { account, body, credential, world } = request
  checkFields(
    body,
    {
      name: text(100, 1),
      scopes: listOf(text(64, 1), 1, 20),
      expires_in: (value) => (/^\d+[smhdw]$/.test(value) ? undefined : 'must be a duration'),
      purpose: oneOf('tunnel_bootstrap'),
      tunnel_slug: text(64, 3),
      kind: oneOf('api_key', 'enrollment_token'),
      target: oneOf('agent', 'connector'),
      claims: listOf(object({ type: text(64, 1), id: text(256, 1) }), 0, 20),
    },
    { required: body.kind === 'enrollment_token' ? ['kind', 'name', 'target'] : ['name', 'scopes'] },
  )
  if (body.purpose !== undefined && body.tunnel_slug === undefined) {
    throw new Problem(400, 'validation_error', 'tunnel_slug is required with this purpose.')
  }
  if (credential?.kind !== 'jwt' && body.purpose !== 'tunnel_bootstrap') {
    throw new Problem(403, 'forbidden', 'An API key can only make keys that enrol a tunnel.')
  }
  if (account.apiKeys.filter((row) => row.status === 'active').length >= LIMITS[account.plan]) {
    throw new Problem(403, 'api_key_limit', 'The plan has no room for another key.')
  }
  const secret = world.id('lv_test_', 32)
  const { expires_in: _expires, ...given } = /** @type {Row} */ ({ kind: 'api_key', ...body })
  const key = {
    key_id: world.id('key_', 12),
    key_prefix: secret.slice(0, 12),
    status: 'active',
    created_at: world.timestamp(),
    updated_at: world.timestamp(),
    ...given,
    secret,
  }
  account.apiKeys.push(key)
  world.credentials.set(secret, { owner: account.owner, kind: 'api-key', scopes: body.scopes ?? [] })
  world.count('api_key.created')
  return {
    status: 201,
    data: { ...show(key), api_key: secret },
    headers: { Location: `/v1/api-keys/${key.key_id}` },
  }
}

/** @param {RouteRequest} request */
function list({ account, query }) {
  const status = query.get('status') ?? 'active'
  const { data, meta } = cutPage(account.apiKeys, query, {
    idOf: (row) => row.key_id,
    keep: (row) => status === 'all' || row.status === status,
    scope: status,
    show,
  })
  return { status: 200, data, meta }
}

/** @param {RouteRequest} request */
function find({ account, params }) {
  const key = account.apiKeys.find((row) => row.key_id === params[0] && row.status === 'active')
  if (!key) throw notFound('API key')
  return key
}

/** @param {RouteRequest} request */
function update(request) {
  const { body, world } = request
  checkFields(body, { name: text(100, 1), scopes: listOf(text(64, 1), 1, 20) })
  const key = Object.assign(find(request), body, { updated_at: world.timestamp() })
  world.count('api_key.updated')
  return { status: 200, data: show(key) }
}

/** @param {RouteRequest} request */
function revoke(request) {
  const key = find(request)
  key.status = 'revoked'
  request.world.credentials.delete(key.secret)
  request.world.count('api_key.revoked')
  return { status: 204 }
}

/** @type {import('../types.js').Route[]} */
export const apiKeyRoutes = [
  {
    method: 'POST',
    path: 'api-keys',
    handle: create,
    honoursKey: true,
    shortestKey: 32,
    comparesBody: true,
    body: 'required',
  },
  { method: 'GET', path: 'api-keys', handle: list, access: 'jwt' },
  { method: 'PATCH', path: 'api-keys/:', handle: update, access: 'jwt', body: 'required' },
  { method: 'DELETE', path: 'api-keys/:', handle: revoke, access: 'jwt' },
]
