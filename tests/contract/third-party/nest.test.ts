import { idempotencyOf, isKeyReusedError, type IdempotencyEvent } from 'fetch-idempotency'
import { ietf } from 'fetch-idempotency/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFaultProxy, type FaultProxy } from '../../wire/fault-proxy.js'
import { startNestServer, type NestServer } from '../servers/nest.js'
import { virtualClock } from 'fetch-idempotency/testing'
import { hosts, type Send } from './hosts.js'
import { losses, seededFaults } from './losses.js'

let server: NestServer
let proxy: FaultProxy
let storm: FaultProxy

beforeAll(async () => {
  server = await startNestServer()
  proxy = await startFaultProxy({ port: server.port })
  storm = await startFaultProxy({ port: server.port, choose: seededFaults(20_27) })
})
afterAll(async () => {
  await Promise.all([proxy.close(), storm.close()])
  await server.close()
})

const order = (
  send: Send,
  body: { item: string; failWith?: number },
  idempotencyKey?: string,
  base = proxy.url,
) =>
  send(`${base}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(idempotencyKey && { idempotencyKey }),
  })

describe.each(hosts)('%s against Nest with @node-idempotency', (name, createHost) => {
  it.each(losses)('orders once when %s', async (loss, fault) => {
    const item = `${name}: ${loss}`
    const send = createHost({ contract: ietf })
    proxy.next(fault)
    const response = await order(send, { item })
    expect(response.status).toBe(201)
    expect(await response.json()).toMatchObject({ item })
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, replayed: true, outcome: 'applied' })
    expect(server.executions.started(item)).toBe(1)
  })

  it('waits for its own first attempt, as long as the server says, and costs no attempt for it', async () => {
    const item = `${name}: slow`
    const release = server.executions.hold(item)
    const events: IdempotencyEvent[] = []
    const clock = virtualClock()
    const running = () =>
      events.filter((event) => event.type === 'attempt-ended' && event.verdict === 'running')
    const send = createHost({
      contract: ietf,
      onEvent: (event) => {
        events.push(event)
        if (running().length === 2) release()
      },
      clock,
    })
    proxy.next('forward-reset')
    const response = await order(send, { item })
    expect(response.status).toBe(201)
    expect(idempotencyOf(response)).toMatchObject({ replayed: true, outcome: 'applied' })
    expect(server.executions.started(item)).toBe(1)
    expect(running().length).toBeGreaterThanOrEqual(2)
    const waits = events.filter((event) => event.type === 'waiting' && event.reason === 'running')
    expect(waits.every((event) => event.type === 'waiting' && event.delayMs === 1_000)).toBe(true)
  })

  it('waits for the same operation of another client', async () => {
    const item = `${name}: two clients`
    const release = server.executions.hold(item)
    const first = order(createHost({ contract: ietf }), { item }, item)
    while (server.executions.started(item) === 0) await new Promise((resolve) => setImmediate(resolve))
    const onEvent = (event: IdempotencyEvent) => {
      if (event.type === 'attempt-ended' && event.verdict === 'running') release()
    }
    const second = order(createHost({ contract: ietf, onEvent }), { item }, item)
    const facts = (await Promise.all([first, second])).map((response) => idempotencyOf(response))
    expect(facts).toMatchObject([
      { replayed: false, outcome: 'applied' },
      { replayed: true, outcome: 'applied' },
    ])
    expect(server.executions.started(item)).toBe(1)
  })

  it('gives a replayed 500 back without asking again, and leaves its outcome open', async () => {
    const item = `${name}: broken`
    const before = proxy.requests
    const response = await order(createHost({ contract: ietf }), { item, failWith: 500 })
    expect(response.status).toBe(500)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, replayed: true, outcome: 'unknown' })
    expect(proxy.requests - before).toBe(2)
    expect(server.executions.started(item)).toBe(1)
  })

  it.each([undefined, 'given'])(
    'takes a replayed 422 for the refusal that it is (key: %s)',
    async (given) => {
      const item = `${name}: refused ${given}`
      proxy.next('commit-reset')
      const key = given && `${given} ${name}`
      const response = await order(createHost({ contract: ietf }), { item, failWith: 422 }, key)
      expect(response.status).toBe(422)
      expect(idempotencyOf(response)).toMatchObject({ attempts: 2, replayed: true, outcome: 'not-applied' })
      expect(server.executions.started(item)).toBe(1)
    },
  )

  it('throws KeyReusedError when a key comes with another order', async () => {
    const key = `reused by ${name}`
    await order(createHost({ contract: ietf }), { item: `${name}: first` }, key)
    // The wrapper that sent the first would refuse it before sending.
    const send = createHost({ contract: ietf })
    const error = await order(send, { item: `${name}: other` }, key).catch((reason: unknown) => reason)
    expect(isKeyReusedError(error)).toBe(true)
    expect(error).toMatchObject({ key, outcome: 'unknown', response: { status: 422 } })
    expect(server.executions.started(`${name}: other`)).toBe(0)
  })

  it('duplicates nothing and lies about nothing in a storm of faults', async () => {
    const send = createHost({ contract: ietf })
    const items = Array.from({ length: 80 }, (_, index) => `${name}: storm ${index}`)
    const ends = await Promise.all(
      items.map((item) => order(send, { item }, undefined, storm.url).catch((reason: unknown) => reason)),
    )
    const counts = items.map((item) => server.executions.started(item))
    expect(Math.max(...counts)).toBe(1)
    for (const [index, end] of ends.entries()) {
      const outcome = idempotencyOf(end)?.outcome
      if (outcome !== 'unknown') expect(counts[index]).toBe(outcome === 'applied' ? 1 : 0)
      expect((end as Response).ok === true).toBe(outcome === 'applied')
    }
    expect(ends.filter((end) => (end as Response).ok).length).toBeGreaterThan(60)
  })
})
