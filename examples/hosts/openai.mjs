import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import OpenAI from 'openai'
import { startOrders } from './orders.mjs'

const { url, measure } = await startOrders({
  status: 200,
  answer: ({ id }) => ({ id, object: 'response', output: [] }),
})

const send = createIdempotentFetch()

// #region
const openai = new OpenAI({ baseURL: url, apiKey: 'sk-test', fetch: send, maxRetries: 0 })
// #endregion

await measure('openai', async (order) => {
  const { data, response } = await openai.responses.create({ model: 'gpt', input: order.id }).withResponse()
  return { id: data.id, facts: idempotencyOf(response) }
})
