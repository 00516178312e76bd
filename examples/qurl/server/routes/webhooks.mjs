// @ts-check
import { checkFields, list as listOf, oneOf, text, url } from '../fields.mjs'
import { cutPage } from '../page.mjs'
import { notFound } from '../problem.mjs'

/** @typedef {import('../types.js').RouteRequest} RouteRequest */
/** @typedef {import('../types.js').Row} Row */

const EVENT_TYPES = [
  { type: 'qurl.created', category: 'resource', description: 'A qURL was created.' },
  { type: 'qurl.revoked', category: 'resource', description: 'A qURL was revoked.' },
  { type: 'qurl.accessed', category: 'access', description: 'A qURL was used.' },
  { type: 'quota.warning', category: 'quota', description: 'The quota is almost used up.' },
  { type: 'token.minted', category: 'token', description: 'A link was minted.' },
]

const fields = { url: url(), events: listOf(text(64, 1), 1, 50), description: text(500) }

/** @param {RouteRequest} request */
function find({ account, params }) {
  const webhook = account.webhooks.find((row) => row.webhook_id === params[0])
  if (!webhook) throw notFound('webhook')
  return webhook
}

/** @param {Row} webhook */
const show = ({ secret: _secret, ...webhook }) => webhook

/** @param {RouteRequest} request */
function create(request) {
  const { account, body, world } = request
  checkFields(body, fields, { required: ['url', 'events'] })
  const webhook = {
    webhook_id: world.id('wh_', 16),
    owner_id: account.owner,
    url: body.url,
    events: body.events,
    status: 'active',
    description: body.description ?? '',
    created_at: world.timestamp(),
    updated_at: world.timestamp(),
    failure_count: 0,
    secret: world.id('whsec_', 32),
  }
  account.webhooks.push(webhook)
  world.count('webhook.created')
  return { status: 201, data: webhook, headers: { Location: `/v1/webhooks/${webhook.webhook_id}` } }
}

/** @param {RouteRequest} request */
function list({ account, query }) {
  const { data, meta } = cutPage(account.webhooks, query, { idOf: (row) => row.webhook_id, show })
  return { status: 200, data, meta }
}

/** @param {RouteRequest} request */
function update(request) {
  const { body, world } = request
  checkFields(body, { ...fields, status: oneOf('active', 'disabled') }, { atLeastOne: true })
  const webhook = Object.assign(find(request), body, { updated_at: world.timestamp() })
  world.count('webhook.updated')
  return { status: 200, data: show(webhook) }
}

/** @param {RouteRequest} request */
function remove(request) {
  const { account, world } = request
  account.webhooks.splice(account.webhooks.indexOf(find(request)), 1)
  world.count('webhook.deleted')
  return { status: 204 }
}

/** @param {RouteRequest} request */
function rotateSecret(request) {
  const webhook = find(request)
  webhook.secret = request.world.id('whsec_', 32)
  request.world.count('webhook.secret_rotated')
  return { status: 200, data: webhook }
}

/** @param {RouteRequest} request */
function listDeliveries(request) {
  const { webhook_id: id } = find(request)
  const rows = request.account.deliveries.filter((row) => row.webhook_id === id)
  const { data, meta } = cutPage(rows, request.query, { idOf: (row) => row.delivery_id })
  return { status: 200, data, meta }
}

const [read, write] = ['qurl:read', 'qurl:write']

/** @type {import('../types.js').Route[]} */
export const webhookRoutes = [
  { method: 'POST', path: 'webhooks', handle: create, honoursKey: true, body: 'required', scope: write },
  { method: 'GET', path: 'webhooks', handle: list, scope: read },
  { method: 'GET', path: 'webhooks/events', handle: () => ({ status: 200, data: EVENT_TYPES }), scope: read },
  { method: 'GET', path: 'webhooks/:', handle: (r) => ({ status: 200, data: show(find(r)) }), scope: read },
  { method: 'PATCH', path: 'webhooks/:', handle: update, honoursKey: true, body: 'required', scope: write },
  { method: 'DELETE', path: 'webhooks/:', handle: remove, scope: write },
  { method: 'POST', path: 'webhooks/:/secret', handle: rotateSecret, body: 'none', scope: write },
  { method: 'GET', path: 'webhooks/:/deliveries', handle: listDeliveries, scope: read },
]
