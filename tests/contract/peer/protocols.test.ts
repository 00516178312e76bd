import { idempotencyOf, isKeyReusedError } from 'fetch-idempotency'
import {
  acp,
  defineContract,
  shopifyGraphql,
  worldline,
  type ServerContract,
} from 'fetch-idempotency/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFaultProxy, type FaultProxy } from '../../wire/fault-proxy.js'
import { virtualClock } from 'fetch-idempotency/testing'
import { hosts, type HostOptions, type Send } from '../third-party/hosts.js'
import { startPeer, type Peer, type PeerBody } from './peer.js'

let peer: Peer
let proxy: FaultProxy
beforeAll(async () => {
  peer = await startPeer()
  proxy = await startFaultProxy({ port: peer.port })
})
afterAll(async () => {
  await proxy.close()
  await peer.close()
})

const post = (send: Send, path: string, body: PeerBody, idempotencyKey?: string) =>
  send(proxy.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(idempotencyKey && { idempotencyKey }),
  })

describe.each(hosts)('%s', (name, createHost) => {
  let numbered = 0
  const newItem = () => `${name} protocol ${numbered++}`

  it.each<[string, ServerContract, string]>([
    ['acp', acp, '/acp/checkout_sessions'],
    ['worldline', worldline, '/worldline/v1/payments'],
    ['shopifyGraphql', shopifyGraphql, '/shopify/graphql.json'],
  ])('%s: a write whose answers are lost happens once', async (_, contract, path) => {
    const item = newItem()
    proxy.next('commit-reset', 'cut-body', 'cut-head')
    const response = await post(createHost({ contract }), path, { item })
    expect(response.ok).toBe(true)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 4, outcome: 'applied' })
    expect(peer.executions.started(item)).toBe(1)
  })

  it.each<[string, ServerContract, string]>([
    ['acp', acp, '/acp/checkout_sessions'],
    ['shopifyGraphql', shopifyGraphql, '/shopify/graphql.json'],
  ])('%s: a used key claims nothing of the write', async (_, contract, path) => {
    const [first, other, key] = [newItem(), newItem(), crypto.randomUUID()]
    await post(createHost({ contract }), path, { item: first }, key)
    // The wrapper that sent the first would refuse it before sending.
    const send = createHost({ contract })
    const error = await post(send, path, { item: other }, key).catch((reason: unknown) => reason)
    expect(isKeyReusedError(error)).toBe(true)
    expect(error).toMatchObject({ outcome: 'unknown' })
    expect(peer.executions.started(other)).toBe(0)
  })

  it('worldline: a replay is known by the time of the first request', async () => {
    const send = createHost({ contract: worldline })
    const [item, key] = [newItem(), crypto.randomUUID()]
    await post(send, '/worldline/v1/payments', { item }, key)
    expect(idempotencyOf(await post(send, '/worldline/v1/payments', { item }, key))?.replayed).toBe(true)
  })

  it('shopifyGraphql: a 200 that is throttled is waited for', async () => {
    const item = newItem()
    const send = createHost({ contract: shopifyGraphql })
    const response = await post(send, '/shopify/graphql.json', { item, throttle: 2 })
    expect(await response.json()).toMatchObject({ data: { refundCreate: { userErrors: [] } } })
    expect(idempotencyOf(response)).toMatchObject({ attempts: 3, outcome: 'applied' })
    expect(peer.executions.started(item)).toBe(1)
  })

  it('wrapped: a replay that wraps the first answer is given as that answer', async () => {
    const item = newItem()
    const contract = defineContract({
      answers: { wrappedReplay: { marker: 'cached', field: 'data', status: 201 } },
    })
    proxy.next('cut-body', 'commit-reset')
    const response = await post(createHost({ contract }), '/wrapped/orders', { item })
    expect([response.status, await response.json()]).toMatchObject([201, { item }])
    expect(idempotencyOf(response)).toMatchObject({ attempts: 3, replayed: true, outcome: 'applied' })
    expect(idempotencyOf(response)).not.toHaveProperty('mayHaveRunTwice')
    expect(peer.executions.started(item)).toBe(1)
  })

  it.each<[string, HostOptions]>([
    ['a contract that says so', { contract: defineContract({ honoursKey: () => false }) }],
    ["writes: 'never'", { writes: 'never' }],
  ])('ignoring: nothing is applied twice under %s', async (_, options) => {
    const item = newItem()
    proxy.next('cut-body')
    const end = await post(createHost(options), '/ignoring/orders', { item }).catch((error: unknown) => error)
    expect(idempotencyOf(end)).toMatchObject({ attempts: 1, outcome: 'unknown' })
    expect(peer.executions.started(item)).toBe(1)
  })

  it('ignoring: what is applied twice by the standard contract is told', async () => {
    const item = newItem()
    proxy.next('cut-body')
    const facts = idempotencyOf(await post(createHost({}), '/ignoring/orders', { item }))
    expect(facts).toMatchObject({ attempts: 2, outcome: 'applied', mayHaveRunTwice: true, ttlAssumed: true })
    expect(peer.executions.started(item)).toBe(2)
  })

  it('standard: an "in progress" out of the store is asked about, and then claims nothing', async () => {
    const item = newItem()
    proxy.next('commit-reset')
    const send = createHost({ clock: virtualClock() })
    const response = await post(send, '/frozen/orders', { item }).catch(
      (error: { response: Response }) => error.response,
    )
    expect(response.status).toBe(409)
    expect(idempotencyOf(response)?.outcome).toBe('unknown')
    expect(peer.executions.started(item)).toBe(1)
  })
})
