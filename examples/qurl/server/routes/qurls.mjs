// @ts-check
import { checkFields, duration, findProblems, oneOf, tags, text, time, url } from '../fields.mjs'
import { extend, findResource, mint, mintFields, newResource, showCreated, showToken } from '../links.mjs'
import { cutPage } from '../page.mjs'
import { notFound, Problem } from '../problem.mjs'

/** @typedef {import('../types.js').RouteRequest} RouteRequest */
/** @typedef {import('../types.js').Row} Row */

const DAY = 86_400

const createFields = {
  ...mintFields,
  target_url: url(),
  type: oneOf('url', 'tunnel', 'transit'),
  custom_domain: text(253, 1),
}

/** @param {Row} body */
const requiredToCreate = (body) => ((body.type ?? 'url') === 'url' ? ['target_url'] : [])

/** @param {RouteRequest} request @param {Row} resource @param {boolean} [full] */
function showQurl({ account }, resource, full = false) {
  const tokens = account.tokens.filter((token) => token.resource_id === resource.resource_id)
  const {
    knock_resource_id: _k,
    alias: _a,
    preserve_host: _p,
    session_duration_cap: _s,
    connector_routing_id: _c,
    ...row
  } = resource
  return { ...row, qurl_count: tokens.length, ...(full && { qurls: tokens.slice(0, 100).map(showToken) }) }
}

/** @param {RouteRequest} request @param {Row} input */
function createOne(request, input) {
  const { account, world } = request
  const type = input.type ?? 'url'
  const known = account.resources.find(
    (row) => row.target_url === input.target_url && row.status === 'active',
  )
  if (known && known.type !== type) {
    throw new Problem(409, 'resource_type_conflict', `The URL is already protected as ${known.type}.`)
  }
  const resource = known ?? newResource(request, input, type)
  const { token, link } = mint(request, resource, input)
  world.count('qurl.created')
  world.emit(account, 'qurl.created', { resource_id: resource.resource_id, qurl_id: token.qurl_id })
  return { resource, token, link }
}

/** @param {RouteRequest} request */
function create(request) {
  checkFields(request.body, createFields, { required: requiredToCreate(request.body) })
  const made = createOne(request, request.body)
  return {
    status: 201,
    data: showCreated(made),
    headers: { Location: `/v1/qurls/${made.resource.resource_id}` },
  }
}

/** @param {RouteRequest} request @returns {import('../types.js').Answer} */
function batch(request) {
  const { items, ...rest } = request.body
  if (!Array.isArray(items) || items.length < 1 || items.length > 100 || Object.keys(rest).length > 0) {
    throw new Problem(400, 'validation_error', 'items must be a list of 1 to 100, and the only property.')
  }
  const isObject = (/** @type {unknown} */ item) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
  const problems = items.map((item) =>
    isObject(item)
      ? findProblems(item, createFields, requiredToCreate(item))
      : { item: ['is no object', ''] },
  )
  // Input is checked as a whole: one invalid item and nothing is created.
  const isRefused = problems.some((found) => Object.keys(found).length > 0)
  const results = items.map((item, index) => {
    const fail = (/** @type {string} */ code, /** @type {string} */ message) => ({
      index,
      success: false,
      error: { code, message },
    })
    if (isRefused) {
      const found = Object.entries(problems[index] ?? {})
      return found.length > 0
        ? fail('validation_error', found.map(([name, [message]]) => `${name} ${message}`).join('; '))
        : fail('skipped', 'Not created because another item is invalid.')
    }
    if (new URL(item.target_url ?? 'https://none.example').hostname.endsWith('.invalid')) {
      return fail('creation_failed', 'The target cannot be reached.')
    }
    try {
      const { resource, token, link } = createOne(request, item)
      return {
        index,
        success: true,
        resource_id: resource.resource_id,
        crid: resource.crid,
        qurl_link: link,
        qurl_site: token.qurl_site,
        expires_at: token.expires_at,
      }
    } catch (error) {
      if (error instanceof Problem) return fail(error.code, error.message)
      throw error
    }
  })
  const succeeded = results.filter((result) => result.success).length
  const failed = results.length - succeeded
  const status = failed === 0 ? 201 : succeeded === 0 ? 400 : 207
  // The service does not promise an order, so this one does not keep it.
  return { status, data: { succeeded, failed, results: results.toReversed() } }
}

/** @param {RouteRequest} request */
function list(request) {
  const { account, query } = request
  const [field = 'created_at', direction = 'asc'] = (query.get('sort') ?? 'created_at:asc').split(':')
  if (!['created_at', 'expires_at'].includes(field) || !['asc', 'desc'].includes(direction)) {
    throw new Problem(400, 'invalid_filter', 'sort must be created_at or expires_at with :asc or :desc.')
  }
  const wanted = query.get('status')?.split(',')
  const search = query.get('q')
  const bounds = /** @type {const} */ ([
    ['created_at', query.get('created_after'), 1],
    ['created_at', query.get('created_before'), -1],
    ['expires_at', query.get('expires_after'), 1],
    ['expires_at', query.get('expires_before'), -1],
  ])
  const sign = direction === 'desc' ? -1 : 1
  const rows = account.resources
    .map((row, at) => ({ row, at }))
    .toSorted((a, b) => sign * (String(a.row[field]).localeCompare(String(b.row[field])) || a.at - b.at))
    .map(({ row }) => row)
  const { data, meta } = cutPage(rows, query, {
    idOf: (row) => row.resource_id,
    scope: `${field}:${direction}`,
    onScopeChange: 'restart',
    show: (row) => showQurl(request, row),
    keep: (row) =>
      (!wanted || wanted.includes(row.status)) &&
      (!search || `${row.description} ${row.target_url}`.includes(search)) &&
      bounds.every(([name, bound, side]) => !bound || side * (Date.parse(row[name]) - Date.parse(bound)) > 0),
  })
  return { status: 200, data, meta }
}

