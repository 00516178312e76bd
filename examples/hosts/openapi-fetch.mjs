import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import createClient from 'openapi-fetch'
import { startOrders } from './orders.mjs'

const { url, measure } = await startOrders()

const send = createIdempotentFetch()

// #region
const api = createClient({ baseUrl: url, fetch: send }) // it has no retries of its own
// #endregion

await measure('openapi-fetch', async (order) => {
  const { data, error, response } = await /** @type {any} */ (api).POST('/orders', { body: order })
  return { id: data?.id, error, facts: idempotencyOf(response) }
})
