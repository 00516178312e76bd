import Anthropic from '@anthropic-ai/sdk'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { startOrders } from './orders.mjs'

const { url, measure } = await startOrders({
  status: 200,
  answer: ({ id }) => ({ id, type: 'message', content: [] }),
})

const send = createIdempotentFetch()

// #region
const anthropic = new Anthropic({ baseURL: url, apiKey: 'sk-test', fetch: send, maxRetries: 0 })
// #endregion

await measure('@anthropic-ai/sdk', async (order) => {
  const messages = [{ role: /** @type {const} */ ('user'), content: order.id }]
  const request = anthropic.messages.create({ model: 'claude', max_tokens: 10, messages })
  const { data, response } = await request.withResponse()
  return { id: data.id, facts: idempotencyOf(response) }
})