/** @param {RouteRequest} request */
function update(request) {
  const { body, world } = request
  checkFields(
    body,
    { extend_by: duration(60, 30 * DAY), expires_at: time(), description: text(500), tags: tags() },
    { atLeastOne: true, exclusive: [['extend_by', 'expires_at']] },
  )
  const resource = findResource(request, request.params[0] ?? '')
  extend(resource, body)
  if (body.description !== undefined) resource.description = body.description
  if (body.tags) resource.tags = [...new Set(body.tags.map((/** @type {string} */ tag) => tag.toLowerCase()))]
  world.count('qurl.updated')
  return { status: 200, data: showQurl(request, resource, true) }
}

/** @param {RouteRequest} request */
function mintLink(request) {
  checkFields(
    request.body,
    { ...mintFields, expires_at: time() },
    { exclusive: [['expires_in', 'expires_at']] },
  )
  const resource = findResource(request, request.params[0] ?? '')
  if (resource.status !== 'active') throw new Problem(400, 'revoked', 'This resource was revoked.')
  const { token, link } = mint(request, resource, request.body)
  request.world.emit(request.account, 'token.minted', { qurl_id: token.qurl_id })
  const {
    resource_id: _id,
    crid: _crid,
    qurl_site: _site,
    label: _label,
    ...data
  } = showCreated({ resource, token, link })
  return { status: 201, data, headers: { Location: link } }
}

/** @param {RouteRequest} request */
export function revoke(request) {
  const id = request.params[0] ?? ''
  const { account, world } = request
  const resource = findResource(request, id)
  if (resource.status === 'active') {
    resource.status = 'revoked'
    for (const token of account.tokens)
      if (token.resource_id === resource.resource_id) token.status = 'revoked'
    world.count('resource.revoked')
    world.emit(account, 'qurl.revoked', { resource_id: resource.resource_id })
  }
  return { status: 204 }
}

/** @param {RouteRequest} request */
function revokeQurl(request) {
  if (request.params[0]?.startsWith('q_'))
    throw new Problem(400, 'invalid_request', 'A resource id is needed.')
  return revoke(request)
}

/** @param {RouteRequest} request */
function resolve(request) {
  const { account, world, body } = request
  checkFields(body, { access_token: text(512, 1) }, { required: ['access_token'] })
  const token = account.tokens.find((row) => row.secret === body.access_token)
  if (!token) throw notFound('access token')
  if (token.status === 'consumed') throw new Problem(410, 'token_consumed', 'This link was used already.')
  if (token.status !== 'active') throw new Problem(410, 'token_expired', 'This link was revoked.')
  if (Date.parse(token.expires_at) <= world.now())
    throw new Problem(410, 'token_expired', 'This link has expired.')
  const resource = findResource(request, token.resource_id)
  token.use_count += 1
  if (token.one_time_use) token.status = 'consumed'
  account.sessions.push({
    session_id: world.id('sess_', 12),
    qurl_id: token.qurl_id,
    resource_id: resource.resource_id,
    src_ip: request.ip,
    created_at: world.timestamp(),
    last_seen_at: world.timestamp(),
  })
  world.count('token.resolved')
  const grant = {
    expires_in: token.session_duration || 3600,
    granted_at: world.timestamp(),
    src_ip: request.ip,
  }
  return {
    status: 200,
    data: { target_url: resource.target_url, resource_id: resource.resource_id, access_grant: grant },
  }
}

/** @type {import('../types.js').Route[]} */
export const qurlRoutes = [
  { method: 'POST', path: 'qurls', handle: create, honoursKey: true, body: 'required', scope: 'qurl:write' },
  {
    method: 'POST',
    path: 'qurls/batch',
    handle: batch,
    honoursKey: true,
    body: 'required',
    scope: 'qurl:write',
  },
  { method: 'GET', path: 'qurls', handle: list, scope: 'qurl:read', etag: true },
  {
    method: 'GET',
    path: 'qurls/:',
    scope: 'qurl:read',
    etag: true,
    handle: (request) => ({
      status: 200,
      data: showQurl(request, findResource(request, request.params[0] ?? ''), true),
    }),
  },
  {
    method: 'PATCH',
    path: 'qurls/:',
    handle: update,
    honoursKey: true,
    body: 'required',
    scope: 'qurl:write',
  },
  { method: 'DELETE', path: 'qurls/:', handle: revokeQurl, scope: 'qurl:write' },
  {
    method: 'POST',
    path: 'qurls/:/mint_link',
    handle: mintLink,
    honoursKey: true,
    body: 'required',
    scope: 'qurl:write',
  },
  {
    method: 'POST',
    path: 'resolve',
    handle: resolve,
    honoursKey: true,
    body: 'required',
    scope: 'qurl:resolve',
  },
]
