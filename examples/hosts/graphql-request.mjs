import { createIdempotentFetch } from 'fetch-idempotency'
import { GraphQLClient } from 'graphql-request'
import { createOrder, graphql, listOrders } from './graphql.mjs'
import { startOrders } from './orders.mjs'

const { url, onEvent, measure } = await startOrders(graphql)

const send = createIdempotentFetch({ onEvent })

// #region
const mutations = new GraphQLClient(url, { fetch: send }) // it has no retries of its own
const queries = new GraphQLClient(url)
// #endregion

await measure(
  'graphql-request',
  async (order) => ({ id: (await mutations.request(createOrder, order)).createOrder.id }),
  () => queries.request(listOrders),
)
