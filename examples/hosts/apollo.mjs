import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { createIdempotentFetch } from 'fetch-idempotency'
import { createOrder, graphql, listOrders } from './graphql.mjs'
import { startOrders } from './orders.mjs'

const { url, onEvent, measure } = await startOrders(graphql)

const send = createIdempotentFetch({ onEvent })

// #region
const link = new HttpLink({ uri: url, fetch: send, useGETForQueries: true }) // without a `RetryLink`
const client = new ApolloClient({ link, cache: new InMemoryCache() })
// #endregion

await measure(
  '@apollo/client',
  async (order) => {
    const { data } = await client.mutate({ mutation: gql(createOrder), variables: order })
    return { id: data?.createOrder.id }
  },
  () => client.query({ query: gql(listOrders) }),
)
