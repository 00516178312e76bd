// @ts-check
// Charges through the contract of Stripe. A stand-in on loopback answers as Stripe does, and loses the first answer to each charge.
// Run it with `npm run build && node examples/stripe.mjs`.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { stripe } from 'fetch-idempotency/contracts'

const standIn = await startStandIn()
const headers = { authorization: `Basic ${Buffer.from('sk_test_123:').toString('base64')}` }
const pay = createIdempotentFetch({ contract: stripe })

/**
 * One charge. The key follows from the order: a second run of the job is the same charge.
 *
 * @param {string} orderId
 * @param {Record<string, string>} fields
 */
async function charge(orderId, fields) {
  const response = await pay(`${standIn.url}/v1/charges`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(fields),
    idempotencyKey: `${orderId}:charge`,
  })
  const { id, error } = await response.json()
  const { attempts, outcome } = idempotencyOf(response) ?? {}
  console.log(`${orderId}: ${response.status} ${id ?? error.code}, ${outcome} after ${attempts} requests`)
  return id
}

const card = { amount: '4200', currency: 'eur', source: 'tok_visa' }
const first = await charge('order-1', card)
const again = await charge('order-1', card)
await charge('order-2', { ...card, source: 'tok_chargeDeclined' })
await charge('order-1', { ...card, amount: '9900' }).catch((error) =>
  console.log(`order-1: ${error.name}, ${error.outcome}`),
)

const made = await standIn.count()
console.log(`${made} charge made, ${first === again ? 'the same one both times' : 'two charges'}`)
standIn.close()

/** A stateful stand-in for Stripe, from npm. It does the charge, and then the connection breaks. */
async function startStandIn() {
  const require = createRequire(import.meta.url)
  require('loglevel').setLevel('silent')
  const answer = require('stripe-stateful-mock').createExpressApp()
  const lost = new Set()
  const server = createServer((request, response) => {
    const key = request.headers['idempotency-key']
    if (key !== undefined && !lost.has(key)) {
      lost.add(key)
      response.end = () => request.socket.destroy() && response
    }
    answer(request, response)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    count: async () => {
      const list = await (await fetch(`${url}/v1/charges`, { headers })).json()
      return list.data.filter((/** @type {{ status: string }} */ { status }) => status === 'succeeded').length
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
