import { createIdempotentFetch } from 'fetch-idempotency'
import { stripe as contract } from 'fetch-idempotency/contracts'
import Stripe from 'stripe'
import { startOrders } from './orders.mjs'

const { port, onEvent, measure } = await startOrders({
  status: 200,
  answer: ({ id }) => ({ id, object: 'payment_intent' }),
})

const send = createIdempotentFetch({ contract, onEvent })

/** Sends to this machine instead of Stripe. */
const local = { host: '127.0.0.1', port, protocol: /** @type {const} */ ('http'), telemetry: false }

// #region
const stripe = new Stripe('sk_test_123', {
  httpClient: Stripe.createFetchHttpClient(send),
  maxNetworkRetries: 0,
  ...local, // not on the page
})
// #endregion

await measure('stripe', async ({ id }) => {
  const intent = await stripe.paymentIntents.create({ amount: 4200, currency: 'eur', metadata: { id } })
  return { id: intent.id }
})
