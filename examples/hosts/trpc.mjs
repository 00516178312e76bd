import { createTRPCClient, httpLink } from '@trpc/client'
import { createIdempotentFetch } from 'fetch-idempotency'
import { startOrders } from './orders.mjs'

const { url, onEvent, measure } = await startOrders({
  status: 200,
  answer: ({ id }) => ({ result: { data: { id } } }),
  found: { result: { data: [] } },
})

const send = createIdempotentFetch({ onEvent })

// #region
const client = createTRPCClient({ links: [httpLink({ url, fetch: send })] }) // without a `retryLink`
// #endregion

await measure(
  '@trpc/client',
  async (order) => ({ id: (await /** @type {any} */ (client).orders.create.mutate(order)).id }),
  () => /** @type {any} */ (client).orders.list.query(),
)
