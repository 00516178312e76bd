import { createClient } from '@supabase/supabase-js'
import { createIdempotentFetch } from 'fetch-idempotency'
import { bodyField, defineContract } from 'fetch-idempotency/contracts'
import { startOrders } from './orders.mjs'

const { url, onEvent, measure } = await startOrders({
  keyOf: ({ body }) => (body === '' ? undefined : JSON.parse(body).id),
  answer: ({ id }) => ({ id: 'order', made: id }),
})

// Node 20 has none, and the client wants one when it is made.
globalThis.WebSocket ??= /** @type {any} */ (function WebSocket() {})

// #region
const send = createIdempotentFetch({
  contract: defineContract({
    name: 'postgrest',
    carrier: bodyField('id'),
    keyTtlMs: Infinity,
    honoursKey: ({ url }) => /\/rest\/v1\/\w+$/.test(url),
  }),
  match: () => false, // nothing is added to a row: only one that has an `id` of yours is sent again
  onEvent,
})
const supabase = createClient(url, 'anon-key', { global: { fetch: send } }) // it retries reads alone
// #endregion

await measure('@supabase/supabase-js', async (order) => {
  const { data, error } = await supabase.from('orders').upsert(order).select().single()
  return { id: data?.made, error: error ?? undefined }
})
