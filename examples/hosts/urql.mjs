import { Client, fetchExchange } from '@urql/core'
import { createIdempotentFetch } from 'fetch-idempotency'
import { createOrder, graphql, listOrders } from './graphql.mjs'
import { startOrders } from './orders.mjs'

const { url, onEvent, measure } = await startOrders(graphql)

const send = createIdempotentFetch({ onEvent })

// #region
const client = new Client({
  url,
  fetch: send,
  preferGetMethod: true, // a query is then no write
  exchanges: [fetchExchange], // without the `retryExchange`
})
// #endregion

await measure(
  '@urql/core',
  async (order) => {
    const { data, error } = await client.mutation(createOrder, order)
    return { id: data?.createOrder.id, error }
  },
  () => client.query(listOrders, {}),
)
