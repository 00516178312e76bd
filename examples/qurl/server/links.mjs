// @ts-check
import { accessPolicy, duration, durationSeconds, flag, integer, text } from './fields.mjs'
import { identityOf, routingIdOf } from './identity.mjs'
import { notFound, Problem } from './problem.mjs'

/** @typedef {import('./types.js').RouteRequest} RouteRequest */
/** @typedef {import('./types.js').Row} Row */

const DAY = 86_400
const HEX = '0123456789abcdef'

/** What a link may be minted with, whichever call mints it. */
export const mintFields = {
  expires_in: duration(60, 30 * DAY),
  label: text(500, 1),
  one_time_use: flag(),
  max_sessions: integer(0, 1000),
  session_duration: duration(1, DAY, 'invalid_session_duration'),
  access_policy: accessPolicy(),
}

/** @param {RouteRequest} request @param {Row} input @param {string} type */
export function newResource({ world, account }, input, type) {
  const at = world.timestamp()
  const seed = world.id('', 16)
  const resource = {
    ...identityOf(seed),
    type,
    ...(input.target_url !== undefined && { target_url: input.target_url }),
    knock_resource_id: world.id('knock_', 8),
    status: 'active',
    description: input.description ?? '',
    tags: [...new Set((input.tags ?? []).map((/** @type {string} */ tag) => tag.toLowerCase()))],
    custom_domain: input.custom_domain ?? null,
    alias: input.alias ?? null,
    ...(input.slug !== undefined && { slug: input.slug }),
    ...(type === 'tunnel' && { connector_routing_id: routingIdOf(seed) }),
    preserve_host: false,
    session_duration_cap: durationSeconds(input.session_duration ?? '1h'),
    created_at: at,
    expires_at: world.timestamp(DAY * 1000),
  }
  account.resources.push(resource)
  world.count('resource.created')
  return resource
}

/** Mints one link for a resource. @param {RouteRequest} request @param {Row} resource @param {Row} input */
export function mint({ world, account }, resource, input) {
  const secret = world.id('at_', 22)
  const expiresAt = input.expires_at ?? world.timestamp(durationSeconds(input.expires_in ?? '24h') * 1000)
  const token = {
    qurl_id: world.id('q_', 11, HEX),
    resource_id: resource.resource_id,
    secret,
    ...(input.label !== undefined && { label: input.label }),
    status: 'active',
    one_time_use: input.one_time_use ?? false,
    max_sessions: input.max_sessions ?? 0,
    session_duration: input.session_duration === undefined ? 0 : durationSeconds(input.session_duration),
    ...(input.access_policy !== undefined && { access_policy: input.access_policy }),
    use_count: 0,
    qurl_site: `https://${resource.crid.slice(0, 20)}.qurl.site`,
    created_at: world.timestamp(),
    expires_at: expiresAt,
  }
  account.tokens.push(token)
  world.count('link.minted')
  return { token, link: `https://qurl.link/#${secret}` }
}

/** @param {Row} token */
export function showToken({ secret: _secret, resource_id: _resource, ...token }) {
  return token
}

/** Finds a resource by its own id or by that of one of its links. @param {RouteRequest} request @param {string} id */
export function findResource({ account }, id) {
  const parent = account.tokens.find((token) => token.qurl_id === id)?.resource_id ?? id
  const resource = account.resources.find((row) => row.resource_id === parent || row.crid === parent)
  if (!resource) throw notFound('resource', 'resource_not_found')
  if (resource.tombstone) {
    throw new Problem(410, 'resource_tombstoned', 'This resource was closed.', {
      tombstone: resource.tombstone,
    })
  }
  return resource
}

/** @param {{ resource: Row, token: Row, link: string }} made */
export const showCreated = ({ resource, token, link }) => ({
  qurl_id: token.qurl_id,
  resource_id: resource.resource_id,
  crid: resource.crid,
  qurl_link: link,
  qurl_site: token.qurl_site,
  ...(resource.custom_domain && { branded_domain: resource.custom_domain }),
  expires_at: token.expires_at,
  ...(token.label !== undefined && { label: token.label }),
  type: resource.type,
})

/** @param {Row} row @param {Row} body */
export function extend(row, body) {
  if (body.expires_at) row.expires_at = body.expires_at
  if (body.extend_by) {
    row.expires_at = new Date(
      Date.parse(row.expires_at) + durationSeconds(body.extend_by) * 1000,
    ).toISOString()
  }
}
