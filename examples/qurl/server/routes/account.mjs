// @ts-check
import { checkFields, integer, oneOf } from '../fields.mjs'
import { cutPage } from '../page.mjs'
import { Problem } from '../problem.mjs'

/** @typedef {import('../types.js').RouteRequest} RouteRequest */

const MONTH = 30 * 86_400_000

/** @param {RouteRequest} request */
const period = ({ world }) => ({ period_start: world.timestamp(-MONTH), period_end: world.timestamp() })

/** @param {RouteRequest} request */
const countActive = ({ account }) => account.resources.filter((row) => row.status === 'active').length

/** Whose credential this is. @param {RouteRequest} request */
function me({ account, credential }) {
  if (credential?.kind !== 'api-key')
    return { status: 200, data: { owner_id: account.owner, auth_type: 'jwt' } }
  const { scopes } = credential
  const api_key = {
    key_id: 'key_0123456789ab',
    kind: 'api_key',
    scopes: scopes.toSorted(),
    key_prefix: 'lv_test_0123',
  }
  return { status: 200, data: { owner_id: account.owner, auth_type: 'api_key', api_key } }
}

/** @param {RouteRequest} request */
function quota(request) {
  const { account } = request
  const active = countActive(request)
  return {
    status: 200,
    data: {
      plan: account.plan,
      // Whole days, so that an unchanged account keeps its ETag.
      period_start: request.world.timestamp(-MONTH).slice(0, 10) + 'T00:00:00Z',
      period_end: request.world.timestamp().slice(0, 10) + 'T00:00:00Z',
      rate_limits: {
        create_per_minute: 60,
        create_per_hour: 1000,
        list_per_minute: 120,
        resolve_per_minute: 120,
        max_active_qurls: -1,
        max_active_resources: -1,
        max_expiry_seconds: 2_592_000,
      },
      usage: {
        qurls_created: account.tokens.length,
        active_qurls: active,
        active_qurls_percent: null,
        active_resources: active,
        active_resources_percent: null,
        total_accesses: account.tokens.reduce((sum, token) => sum + token.use_count, 0),
      },
    },
  }
}

/** @param {RouteRequest} request */
const currentPeriod = (request) => ({
  status: 200,
  data: {
    tier: request.account.plan,
    ...period(request),
    qurls_created: request.account.tokens.length,
    active_qurls: countActive(request),
    active_resources: countActive(request),
    cost_estimate: { currency: 'usd', amount_cents: 0, description: 'Included in the plan' },
  },
})

/** @param {RouteRequest} request */
const daily = (request) => ({
  status: 200,
  data: {
    tier: request.account.plan,
    ...period(request),
    daily: [{ date: request.world.timestamp().slice(0, 10), qurls_created: request.account.tokens.length }],
  },
})

/** @param {RouteRequest} request */
const customer = ({ account }) => ({
  status: 200,
  data: {
    tier: account.plan,
    current_period_usage: account.tokens.length,
    frozen: false,
    ...account.customer,
  },
})

/** @param {RouteRequest} request */
function updateCustomer(request) {
  const { account, body, world } = request
  checkFields(body, { spending_cap_cents: integer(0, 10_000_000) }, { required: ['spending_cap_cents'] })
  if (account.plan === 'free') throw new Problem(403, 'forbidden', 'A spending cap needs a paid plan.')
  account.customer.spending_cap_cents = body.spending_cap_cents
  world.count('customer.updated')
  return customer(request)
}

/** @param {RouteRequest} request */
function checkout(request) {
  checkFields(request.body, { plan: oneOf('growth') }, { required: ['plan'] })
  request.world.count('checkout.created')
  return { status: 200, data: { url: `https://billing.example/checkout/${request.world.id('cs_', 16)}` } }
}

/** @param {RouteRequest} request */
function portal(request) {
  request.world.count('portal.created')
  return { status: 200, data: { url: `https://billing.example/portal/${request.world.id('ps_', 16)}` } }
}

/** @param {RouteRequest} request */
function invoices({ account, query }) {
  const { data, meta } = cutPage(account.invoices, query, { idOf: (row) => row.id, limit: 25 })
  return { status: 200, data: { invoices: data }, meta }
}

/** @type {import('../types.js').Route[]} */
export const accountRoutes = [
  { method: 'GET', path: 'me', handle: me },
  { method: 'GET', path: 'quota', handle: quota, scope: 'qurl:read', etag: true },
  { method: 'GET', path: 'usage/current-period', handle: currentPeriod, access: 'jwt' },
  { method: 'GET', path: 'usage/daily', handle: daily, access: 'jwt' },
  { method: 'GET', path: 'customer', handle: customer, access: 'jwt' },
  { method: 'PATCH', path: 'customer', handle: updateCustomer, access: 'jwt', body: 'required' },
  { method: 'POST', path: 'billing/checkout', handle: checkout, access: 'jwt', body: 'required' },
  { method: 'POST', path: 'billing/portal', handle: portal, access: 'jwt', body: 'none' },
  { method: 'GET', path: 'billing/invoices', handle: invoices, access: 'jwt' },
]
