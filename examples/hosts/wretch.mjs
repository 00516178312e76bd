import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import wretch from 'wretch'
import { startOrders } from './orders.mjs'

const { url, measure } = await startOrders()

const send = createIdempotentFetch()

// #region
const api = wretch(url).polyfills({ fetch: send }) // without the `retry` middleware
// #endregion

await measure('wretch', async (order) => {
  const response = await api.url('/orders').post(order).res()
  return { id: (await response.json()).id, facts: idempotencyOf(response) }
})
