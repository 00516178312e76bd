// @ts-check
import { checkFields, text } from '../fields.mjs'
import { cutPage } from '../page.mjs'
import { notFound, Problem } from '../problem.mjs'

/** @typedef {import('../types.js').RouteRequest} RouteRequest */
/** @typedef {import('../types.js').Row} Row */

const WEEK = 7 * 86_400_000

/** @param {RouteRequest} request */
function find({ account, params }) {
  const domain = account.domains.find((row) => row.domain === params[0])
  if (!domain) throw notFound('domain')
  return domain
}

/** @param {RouteRequest} request @param {Row} domain */
function renewToken({ world }, domain) {
  domain.verification_token = world.id('verify_', 24)
  domain.token_expires_at = world.timestamp(WEEK)
  domain.status = 'pending_verification'
  domain.dns_records = [
    { type: 'TXT', name: `_qurl.${domain.domain}`, value: domain.verification_token, verified: false },
  ]
}

/** @param {RouteRequest} request */
function register(request) {
  const { account, body, world } = request
  checkFields(body, { domain: text(253, 1) }, { required: ['domain'] })
  if (account.plan !== 'enterprise')
    throw new Problem(403, 'forbidden', 'Custom domains need the enterprise plan.')
  for (const other of world.accounts.values()) {
    if (other.domains.some((row) => row.domain === body.domain)) {
      throw new Problem(409, 'already_exists', 'This domain is registered already.')
    }
  }
  /** @type {Row} */
  const domain = {
    domain: body.domain,
    acme_cname_target: `${world.id('acme-', 8)}.acme.example`,
    created_at: world.timestamp(),
    verified_at: null,
    activated_at: null,
    ready_for_qurls: false,
  }
  renewToken(request, domain)
  account.domains.push(domain)
  world.count('domain.registered')
  return { status: 201, data: domain, headers: { Location: `/v1/domains/${body.domain}` } }
}

/** @param {RouteRequest} request */
function list({ account, query }) {
  const { data, meta } = cutPage(account.domains, query, { idOf: (row) => row.domain })
  return { status: 200, data, meta }
}

/** @param {RouteRequest} request */
function remove(request) {
  const { account, world } = request
  account.domains.splice(account.domains.indexOf(find(request)), 1)
  world.count('domain.deleted')
  return { status: 204 }
}

/** @param {RouteRequest} request */
function verify(request) {
  const { world } = request
  const domain = find(request)
  if (Date.parse(domain.token_expires_at) <= world.now()) {
    throw new Problem(422, 'token_expired', 'The verification token has expired.')
  }
  domain.status = 'verified'
  domain.verified_at ??= world.timestamp()
  world.count('domain.verified')
  return {
    status: 200,
    data: {
      domain: domain.domain,
      status: domain.status,
      checks: {
        txt: { verified: true, found: domain.verification_token },
        acme_cname: { verified: true },
        traffic_routing: { verified: false, error: 'no record found' },
      },
    },
  }
}

/** @param {RouteRequest} request */
function regenerate(request) {
  const domain = find(request)
  if (!['pending_verification', 'failed'].includes(domain.status)) {
    throw new Problem(409, 'conflict', 'The domain is verified already.')
  }
  renewToken(request, domain)
  request.world.count('domain.token_regenerated')
  return { status: 200, data: domain }
}

/** @type {import('../types.js').Route[]} */
export const domainRoutes = [
  {
    method: 'POST',
    path: 'domains',
    handle: register,
    honoursKey: true,
    body: 'required',
    scope: 'qurl:write',
  },
  { method: 'GET', path: 'domains', handle: list, scope: 'qurl:read' },
  { method: 'GET', path: 'domains/:', scope: 'qurl:read', handle: (r) => ({ status: 200, data: find(r) }) },
  { method: 'DELETE', path: 'domains/:', handle: remove, scope: 'qurl:write' },
  { method: 'POST', path: 'domains/:/verify', handle: verify, body: 'none', scope: 'qurl:write' },
  {
    method: 'POST',
    path: 'domains/:/regenerate-token',
    handle: regenerate,
    body: 'none',
    scope: 'qurl:write',
  },
]
