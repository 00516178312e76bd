// @ts-check
import { checkFields, integer, text, time } from '../fields.mjs'
import { findResource } from '../links.mjs'
import { cutPage } from '../page.mjs'
import { notFound, Problem } from '../problem.mjs'

/** @typedef {import('../types.js').RouteRequest} RouteRequest */

/** @param {RouteRequest} request */
function needSystemTier({ account }) {
  if (!account.systemTier) throw new Problem(403, 'forbidden', 'Access codes need a system-tier account.')
}

/** @param {RouteRequest} request */
function create(request) {
  const { account, body, world } = request
  needSystemTier(request)
  checkFields(
    body,
    { resource_id: text(256, 1), name: text(100), max_uses: integer(0, 1_000_000), expires_at: time() },
    { required: ['resource_id'] },
  )
  const resource = findResource(request, body.resource_id)
  const code = {
    access_code_id: world.id('acd_', 11),
    resource_id: resource.resource_id,
    name: body.name ?? '',
    status: 'active',
    max_uses: body.max_uses ?? 0,
    use_count: 0,
    created_at: world.timestamp(),
    expires_at: body.expires_at ?? null,
    code: world.id('ac_', 22),
  }
  account.accessCodes.push(code)
  world.count('access_code.created')
  return { status: 201, data: code, headers: { Location: `/v1/access-codes/${code.access_code_id}` } }
}

/** @param {RouteRequest} request */
function list(request) {
  needSystemTier(request)
  return { status: 200, data: request.account.accessCodes.map(({ code: _code, ...row }) => row), meta: {} }
}

/** @param {RouteRequest} request */
function redeem(request) {
  const { body, world } = request
  checkFields(
    body,
    { code: text(256, 1), honeypot: text(256), elapsed_ms: integer(0, Number.MAX_SAFE_INTEGER) },
    { required: ['code'] },
  )
  // Bots fill in every field and are quick: they are told that all went well.
  if (body.honeypot || (body.elapsed_ms !== undefined && body.elapsed_ms < 3000))
    return { status: 200, data: {} }
  for (const account of world.accounts.values()) {
    const code = account.accessCodes.find((row) => row.code === body.code && row.status === 'active')
    if (!code) continue
    if (code.max_uses > 0 && code.use_count >= code.max_uses) {
      throw new Problem(410, 'token_consumed', 'This code was used up.')
    }
    code.use_count += 1
    world.count('access_code.redeemed')
    const resource = account.resources.find((row) => row.resource_id === code.resource_id)
    return { status: 200, data: { redirect_url: `https://${resource?.crid.slice(0, 20)}.qurl.site` } }
  }
  throw notFound('access code')
}

/** @param {RouteRequest} request */
function revoke(request) {
  needSystemTier(request)
  const code = request.account.accessCodes.find(
    (row) => row.access_code_id === request.params[0] && row.status === 'active',
  )
  if (!code) throw notFound('access code')
  code.status = 'revoked'
  request.world.count('access_code.revoked')
  return { status: 204 }
}

/** @param {RouteRequest} request */
function installations({ account, query }) {
  const { data, meta } = cutPage(account.installations, query, { idOf: (row) => row.installation_id })
  return { status: 200, data, meta }
}

/** @type {import('../types.js').Route[]} */
export const accessRoutes = [
  { method: 'POST', path: 'access-codes', handle: create, honoursKey: true, body: 'required' },
  { method: 'GET', path: 'access-codes', handle: list },
  { method: 'POST', path: 'access-codes/redeem', handle: redeem, access: 'public', body: 'required' },
  { method: 'DELETE', path: 'access-codes/:', handle: revoke },
  { method: 'GET', path: 'connectors/installations', handle: installations },
]
