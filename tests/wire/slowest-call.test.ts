import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import * as contracts from 'fetch-idempotency/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPeer, type Peer } from '../contract/peer/peer.js'
import { virtualClock } from 'fetch-idempotency/testing'
import { losses, seededRandom } from '../contract/third-party/losses.js'
import { startNestServer } from '../contract/servers/nest.js'
import { startStripeServer } from '../contract/servers/stripe.js'
import { isWhole } from '../whole.js'
import { startFaultProxy, type Fault } from './fault-proxy.js'

let peer: Peer
beforeAll(async () => {
  peer = await startPeer()
})
afterAll(() => peer.close())

const { standard } = contracts

/** A quarter of all answers are lost, cut or replaced. */
function quarter(seed: number): () => Fault {
  const random = seededRandom(seed)
  return () => (random() < 0.25 ? losses[Math.floor(random() * losses.length)]![1] : 'pass')
}

interface Target {
  readonly port: number
  readonly path: string
  readonly contract: contracts.ServerContract
  readonly headers?: Readonly<Record<string, string>>
  readonly bodyOf?: (item: string) => string
}

const writes = isWhole ? 60 : 20

/** Sends writes one after the other on a clock on which every wait passes at once, and gives the longest one, in milliseconds. */
async function findSlowest({
  port,
  path,
  contract,
  headers,
  bodyOf = (item) => JSON.stringify({ item }),
}: Target) {
  const proxy = await startFaultProxy({ port, choose: quarter(11) })
  const clock = virtualClock()
  const send = createIdempotentFetch({
    contract,
    clock,
    retry: { budget: { transientCost: 0, throttledCost: 0 } },
  })
  let slowestMs = 0
  const outcomes: Record<string, number> = {}
  try {
    for (let at = 0; at < writes; at += 1) {
      const began = [performance.now(), clock.now()] as const
      const end = await send(proxy.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: bodyOf(`${contract.name} ${path} ${at}`),
      }).catch((error: unknown) => error)
      slowestMs = Math.max(slowestMs, performance.now() - began[0] + clock.now() - began[1])
      const { outcome = 'none' } = idempotencyOf(end) ?? {}
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
    console.log(`${contract.name} ${path}: slowest ${Math.round(slowestMs)} ms, ${JSON.stringify(outcomes)}`)
    expect(proxy.injected).toBeGreaterThanOrEqual(writes / 10)
    return slowestMs
  } finally {
    await proxy.close()
  }
}

describe(`the slowest of ${writes} writes, a quarter of whose answers are lost`, () => {
  it.concurrent.each<[string, keyof typeof contracts]>([
    ['acp/checkout_sessions', 'acp'],
    ['adyen/payments', 'adyen'],
    ['checkout/payments', 'checkout'],
    ['duplicate/orders', 'duplicateConflict'],
    ['duplicate/orders', 'standard'],
    ['dwolla/transfers', 'dwolla'],
    ['dwolla/transfers', 'standard'],
    ['frozen/orders', 'standard'],
    ['gocardless/payments', 'gocardless'],
    ['gocardless/payments', 'standard'],
    ['ietf/orders', 'ietf'],
    ['ignoring/orders', 'standard'],
    ['increase/transfers', 'increase'],
    ['increase/transfers', 'standard'],
    ['mangopay/payins', 'mangopay'],
    ['mangopay/payins', 'standard'],
    ['oasis/orders', 'oasis'],
    ['paypal/v2/checkout/orders', 'paypal'],
    ['qurl/v1/qurls', 'qurl'],
    ['qurl/v1/api-keys', 'standard'],
    ['resend/emails', 'resend'],
    ['reuse/422', 'standard'],
    ['shopify/graphql.json', 'shopifyGraphql'],
    ['silent/orders', 'standard'],
    ['square/v2/payments', 'square'],
    ['whop/transfers', 'standard'],
    ['worldline/v1/payments', 'worldline'],
    ['wrapped/orders', 'standard'],
  ])('%s as %s takes at most 15 seconds', async (path, name) => {
    const contract = contracts[name] as contracts.ServerContract
    expect(await findSlowest({ port: peer.port, path: `/${path}`, contract })).toBeLessThanOrEqual(15_000)
  })

  it('@node-idempotency/nestjs takes at most 15 seconds', async () => {
    const server = await startNestServer()
    try {
      expect(
        await findSlowest({ port: server.port, path: '/orders', contract: standard }),
      ).toBeLessThanOrEqual(15_000)
    } finally {
      await server.close()
    }
  })

  it('stripe-stateful-mock takes at most 15 seconds', async () => {
    const server = await startStripeServer()
    try {
      const slowest = await findSlowest({
        port: server.port,
        path: '/v1/charges',
        contract: contracts.stripe,
        headers: { ...server.headers, 'content-type': 'application/x-www-form-urlencoded' },
        bodyOf: (item) => `amount=500&currency=usd&source=tok_visa&description=${encodeURIComponent(item)}`,
      })
      expect(slowest).toBeLessThanOrEqual(15_000)
    } finally {
      await server.close()
    }
  })
})
