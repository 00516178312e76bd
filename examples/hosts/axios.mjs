import axios from 'axios'
import { createIdempotentFetch } from 'fetch-idempotency'
import { startOrders } from './orders.mjs'

const { url, onEvent, measure } = await startOrders()

const send = createIdempotentFetch({ onEvent })

// #region
const api = axios.create({ baseURL: url, adapter: 'fetch', env: { fetch: send } }) // without axios-retry
// #endregion

await measure('axios', async (order) => {
  const { data } = await api.post('/orders', order)
  return { id: data.id }
})
