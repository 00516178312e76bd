// @ts-check
import { createHmac } from 'node:crypto'

/** @typedef {import('./types.js').Row} Row */

/**
 * Sends one event to one webhook: JSON, signed with the webhook's secret over the raw body.
 *
 * @param {Row} webhook
 * @param {{ id: string, deliveryId: string, type: string, timestamp: string, data: Row }} event
 * @returns {Promise<Row>} the delivery as the API lists it
 */
export async function deliver(webhook, event) {
  const body = JSON.stringify({
    id: event.id,
    type: event.type,
    owner_id: webhook.owner_id,
    timestamp: event.timestamp,
    api_version: '1',
    data: event.data,
  })
  const delivery = {
    delivery_id: event.deliveryId,
    webhook_id: webhook.webhook_id,
    event_type: event.type,
    retry_count: 0,
    created_at: event.timestamp,
  }
  try {
    const response = await fetch(webhook.url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'QURL-Webhook/1.0',
        'QURL-Signature': createHmac('sha256', webhook.secret).update(body).digest('hex'),
        'QURL-Event': event.type,
        'QURL-Delivery': event.deliveryId,
      },
      body,
    })
    const text = (await response.text()).slice(0, 8192)
    webhook.last_delivery_success = response.ok
    return {
      ...delivery,
      status: response.ok ? 'success' : 'failed',
      response_code: response.status,
      response_body: text,
    }
  } catch (error) {
    webhook.last_delivery_success = false
    return {
      ...delivery,
      status: 'failed',
      error_message: error instanceof Error ? error.message : String(error),
    }
  }
}
