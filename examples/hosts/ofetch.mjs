import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { ofetch } from 'ofetch'
import { startOrders } from './orders.mjs'

const { url, measure } = await startOrders()

const send = createIdempotentFetch()

// #region
const api = ofetch.create({ baseURL: url, retry: 0 }, { fetch: send })
// #endregion

await measure('ofetch', async (order) => {
  const response = await api.raw('/orders', { method: 'POST', body: order })
  return { id: response._data.id, facts: idempotencyOf(response) }
})
