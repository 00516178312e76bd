import { MutationObserver, QueryClient } from '@tanstack/query-core'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { startOrders } from './orders.mjs'

const { url, measure } = await startOrders()

const send = createIdempotentFetch()

// #region
const createOrder = {
  mutationFn: (order) => send(`${url}/orders`, { method: 'POST', body: JSON.stringify(order) }),
  retry: false, // the default of mutations: `send` does it, under one key
}
// #endregion

const client = new QueryClient()
await measure('@tanstack/query-core', async (order) => {
  const response = await new MutationObserver(client, createOrder).mutate(order)
  return { id: (await response.json()).id, facts: idempotencyOf(response) }
})
client.clear()
