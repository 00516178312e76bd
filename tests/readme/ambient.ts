import { createIdempotentFetch } from 'fetch-idempotency'
import { QURLClient } from 'fetch-idempotency/qurl'

/**
 * Names that an example may use without declaring them, so that it shows one thing only.
 * Every export of this file is such a name.
 */
export const order = { id: 'order-1', item: 'book', quantity: 1 }
export const orders = Array.from({ length: 3 }, (_, index) => ({ ...order, id: `order-${index + 1}` }))
export const items = Array.from({ length: 100 }, (_, index) => ({ sku: `item-${index + 1}`, quantity: 1 }))
export const payment = { amount: 4200, currency: 'eur' }
export const job = {
  id: 'job-0193f0a2',
  firstRunAt: undefined as Date | undefined,
  payload: order,
}
export const url = 'https://api.example.com/orders'
export const send = createIdempotentFetch({ fetch: sendNow })
/** Its key is the one that the server in `examples/qurl` knows. */
export const client = new QURLClient({ apiKey: 'lv_test_0123456789abcdefghijklmnop', fetch: sendNow })
export const request = new Request('https://example.com/webhooks', { method: 'POST', body: '{}' })
export const secret = 'whsec_example'

/** The `fetch` of the moment: the one that a running example is given. */
function sendNow(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  return globalThis.fetch(input, init)
}
