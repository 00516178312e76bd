import { expect } from 'vitest'
import { lastPage, made, type Operation } from './operation.js'

const usage = { tier: 'enterprise', period_start: made.time, period_end: made.time }

const customer = {
  tier: 'enterprise',
  current_period_usage: 0,
  frozen: false,
  frozen_reason: null,
  spending_cap_cents: 0,
}

export const accountOperations: Operation[] = [
  {
    name: 'getMe',
    call: (client) => client.getMe(),
    sends: () => ({ line: 'GET /v1/me' }),
    returns: () => ({
      owner_id: 'own_1',
      auth_type: 'api_key',
      api_key: expect.objectContaining({ kind: 'api_key', scopes: expect.arrayContaining(['qurl:read']) }),
    }),
  },
  {
    name: 'getQuota',
    call: (client) => client.getQuota(),
    sends: () => ({ line: 'GET /v1/quota' }),
    returns: () => ({
      plan: 'enterprise',
      period_start: expect.any(String),
      period_end: expect.any(String),
      rate_limits: expect.objectContaining({ create_per_minute: 60, max_active_resources: -1 }),
      usage: expect.objectContaining({ active_qurls_percent: null, active_resources: 0 }),
    }),
  },
  {
    name: 'getUsageCurrentPeriod',
    as: 'jwt',
    call: (client) => client.getUsageCurrentPeriod(),
    sends: () => ({ line: 'GET /v1/usage/current-period' }),
    returns: () => ({
      ...usage,
      qurls_created: 0,
      active_qurls: 0,
      active_resources: 0,
      cost_estimate: { currency: 'usd', amount_cents: 0, description: expect.any(String) },
    }),
  },
  {
    name: 'getUsageDaily',
    as: 'jwt',
    call: (client) => client.getUsageDaily(),
    sends: () => ({ line: 'GET /v1/usage/daily' }),
    returns: () => ({
      ...usage,
      daily: [{ date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), qurls_created: 0 }],
    }),
  },
  {
    name: 'getCustomer',
    as: 'jwt',
    call: (client) => client.getCustomer(),
    sends: () => ({ line: 'GET /v1/customer' }),
    returns: () => customer,
  },
  {
    name: 'updateCustomer',
    as: 'jwt',
    call: (client, _, options) => client.updateCustomer({ spending_cap_cents: 5000 }, options),
    sends: () => ({ line: 'PATCH /v1/customer', body: { spending_cap_cents: 5000 } }),
    returns: () => ({ ...customer, spending_cap_cents: 5000 }),
    write: { effect: 'customer.updated', resend: 'never' },
  },
  {
    name: 'createBillingCheckout',
    as: 'jwt',
    call: (client, _, options) => client.createBillingCheckout({ plan: 'growth' }, options),
    sends: () => ({ line: 'POST /v1/billing/checkout', body: { plan: 'growth' } }),
    returns: () => ({ url: expect.stringContaining('/checkout/cs_') }),
    write: { effect: 'checkout.created', resend: 'never' },
  },
  {
    name: 'createBillingPortal',
    as: 'jwt',
    call: (client, _, options) => client.createBillingPortal(options),
    sends: () => ({ line: 'POST /v1/billing/portal' }),
    returns: () => ({ url: expect.stringContaining('/portal/ps_') }),
    write: { effect: 'portal.created', resend: 'never' },
  },
  {
    name: 'listBillingInvoices',
    as: 'jwt',
    arrange: ({ server }) => {
      const invoice = { amount_cents: 900, status: 'paid', created_at: '2026-05-01T00:00:00Z', pdf_url: null }
      server.account.invoices.push({ id: 'in_1', ...invoice }, { id: 'in_2', ...invoice })
      return {}
    },
    call: (client) => client.listBillingInvoices({ limit: 1 }),
    sends: () => ({ line: 'GET /v1/billing/invoices', query: { limit: '1' } }),
    returns: () => ({
      invoices: [
        { id: 'in_1', amount_cents: 900, status: 'paid', created_at: '2026-05-01T00:00:00Z', pdf_url: null },
      ],
      has_more: true,
      next_cursor: expect.any(String),
      page_size: 1,
      request_id: made.requestId,
    }),
  },
  {
    name: 'listConnectorInstallations',
    arrange: ({ server }) => {
      server.account.installations.push({ installation_id: 'ins_1', plugin_id: 'slack', label: 'Slack' })
      return {}
    },
    call: (client) => client.listConnectorInstallations({ limit: 20 }),
    sends: () => ({ line: 'GET /v1/connectors/installations', query: { limit: '20' } }),
    returns: () => ({
      installations: [{ installation_id: 'ins_1', plugin_id: 'slack', label: 'Slack' }],
      ...lastPage(1),
    }),
  },
]
