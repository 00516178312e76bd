// @ts-check
import { createHash } from 'node:crypto'
import { checkFields, list as listOf, object, text } from '../fields.mjs'
import { mintFields } from '../links.mjs'
import { notFound, Problem } from '../problem.mjs'

/** @typedef {import('../types.js').RouteRequest} RouteRequest */
/** @typedef {import('../types.js').Row} Row */

const HEX = '0123456789abcdef'
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const PRIVATE = { 'Cache-Control': 'private, no-store' }

/** @param {object} data */
const etagOf = (data) =>
  `"${createHash('sha256').update(JSON.stringify(data)).digest('base64url').slice(0, 22)}"`

/** @param {RouteRequest} request @param {Row} grant @param {number} index */
function makeLink({ world, account }, grant, index) {
  const row = {
    qurl_id: world.id('q_', 11, HEX),
    status: 'active',
    expires_at: world.timestamp(86_400_000),
    one_time_use: grant.one_time_use ?? false,
    max_sessions: grant.max_sessions ?? 0,
    session_duration: 3600,
    ...(grant.label !== undefined && { label: grant.label }),
    ...(grant.access_policy !== undefined && { access_policy: grant.access_policy }),
  }
  account.delegatedQurls.push(row)
  const { qurl_id, expires_at } = row
  return {
    index,
    status: 'succeeded',
    qurl: { qurl_id, qurl_link: `https://qurl.link/#${world.id('qv2t1.', 40)}`, expires_at },
  }
}

/** Takes a batch in; its links are made when it is read. @param {RouteRequest} request */
function create(request) {
  const { account, body, world } = request
  checkFields(
    body,
    { mint_capability: text(8192, 1), grants: listOf(object(mintFields), 1, 100) },
    { required: ['mint_capability', 'grants'] },
  )
  const data = {
    batch_id: world.id('dqb_', 22, BASE64URL),
    status: 'queued',
    item_count: body.grants.length,
    submitted_at: world.timestamp(),
  }
  account.delegatedBatches.push({ ...data, grants: body.grants, reads: 0 })
  world.count('delegated_batch.accepted')
  return {
    status: 202,
    data,
    headers: {
      ...PRIVATE,
      ETag: etagOf(data),
      'Retry-After': '1',
      Location: `/v1/delegated-qurl-batches/${data.batch_id}`,
    },
  }
}

/** A batch that is read twice has been worked on meanwhile. @param {RouteRequest} request */
function read(request) {
  const { account, headers, params, world } = request
  const batch = account.delegatedBatches.find((row) => row.batch_id === params[0])
  if (!batch) throw notFound('batch')
  batch.reads += 1
  const { grants } = batch
  if (batch.reads > 1 && !batch.results) {
    batch.results = grants.map((/** @type {Row} */ grant, /** @type {number} */ index) =>
      makeLink(request, grant, index),
    )
    batch.completed_at = world.timestamp()
    world.count('delegated_qurl.minted', grants.length)
  }
  const { grants: _grants, reads: _reads, results, completed_at, ...row } = batch
  const data = results
    ? { ...row, status: 'succeeded', completed_at, results }
    : { ...row, status: 'running' }
  const ETag = etagOf(data)
  if (headers['if-none-match'] === ETag) return { status: 304, headers: { ...PRIVATE, ETag } }
  return results
    ? { status: 200, data, headers: { ...PRIVATE, ETag } }
    : { status: 202, data, headers: { ...PRIVATE, ETag, 'Retry-After': '1' } }
}

/** @param {RouteRequest} request */
function find({ account, params }) {
  const row = account.delegatedQurls.find((one) => one.qurl_id === params[0])
  if (!row) throw notFound('qURL')
  return row
}

/** @param {RouteRequest} request */
function revoke(request) {
  const row = find(request)
  if (row.status === 'revoked') throw new Problem(409, 'revoked', 'This qURL is not active.')
  row.status = 'revoked'
  request.world.count('delegated_qurl.revoked')
  return { status: 204 }
}

/** @type {import('../types.js').Route[]} */
export const delegatedRoutes = [
  {
    method: 'POST',
    path: 'delegated-qurl-batches',
    handle: create,
    honoursKey: true,
    shortestKey: 32,
    comparesBody: true,
    body: 'required',
  },
  { method: 'GET', path: 'delegated-qurl-batches/:', handle: read },
  { method: 'GET', path: 'delegated-qurls/:', handle: (request) => ({ status: 200, data: find(request) }) },
  { method: 'DELETE', path: 'delegated-qurls/:', handle: revoke },
]
