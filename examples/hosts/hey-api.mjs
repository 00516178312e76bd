import { createClient, createConfig } from '@hey-api/client-fetch'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { startOrders } from './orders.mjs'

const { url, measure } = await startOrders()

const send = createIdempotentFetch()

// #region
const client = createClient(createConfig({ baseUrl: url, fetch: send })) // it has no retries of its own
// #endregion

await measure('@hey-api/client-fetch', async (order) => {
  const headers = { 'content-type': 'application/json' }
  const { data, error, response } = await client.post({ url: '/orders', body: order, headers })
  return { id: /** @type {any} */ (data)?.id, error, facts: idempotencyOf(response) }
})
