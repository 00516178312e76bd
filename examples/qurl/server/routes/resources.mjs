// @ts-check
import { accessPolicy, checkFields, duration, durationSeconds, flag, handle, integer } from '../fields.mjs'
import { oneOf, tags, text, time, url } from '../fields.mjs'
import { extend, findResource, mint, mintFields, newResource, showCreated, showToken } from '../links.mjs'
import { cutPage } from '../page.mjs'
import { notFound, Problem } from '../problem.mjs'
import { revoke } from './qurls.mjs'

/** @typedef {import('../types.js').RouteRequest} RouteRequest */
/** @typedef {import('../types.js').Row} Row */

const DAY = 86_400

/** @param {RouteRequest} request @param {Row} resource */
function showResource({ account }, resource) {
  const count = account.tokens.filter((token) => token.resource_id === resource.resource_id).length
  return { ...resource, qurl_count: count }
}

/** @param {RouteRequest} request @returns {import('../types.js').Answer} */
function create(request) {
  const { account, body } = request
  const type = body.type ?? 'url'
  checkFields(
    body,
    {
      target_url: url(),
      type: oneOf('url', 'tunnel', 'transit'),
      description: text(500),
      tags: tags(),
      custom_domain: text(253, 1),
      alias: handle('alias_invalid_format'),
      slug: handle('invalid_input'),
      find_or_create: flag(),
    },
    { required: type === 'url' ? ['target_url'] : type === 'tunnel' ? ['slug'] : [] },
  )
  if (type !== 'tunnel' && (body.slug !== undefined || body.find_or_create !== undefined)) {
    throw new Problem(400, 'invalid_request', 'slug and find_or_create are for tunnels.')
  }
  const found =
    type === 'tunnel'
      ? account.resources.find((row) => row.slug === body.slug)
      : account.resources.find((row) => body.target_url && row.target_url === body.target_url)
  const answer = (/** @type {Row} */ resource, /** @type {boolean} */ isFound) => ({
    status: 201,
    data: showResource(request, resource),
    meta: { found_existing: isFound },
    headers: { Location: `/v1/resources/${resource.resource_id}` },
  })
  if (found?.tombstone) {
    throw new Problem(410, 'resource_tombstoned', 'This slug was closed.', { tombstone: found.tombstone })
  }
  if (found?.status === 'revoked') throw new Problem(409, 'resource_revoked', 'This resource was revoked.')
  if (found && found.type !== type) {
    throw new Problem(409, 'resource_type_conflict', `The URL is already protected as ${found.type}.`)
  }
  if (found && type === 'tunnel' && !body.find_or_create) {
    throw new Problem(409, 'slug_in_use', 'This slug is taken.')
  }
  if (found) {
    if (body.alias !== undefined && body.alias !== found.alias) {
      throw new Problem(409, 'resource_alias_mismatch', 'The resource has another alias.')
    }
    return answer(found, true)
  }
  if (body.alias !== undefined && account.resources.some((row) => row.alias === body.alias)) {
    throw new Problem(409, 'alias_in_use', 'This alias is taken.')
  }
  return answer(newResource(request, body, type), false)
}

/** @param {RouteRequest} request */
function list(request) {
  const { account, query } = request
  const alias = query.get('alias')
  const slug = query.get('slug')
  const status = query.get('status')
  const type = query.get('type')
  if ((alias && slug) || ((alias || slug) && (status || type))) {
    throw new Problem(400, 'invalid_filter', 'alias and slug stand alone.')
  }
  if (alias || slug) {
    const rows = account.resources.filter((row) =>
      alias ? row.alias === alias : row.slug === slug && row.type === 'tunnel' && row.status === 'active',
    )
    return {
      status: 200,
      data: rows.slice(0, 1).map((row) => showResource(request, row)),
      meta: { has_more: false, page_size: rows.length },
    }
  }
  const { data, meta } = cutPage(account.resources, query, {
    idOf: (row) => row.resource_id,
    scope: `${status}|${type}`,
    show: (row) => showResource(request, row),
    keep: (row) =>
      row.type !== 'transit' && (!status || row.status === status) && (!type || row.type === type),
  })
  return { status: 200, data, meta }
}

/** @param {RouteRequest} request */
function detail(request) {
  const resource = findResource(request, request.params[0] ?? '')
  const qurls = request.account.tokens.filter((token) => token.resource_id === resource.resource_id)
  return {
    status: 200,
    data: {
      resource: showResource(request, resource),
      qurls: qurls.slice(0, 100).map(showToken).toReversed(),
    },
  }
}

/** @param {RouteRequest} request */
function update(request) {
  const { account, body, world } = request
  const alias = handle('alias_invalid_format')
  checkFields(
    body,
    {
      description: text(500),
      tags: tags(),
      custom_domain: text(253),
      preserve_host: flag(),
      alias: (value) => (value === null ? undefined : alias(value)),
    },
    { atLeastOne: true, exclusive: [['custom_domain', 'alias']] },
  )
  const resource = findResource(request, request.params[0] ?? '')
  if (body.alias && account.resources.some((row) => row !== resource && row.alias === body.alias)) {
    throw new Problem(409, 'alias_in_use', 'This alias is taken.')
  }
  Object.assign(resource, body)
  if (body.custom_domain === '') resource.custom_domain = null
  world.count('resource.updated')
  return { status: 200, data: showResource(request, resource) }
}

