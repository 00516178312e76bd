import { idempotencyOf, isKeyReusedError } from 'fetch-idempotency'
import { stripe } from 'fetch-idempotency/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFaultProxy, type FaultProxy } from '../../wire/fault-proxy.js'
import { startStripeServer, type StripeServer } from '../servers/stripe.js'
import { virtualClock } from 'fetch-idempotency/testing'
import { hosts, type SendInit } from './hosts.js'
import { losses, seededFaults } from './losses.js'

let server: StripeServer
let proxy: FaultProxy
let storm: FaultProxy

beforeAll(async () => {
  server = await startStripeServer()
  proxy = await startFaultProxy({ port: server.port })
  storm = await startFaultProxy({ port: server.port, choose: seededFaults(20_26) })
})
afterAll(async () => {
  await Promise.all([proxy.close(), storm.close()])
  await server.close()
})

let described = 0

/** One charge under a description of its own, by which the server is asked afterwards what it has. */
function newCharge(source = 'tok_visa', more: Partial<SendInit> = {}) {
  const description = `charge ${described++}`
  const body = new URLSearchParams({ amount: '500', currency: 'usd', source, description })
  return { description, init: { method: 'POST', headers: { ...server.headers }, body, ...more } }
}

const chargesUrl = () => `${proxy.url}/v1/charges`
const sentKeys = (count: number) => proxy.seen.slice(-count).map(({ headers }) => headers['idempotency-key'])

describe.each(hosts)('%s against a stateful Stripe', (_, createHost) => {
  it.each(losses)('charges once when %s', async (_, fault) => {
    const send = createHost({ contract: stripe })
    const { description, init } = newCharge()
    const before = proxy.requests
    proxy.next(fault)
    const response = await send(chargesUrl(), init)
    expect(response.status).toBe(200)
    const charge = (await response.json()) as { id: string }
    expect(await server.charges(description)).toMatchObject([{ id: charge.id, status: 'succeeded' }])
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, replayed: true, outcome: 'applied' })
    expect(proxy.requests - before).toBe(2)
    expect(new Set(sentKeys(2))).toEqual(new Set([idempotencyOf(response)?.key]))
    expect(proxy.seen.at(-1)?.body).toEqual(proxy.seen.at(-2)?.body)
  })

  it('charges once, and not from the store, when the first request is lost on its way', async () => {
    const send = createHost({ contract: stripe })
    const { description, init } = newCharge()
    proxy.next('reset-before')
    const response = await send(chargesUrl(), init)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, replayed: false, outcome: 'applied' })
    expect(await server.charges(description)).toHaveLength(1)
  })

  it('says "not applied" when no server is there', async () => {
    const gone = await startFaultProxy({ port: server.port })
    await gone.close()
    const { init } = newCharge()
    const error = await createHost({ contract: stripe })(`${gone.url}/v1/charges`, init).catch(
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(Error)
    expect(idempotencyOf(error)).toMatchObject({ attempts: 4, outcome: 'not-applied' })
  })

  it('gives a declined card back at once', async () => {
    const send = createHost({ contract: stripe })
    const { description, init } = newCharge('tok_chargeDeclined')
    const response = await send(chargesUrl(), init)
    expect(response.status).toBe(402)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 1, replayed: false, outcome: 'not-applied' })
    expect(await server.charges(description)).toMatchObject([{ status: 'failed' }])
  })

  it('takes the stored 402 of a lost decline as the last word', async () => {
    const send = createHost({ contract: stripe })
    const { description, init } = newCharge('tok_chargeDeclined')
    proxy.next('commit-reset')
    const response = await send(chargesUrl(), init)
    expect(response.status).toBe(402)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, replayed: true, outcome: 'not-applied' })
    expect(await server.charges(description)).toHaveLength(1)
  })

  it('stops at a stored 500 and does not call it "not applied"', async () => {
    const send = createHost({ contract: stripe })
    const { description, init } = newCharge(`tok_500|tok_visa|${described}`)
    const response = await send(chargesUrl(), init)
    expect(response.status).toBe(500)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, replayed: true, outcome: 'unknown' })
    expect(await server.charges(description)).toHaveLength(0)
  })

  it('sends again after a 429, which the server does not store', async () => {
    const send = createHost({ contract: stripe })
    const { description, init } = newCharge(`tok_429|tok_visa|${described}`)
    const response = await send(chargesUrl(), init)
    expect(response.status).toBe(200)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, replayed: false, outcome: 'applied' })
    expect(await server.charges(description)).toHaveLength(1)
  })

  it('throws KeyReusedError when a key comes with another charge', async () => {
    const idempotencyKey = crypto.randomUUID()
    const first = newCharge('tok_visa', { idempotencyKey })
    const other = newCharge('tok_visa', { idempotencyKey })
    await createHost({ contract: stripe })(chargesUrl(), first.init)
    // The wrapper that sent the first would refuse it before sending.
    const send = createHost({ contract: stripe })
    const error = await send(chargesUrl(), other.init).catch((reason: unknown) => reason)
    expect(isKeyReusedError(error)).toBe(true)
    expect(error).toMatchObject({ key: idempotencyKey, attempts: 1, outcome: 'unknown' })
    expect(await server.charges(first.description)).toHaveLength(1)
    expect(await server.charges(other.description)).toHaveLength(0)
  })

  it('replays a charge of an earlier call under the same key', async () => {
    const send = createHost({ contract: stripe })
    const { description, init } = newCharge('tok_visa', { idempotencyKey: crypto.randomUUID() })
    const answers = [await send(chargesUrl(), init), await send(chargesUrl(), init)]
    expect(answers.map((answer) => idempotencyOf(answer)?.replayed)).toEqual([false, true])
    expect(await server.charges(description)).toHaveLength(1)
  })

  it('duplicates nothing and lies about nothing in a storm of faults', async () => {
    const send = createHost({ contract: stripe, clock: virtualClock() })
    const told = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const { description, init } = newCharge()
        const end = await send(`${storm.url}/v1/charges`, init).catch((reason: unknown) => reason)
        return { description, outcome: idempotencyOf(end)?.outcome, isOk: (end as Response).ok === true }
      }),
    )
    const charges = await server.charges()
    for (const { description, outcome, isOk } of told) {
      const count = charges.filter((charge) => charge.description === description).length
      expect(count).toBeLessThanOrEqual(1)
      if (outcome === 'applied') expect(count).toBe(1)
      if (outcome === 'not-applied') expect(count).toBe(0)
      expect(isOk).toBe(outcome === 'applied')
    }
    expect(told.filter(({ isOk }) => isOk).length).toBeGreaterThan(45)
    expect(storm.injected).toBeGreaterThan(10)
  })
})
