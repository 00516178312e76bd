import { expect } from 'vitest'
import { lastPage, made, type Known, type Operation, type Scene } from './operation.js'

const input = { url: 'http://127.0.0.1:9/hook', events: ['qurl.expired'], description: 'ops' }

const webhook = {
  webhook_id: made.webhookId,
  owner_id: 'own_1',
  ...input,
  status: 'active',
  created_at: made.time,
  updated_at: made.time,
  failure_count: 0,
}

async function withWebhook({ client }: Scene): Promise<Known> {
  return { id: (await client.createWebhook(input)).webhook_id ?? '' }
}

async function withDelivery(scene: Scene): Promise<Known> {
  const known = await withWebhook(scene)
  scene.server.account.deliveries.push({ delivery_id: 'wd_1', webhook_id: known['id'], status: 'success' })
  return known
}

export const webhookOperations: Operation[] = [
  {
    name: 'createWebhook',
    call: (client, _, options) => client.createWebhook(input, options),
    sends: () => ({ line: 'POST /v1/webhooks', body: input }),
    returns: () => ({ ...webhook, secret: made.secret }),
    write: { effect: 'webhook.created', resend: 'keyed' },
  },
  {
    name: 'listWebhooks',
    arrange: withWebhook,
    call: (client) => client.listWebhooks(),
    sends: () => ({ line: 'GET /v1/webhooks' }),
    returns: () => ({ webhooks: [webhook], ...lastPage(1) }),
  },
  {
    name: 'listWebhookEventTypes',
    call: (client) => client.listWebhookEventTypes(),
    sends: () => ({ line: 'GET /v1/webhooks/events' }),
    returns: () =>
      expect.arrayContaining([
        { type: 'qurl.created', category: 'resource', description: expect.any(String) },
      ]) as unknown,
  },
  {
    name: 'getWebhook',
    arrange: withWebhook,
    call: (client, { id = '' }) => client.getWebhook(id),
    sends: ({ id }) => ({ line: `GET /v1/webhooks/${id}` }),
    returns: () => webhook,
  },
  {
    name: 'updateWebhook',
    arrange: withWebhook,
    call: (client, { id = '' }, options) =>
      client.updateWebhook(id, { status: 'disabled', events: ['qurl.revoked'] }, options),
    sends: ({ id }) => ({
      line: `PATCH /v1/webhooks/${id}`,
      body: { status: 'disabled', events: ['qurl.revoked'] },
    }),
    returns: () => ({ ...webhook, status: 'disabled', events: ['qurl.revoked'] }),
    write: { effect: 'webhook.updated', resend: 'keyed' },
  },
  {
    name: 'deleteWebhook',
    arrange: withWebhook,
    call: (client, { id = '' }) => client.deleteWebhook(id),
    sends: ({ id }) => ({ line: `DELETE /v1/webhooks/${id}` }),
    returns: () => undefined,
    write: { effect: 'webhook.deleted', resend: 'natural' },
  },
  {
    name: 'regenerateWebhookSecret',
    arrange: withWebhook,
    call: (client, { id = '' }, options) => client.regenerateWebhookSecret(id, options),
    sends: ({ id }) => ({ line: `POST /v1/webhooks/${id}/secret` }),
    returns: () => ({ ...webhook, secret: made.secret }),
    write: { effect: 'webhook.secret_rotated', resend: 'never' },
  },
  {
    name: 'listWebhookDeliveries',
    arrange: withDelivery,
    call: (client, { id = '' }) => client.listWebhookDeliveries(id, { limit: 3 }),
    sends: ({ id }) => ({ line: `GET /v1/webhooks/${id}/deliveries`, query: { limit: '3' } }),
    returns: ({ id }) => ({
      deliveries: [{ delivery_id: 'wd_1', webhook_id: id, status: 'success' }],
      ...lastPage(1),
    }),
  },
]