/** @param {RouteRequest} request */
function mintForResource(request) {
  checkFields(request.body, { ...mintFields, target_path: text(2048, 1) })
  const resource = findResource(request, request.params[0] ?? '')
  if (resource.status !== 'active') throw new Problem(400, 'revoked', 'This resource was revoked.')
  if (request.body.target_path !== undefined && resource.type !== 'tunnel') {
    throw new Problem(400, 'invalid_target_path', 'target_path is for tunnels.')
  }
  const { token, link } = mint(request, resource, request.body)
  return {
    status: 201,
    data: showCreated({ resource, token, link }),
    headers: { Location: `/v1/resources/${resource.resource_id}/qurls/${token.qurl_id}` },
  }
}

/** @param {RouteRequest} request */
function findToken(request) {
  const resource = findResource(request, request.params[0] ?? '')
  const token = request.account.tokens.find(
    (row) => row.qurl_id === request.params[1] && row.resource_id === resource.resource_id,
  )
  if (!token) throw notFound('qURL')
  return token
}

/** @param {RouteRequest} request */
function updateToken(request) {
  const { body, world } = request
  checkFields(
    body,
    {
      extend_by: duration(60, 30 * DAY),
      expires_at: time(),
      label: text(500, 1),
      access_policy: accessPolicy(),
      max_sessions: integer(0, 1000),
      session_duration: duration(1, DAY, 'invalid_session_duration'),
    },
    { atLeastOne: true, exclusive: [['extend_by', 'expires_at']] },
  )
  const token = findToken(request)
  if (token.status !== 'active') throw new Problem(409, 'revoked', 'This qURL is not active.')
  extend(token, body)
  for (const name of ['label', 'access_policy', 'max_sessions']) if (name in body) token[name] = body[name]
  if (body.session_duration) token.session_duration = durationSeconds(body.session_duration)
  world.count('token.updated')
  return { status: 200, data: showToken(token) }
}

/** @param {RouteRequest} request */
function revokeToken(request) {
  const token = findToken(request)
  if (token.status !== 'active') throw new Problem(409, 'revoked', 'This qURL is not active.')
  token.status = 'revoked'
  request.world.count('token.revoked')
  request.world.emit(request.account, 'qurl.revoked', { qurl_id: token.qurl_id })
  return { status: 204 }
}

/** @param {RouteRequest} request */
function listSessions(request) {
  const resource = findResource(request, request.params[0] ?? '')
  const sessions = request.account.sessions
    .filter((row) => row.resource_id === resource.resource_id)
    .map(({ resource_id: _resource, ...session }) => session)
  return { status: 200, data: sessions, meta: {} }
}

/** @param {RouteRequest} request */
function endSessions(request) {
  const resource = findResource(request, request.params[0] ?? '')
  const { account, world } = request
  const kept = account.sessions.filter((row) => row.resource_id !== resource.resource_id)
  const terminated = account.sessions.length - kept.length
  account.sessions = kept
  world.count('session.terminated', terminated)
  return { status: 200, data: { terminated } }
}

/** @param {RouteRequest} request */
function endSession(request) {
  const resource = findResource(request, request.params[0] ?? '')
  const { account, world } = request
  const at = account.sessions.findIndex(
    (row) => row.session_id === request.params[1] && row.resource_id === resource.resource_id,
  )
  if (at === -1) throw notFound('session')
  account.sessions.splice(at, 1)
  world.count('session.terminated')
  return { status: 204 }
}

/** Makes a temporary link; `resolve` is the older name of `share`. @param {RouteRequest} request */
function shareResource(request) {
  checkFields(request.body, { ttl_seconds: integer(1, DAY) })
  const resource = findResource(request, request.params[0] ?? '')
  const seconds = request.body.ttl_seconds ?? 300
  const { token } = mint(request, resource, {})
  return {
    status: 200,
    data: {
      qurl: `https://qurl.link/#${request.world.id('qv2t1.', 40)}`,
      qurl_id: token.qurl_id,
      crid: resource.crid,
      type: 'qv2',
      expires_at: request.world.timestamp(seconds * 1000),
      expires_in_seconds: seconds,
      single_use: true,
    },
  }
}

/** @type {import('../types.js').Route[]} */
export const resourceRoutes = [
  { method: 'POST', path: 'resources', handle: create, body: 'required' },
  { method: 'GET', path: 'resources', handle: list },
  { method: 'GET', path: 'resources/:', handle: detail },
  { method: 'PATCH', path: 'resources/:', handle: update, body: 'required' },
  { method: 'DELETE', path: 'resources/:', handle: revoke },
  { method: 'POST', path: 'resources/:/qurls', handle: mintForResource, honoursKey: true, body: 'required' },
  { method: 'PATCH', path: 'resources/:/qurls/:', handle: updateToken, body: 'required' },
  { method: 'DELETE', path: 'resources/:/qurls/:', handle: revokeToken },
  { method: 'GET', path: 'resources/:/sessions', handle: listSessions },
  { method: 'DELETE', path: 'resources/:/sessions', handle: endSessions },
  { method: 'DELETE', path: 'resources/:/sessions/:', handle: endSession },
  { method: 'POST', path: 'resources/:/resolve', handle: shareResource, body: 'optional' },
  { method: 'POST', path: 'resources/:/share', handle: shareResource, body: 'required' },
]
