import {
  createIdempotentFetch,
  idempotencyOf,
  isAlreadyDoneError,
  isKeyExpiredError,
  isKeyReusedError,
  isOutcomeUnknownError,
  type IdempotencyEvent,
} from 'fetch-idempotency'
import {
  adyen,
  checkout,
  defineContract,
  duplicateConflict,
  dwolla,
  gocardless,
  ietf,
  increase,
  mangopay,
  oasis,
  paypal,
  qurl,
  resend,
  square,
  standard,
  type ServerContract,
} from 'fetch-idempotency/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFaultProxy, type Fault, type FaultProxy } from '../../wire/fault-proxy.js'
import { virtualClock } from 'fetch-idempotency/testing'
import { hosts, type Send } from '../third-party/hosts.js'
import { startPeer, type PeerBody, type Peer } from './peer.js'

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

/** Sends past every fault, and past our hosts. */
const plainGet = (path: string) => fetch(peer.url + path)

const post = (send: Send, path: string, body: PeerBody, idempotencyKey?: string) =>
  send(proxy.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(idempotencyKey && { idempotencyKey }),
  })

const caught = (promise: Promise<unknown>) => promise.catch((reason: unknown) => reason)
const lostFourTimes: Fault[] = ['commit-reset', 'cut-head', 'cut-body', 'commit-reset']

/** Requests that a call cost. */
async function counted<T>(call: () => Promise<T>): Promise<{ end: T; requests: number }> {
  const before = proxy.requests
  const end = await call()
  return { end, requests: proxy.requests - before }
}

describe.each(hosts)('%s', (name, createHost) => {
  let numbered = 0
  const newItem = () => `${name} ${numbered++}`
  const newKey = () => crypto.randomUUID()

  describe('a server that is still running', () => {
    it('is asked again without a cost in attempts', async () => {
      const item = newItem()
      const script = Array.from({ length: 7 }, () => 'running')
      const response = await post(createHost({ contract: adyen }), '/adyen/payments', { item, script })
      expect(response.status).toBe(200)
      expect(idempotencyOf(response)).toMatchObject({ attempts: 8, outcome: 'applied' })
      expect(peer.executions.started(item)).toBe(1)
    })

    it('is waited for until our own lost attempt is done', async () => {
      const item = newItem()
      const release = peer.executions.hold(item)
      const events: IdempotencyEvent[] = []
      const send = createHost({
        contract: ietf,
        onEvent: (event) => {
          events.push(event)
          if (event.type === 'attempt-ended' && event.verdict === 'running') release()
        },
      })
      proxy.next('forward-reset')
      const response = await post(send, '/ietf/orders', { item })
      expect(response.status).toBe(201)
      expect(idempotencyOf(response)).toMatchObject({ outcome: 'applied' })
      expect(peer.executions.started(item)).toBe(1)
      expect(events.some((event) => event.type === 'waiting' && event.reason === 'running')).toBe(true)
    })

    it.each(['before', 'after'])(
      'is given up when the key is stuck by a crash %s the work',
      async (crash) => {
        const item = newItem()
        const send = createHost({ contract: dwolla })
        const { end, requests } = await counted(() => post(send, '/dwolla/transfers', { item, crash }))
        expect(end.status).toBe(409)
        expect(idempotencyOf(end)).toMatchObject({ outcome: 'unknown' })
        expect(requests).toBeLessThanOrEqual(8)
        expect(peer.executions.started(item)).toBe(crash === 'after' ? 1 : 0)
      },
    )

    it('is given up at the deadline, with the outcome unknown', async () => {
      const item = newItem()
      const clock = virtualClock()
      const startedAt = clock.now()
      const whop = defineContract({ classify: ({ status }) => (status === 409 ? 'running' : undefined) })
      const send = createHost({ contract: whop, clock, deadlineMs: 30_000 })
      const { end, requests } = await counted(() =>
        caught(post(send, '/whop/transfers', { item, crash: 'after' })),
      )
      expect(idempotencyOf(end)).toMatchObject({ outcome: 'unknown' })
      expect(clock.now() - startedAt).toBeLessThanOrEqual(30_000)
      expect(requests).toBeLessThan(60)
      expect(peer.executions.started(item)).toBe(1)
    })

    it('is waited for when it says so with 503 and Retry-After', async () => {
      const item = newItem()
      const release = peer.executions.hold(item)
      const waits: unknown[] = []
      const send = createHost({
        contract: qurl,
        onEvent: (event) => {
          if (event.type === 'waiting') waits.push(event.delayMs)
          if (event.type === 'attempt-ended' && event.status === 503) release()
        },
      })
      proxy.next('forward-reset')
      const response = await post(send, '/qurl/v1/api-keys', { item })
      expect(response.status).toBe(201)
      expect(idempotencyOf(response)).toMatchObject({ attempts: 3, replayed: true, outcome: 'applied' })
      expect(waits.at(-1)).toBe(1_000)
      expect(peer.executions.started(item)).toBe(1)
    })
  })

  describe('a server whose error means "already done"', () => {
    it('gives the original by the id that the error names', async () => {
      const item = newItem()
      const send = createHost({
        contract: gocardless,
        resolve: ({ original }) => plainGet(`/gocardless/payments/${original.id}`),
      })
      proxy.next('cut-body')
      const response = await post(send, '/gocardless/payments', { item })
      expect(response.status).toBe(200)
      expect(await response.json()).toMatchObject({ payments: { item } })
      expect(idempotencyOf(response)).toMatchObject({ attempts: 2, replayed: true, outcome: 'applied' })
      expect(peer.executions.started(item)).toBe(1)
    })

    it('gives the original when the look-up goes through our own fetch', async () => {
      const lookUpWith = createIdempotentFetch()
      const send = createHost({
        contract: gocardless,
        resolve: ({ original }) => lookUpWith(`${peer.url}/gocardless/payments/${original.id}`),
      })
      proxy.next('commit-reset')
      const response = await post(send, '/gocardless/payments', { item: newItem() })
      expect(idempotencyOf(response)).toMatchObject({ attempts: 2, replayed: true, outcome: 'applied' })
    })

    it.each([
      ['gocardless', gocardless, '/gocardless/payments', { id: expect.stringMatching(/^ID\d+$/) as unknown }],
      ['a bare 409', duplicateConflict, '/duplicate/orders', {}],
    ])('throws AlreadyDoneError without a resolver (%s)', async (_, contract, path, original) => {
      const item = newItem()
      proxy.next('commit-reset')
      const error = await caught(post(createHost({ contract }), path, { item }))
      expect(isAlreadyDoneError(error)).toBe(true)
      expect(error).toMatchObject({ outcome: 'applied', attempts: 2, original })
      expect(idempotencyOf(error)).toMatchObject({ replayed: true, outcome: 'applied' })
      expect(peer.executions.started(item)).toBe(1)
    })

    it('gives the original by a look-up of the natural key', async () => {
      const item = newItem()
      const send = createHost({
        contract: duplicateConflict,
        resolve: () => plainGet(`/duplicate/orders/${encodeURIComponent(item)}`),
      })
      proxy.next('commit-reset')
      const response = await post(send, '/duplicate/orders', { item })
      expect(await response.json()).toEqual({ item, count: 1 })
      expect(idempotencyOf(response)).toMatchObject({ outcome: 'applied' })
    })

    const lookUp: NonNullable<Parameters<typeof createHost>[0]['resolve']> = async ({ key }) => {
      const stored = await plainGet(`/mangopay/v2.01/client/responses/${key}`)
      const { StatusCode, Resource } = (await stored.json()) as { StatusCode: string; Resource: unknown }
      return Response.json(Resource, { status: Number(StatusCode) })
    }

    it('gives the original by a look-up by key', async () => {
      const item = newItem()
      proxy.next('cut-head')
      const send = createHost({ contract: mangopay, resolve: lookUp })
      const response = await post(send, '/mangopay/v2.01/client/payins', { item })
      expect(response.status).toBe(201)
      expect(await response.json()).toMatchObject({ item })
      expect(idempotencyOf(response)).toMatchObject({ replayed: true, outcome: 'applied' })
      expect(peer.executions.started(item)).toBe(1)
    })

    it('does not call a failure applied that a look-up by key brings', async () => {
      const item = newItem()
      const body = { item, failWith: 400 }
      proxy.next('commit-reset')
      const send = createHost({ contract: mangopay, resolve: lookUp })
      const end = await post(send, '/mangopay/v2.01/client/payins', body)
      expect(end.status).toBe(400)
      expect(idempotencyOf(end)?.outcome).not.toBe('applied')

      proxy.next('commit-reset')
      const error = await caught(
        post(createHost({ contract: mangopay }), '/mangopay/v2.01/client/payins', body),
      )
      expect(idempotencyOf(error)?.outcome).toBe('unknown')
      expect(peer.executions.started(item)).toBe(0)
    })

    it('gives the original from the body of the error', async () => {
      const item = newItem()
      const send = createHost({
        contract: duplicateConflict,
        resolve: async ({ response }) => Response.json(await response?.json(), { status: 201 }),
      })
      proxy.next('commit-reset')
      const response = await post(send, '/interchecks/payments', { item })
      expect(response.status).toBe(201)
      expect(await response.json()).toMatchObject({ item })
      expect(idempotencyOf(response)).toMatchObject({ replayed: true, outcome: 'applied' })
    })
  })

  describe('a replay', () => {
    it.each([
      ['a marker', qurl, '/qurl/v1/qurls', 201],
      ['200 in place of 201', paypal, '/paypal/v2/checkout/orders', 200],
      ['a marker of another name', increase, '/increase/transfers', 200],
    ])('is visible by %s', async (_, contract: ServerContract, path, status) => {
      const item = newItem()
      proxy.next('cut-body')
      const response = await post(createHost({ contract }), path, { item })
      expect(response.status).toBe(status)
      expect(idempotencyOf(response)).toMatchObject({ attempts: 2, replayed: true, outcome: 'applied' })
      expect(peer.executions.started(item)).toBe(1)
    })

    it('is not seen in the first answer', async () => {
      const first = await post(createHost({ contract: paypal }), '/paypal/v2/checkout/orders', {
        item: newItem(),
      })
      expect(first.status).toBe(201)
      expect(idempotencyOf(first)).toMatchObject({ attempts: 1, replayed: false })
    })

    it('is a success where 202 takes the place of 201', async () => {
      const item = newItem()
      proxy.next('commit-reset')
      const response = await post(createHost({ contract: checkout }), '/checkout/payments', { item })
      expect(response.status).toBe(202)
      expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'applied' })
      expect(peer.executions.started(item)).toBe(1)
    })

    it('of a failure is final', async () => {
      const slug = newItem()
      await post(createHost({ contract: qurl }), '/qurl/v1/qurls', { item: newItem(), slug })
      const item = newItem()
      proxy.next('commit-reset')
      const response = await post(createHost({ contract: qurl }), '/qurl/v1/qurls', { item, slug })
      expect(response.status).toBe(409)
      expect(idempotencyOf(response)).toMatchObject({ attempts: 2, replayed: true, outcome: 'not-applied' })
      expect(peer.executions.started(item)).toBe(0)
    })
  })

  describe('a key that comes with another payload', () => {
    const express = defineContract({
      name: 'express-idempotency',
      classify: ({ status }) => (status === 417 ? 'key-reused' : undefined),
    })
    it.each([
      [422, 'ietf', ietf, '/ietf/orders'],
      [400, 'square', square, '/square/v2/payments'],
      [409, 'resend', resend, '/resend/emails'],
      [409, 'increase', increase, '/increase/transfers'],
      [409, 'qurl', qurl, '/qurl/v1/api-keys'],
      [417, 'a contract of our own', express, '/reuse/417'],
    ])('is KeyReusedError for %i of %s', async (status, _, contract: ServerContract, path) => {
      const key = newKey()
      const [first, other] = [newItem(), newItem()]
      expect((await post(createHost({ contract }), path, { item: first }, key)).ok).toBe(true)
      // The wrapper that sent the first would refuse it before sending.
      const error = await caught(post(createHost({ contract }), path, { item: other }, key))
      expect(isKeyReusedError(error)).toBe(true)
      expect(error).toMatchObject({ key, attempts: 1, outcome: 'unknown', response: { status } })
      expect(String(error)).toMatch(/may have applied this write.*never another key/i)
      expect([peer.executions.started(first), peer.executions.started(other)]).toEqual([1, 0])
    })
  })

  it('carries the key in the JSON body, the same on every attempt', async () => {
    const item = newItem()
    proxy.next('commit-reset', 'cut-body')
    const response = await post(createHost({ contract: square }), '/square/v2/payments', { item })
    expect(response.status).toBe(200)
    const bodies = proxy.seen.slice(-3).map(({ body }) => body.toString())
    expect(JSON.parse(bodies[0]!)).toEqual({ item, idempotency_key: idempotencyOf(response)?.key })
    expect(new Set(bodies).size).toBe(1)
    expect(proxy.seen.at(-1)?.headers).not.toHaveProperty('idempotency-key')
    expect(peer.executions.started(item)).toBe(1)
  })

  describe('a conditional write', () => {
    const put = (send: Send, item: string, path: string, headers: Record<string, string>) =>
      send(proxy.url + path, { method: 'PUT', headers, body: JSON.stringify({ item }) })

    it.each([
      ['If-None-Match', { 'if-none-match': '*' }],
      ['If-Match', { 'if-match': '"v1"' }],
    ])('whose own success meets its %s is unknown, never a failure', async (condition, headers) => {
      const path = `/documents/${encodeURIComponent(`${name} ${condition}`)}`
      const item = newItem()
      if ('if-match' in headers) await put(createHost({ contract: standard }), 'before', path, {})
      proxy.next('commit-reset')
      const end = await put(createHost({ contract: standard }), item, path, headers)
      expect(end.status).toBe(412)
      expect(idempotencyOf(end)).toMatchObject({ attempts: 2, outcome: 'unknown' })
      expect(peer.executions.started(item)).toBe(1)
    })

    it('may be read again and decided', async () => {
      const path = `/documents/${encodeURIComponent(`${name} decided`)}`
      const item = newItem()
      const reconcile = async () => {
        const stored = (await (await plainGet(path)).json()) as { item: string }
        return stored.item === item ? ('applied' as const) : ('not-applied' as const)
      }
      proxy.next('commit-reset')
      const end = await put(createHost({ contract: standard, reconcile }), item, path, {
        'if-none-match': '*',
      })
      expect(idempotencyOf(end)).toMatchObject({ outcome: 'applied' })

      // Somebody else was first: the same 412, the other word.
      proxy.next('reset-before')
      const other = await put(
        createHost({ contract: standard, reconcile: () => 'not-applied' }),
        newItem(),
        path,
        {
          'if-none-match': '*',
        },
      )
      expect(other.status).toBe(412)
      expect(idempotencyOf(other)).toMatchObject({ outcome: 'not-applied' })
    })

    it('is a plain failure when its first answer is 412', async () => {
      const path = `/documents/${encodeURIComponent(`${name} plain`)}`
      const end = await put(createHost({ contract: standard }), newItem(), path, { 'if-match': '"v7"' })
      expect(end.status).toBe(412)
      expect(idempotencyOf(end)).toMatchObject({ attempts: 1, outcome: 'not-applied' })
    })

    it('DELETE that meets 404 after a lost answer is applied', async () => {
      const path = `/documents/${encodeURIComponent(`${name} deleted`)}`
      await put(createHost({ contract: standard }), newItem(), path, {})
      proxy.next('cut-head')
      const end = await createHost({ contract: standard })(proxy.url + path, { method: 'DELETE' })
      expect(end.status).toBe(404)
      expect(idempotencyOf(end)).toMatchObject({ attempts: 2, outcome: 'applied' })
    })
  })

  describe('an outcome that is unknown at the end', () => {
    it('is an error that says so', async () => {
      const item = newItem()
      proxy.next(...lostFourTimes)
      const error = await caught(post(createHost({ contract: increase }), '/increase/transfers', { item }))
      expect(error).toBeInstanceOf(Error)
      expect(idempotencyOf(error)).toMatchObject({ attempts: 4, outcome: 'unknown' })
      expect(peer.executions.started(item)).toBe(1)
    })

    const find: NonNullable<Parameters<typeof createHost>[0]['reconcile']> = async ({ key }) => {
      const { data } = (await (await plainGet(`/increase/transfers?idempotency_key=${key}`)).json()) as {
        data: unknown[]
      }
      return data.length > 0 ? Response.json(data[0]) : 'not-applied'
    }

    it('becomes a success when a look-up by key finds the object', async () => {
      const item = newItem()
      proxy.next(...lostFourTimes)
      const send = createHost({ contract: increase, reconcile: find })
      const response = await post(send, '/increase/transfers', { item })
      expect(await response.json()).toMatchObject({ item })
      expect(idempotencyOf(response)).toMatchObject({ attempts: 4, outcome: 'applied' })
    })

    it('becomes "not applied" when it finds nothing', async () => {
      proxy.next('reset-before', 'reset-before', 'reset-before', 'reset-before')
      const send = createHost({ contract: increase, reconcile: find })
      const error = await caught(post(send, '/increase/transfers', { item: newItem() }))
      expect(idempotencyOf(error)).toMatchObject({ attempts: 4, outcome: 'not-applied' })
    })

    it('stays unknown when the look-up fails', async () => {
      proxy.next(...lostFourTimes)
      const reconcile = () => Promise.reject(new Error('look-up failed'))
      const send = createHost({ contract: increase, reconcile })
      const error = await caught(post(send, '/increase/transfers', { item: newItem() }))
      expect(idempotencyOf(error)).toMatchObject({ outcome: 'unknown' })
    })
  })

  describe('retention', () => {
    it('ends resends once the server may have forgotten the key', async () => {
      const item = newItem()
      const contract = standard.with({ keyTtlMs: 1_500 })
      proxy.next({ after: { status: 503, headers: { 'retry-after': '2' } } })
      const { end, requests } = await counted(() =>
        caught(post(createHost({ contract }), '/reuse/422', { item })),
      )
      expect(requests).toBe(1)
      expect(isKeyExpiredError(end)).toBe(true)
      expect(idempotencyOf(end)).toMatchObject({ attempts: 1, outcome: 'unknown' })
      expect(peer.executions.started(item)).toBe(1)
    })

    it('refuses to send a UUIDv7 that is older than that', async () => {
      const bornMs = Date.now() - 10 * 60_000
      const hex = bornMs.toString(16).padStart(12, '0')
      const key = `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8abc-0123456789ab`
      const { end, requests } = await counted(() =>
        caught(post(createHost({ contract: oasis }), '/oasis/emails', { item: newItem() }, key)),
      )
      expect(isKeyExpiredError(end)).toBe(true)
      expect(end).toMatchObject({ key, outcome: 'unknown' })
      expect(requests).toBe(0)
    })

    it('ends with the outcome unknown when the server says that the window is over', async () => {
      const clock = virtualClock()
      const late = { ...clock, now: () => clock.now() - 10 * 60_000 }
      const item = newItem()
      const end = await caught(post(createHost({ contract: oasis, clock: late }), '/oasis/emails', { item }))
      expect(isKeyExpiredError(end)).toBe(true)
      expect(idempotencyOf(end)).toMatchObject({ attempts: 1, outcome: 'unknown' })
      expect(peer.executions.started(item)).toBe(0)
    })
  })

  describe('a server that says whether the key may be sent again', () => {
    it('is sent the key again as long as its store is down', async () => {
      const item = newItem()
      const script = ['key-store-down', 'key-store-down']
      const response = await post(createHost({ contract: adyen }), '/adyen/payments', { item, script })
      expect(response.status).toBe(200)
      const { key, attempts } = idempotencyOf(response)!
      expect(attempts).toBe(3)
      expect(proxy.seen.slice(-3).map(({ headers }) => headers['idempotency-key'])).toEqual([key, key, key])
      expect(peer.executions.started(item)).toBe(1)
    })

    it('is sent it again after `transient-error: true`, whatever the status', async () => {
      const item = newItem()
      const script = ['transient', 'transient-422']
      const response = await post(createHost({ contract: adyen }), '/adyen/payments', { item, script })
      expect(response.status).toBe(200)
      expect(idempotencyOf(response)).toMatchObject({ attempts: 3, outcome: 'applied' })
      expect(peer.executions.started(item)).toBe(1)
    })

    it('is not sent it again after a 500 without it', async () => {
      const item = newItem()
      const { end, requests } = await counted(() =>
        post(createHost({ contract: adyen }), '/adyen/payments', { item, final: true }),
      )
      expect(end.status).toBe(500)
      expect(requests).toBe(1)
      expect(idempotencyOf(end)).toMatchObject({ attempts: 1, outcome: 'unknown' })
    })
  })

  it('an interim answer that never becomes final ends in the attempt timeout', async () => {
    const item = newItem()
    const release = peer.executions.hold(item)
    const send = createHost({
      contract: duplicateConflict,
      attemptTimeoutMs: 80,
      onEvent: (event) => {
        if (event.type === 'attempt-ended' && event.attempts === 2) release()
      },
      resolve: async ({ response }) => Response.json(await response?.json(), { status: 201 }),
    })
    proxy.next('forward-reset')
    const response = await post(send, '/interchecks/payments', { item })
    expect(response.status).toBe(201)
    expect(idempotencyOf(response)).toMatchObject({ replayed: true, outcome: 'applied' })
    expect(peer.executions.started(item)).toBe(1)
  })
})

describe('whenKeyStoreDown: send-without-key', () => {
  const sendFor = () =>
    createIdempotentFetch({
      contract: adyen,
      whenKeyStoreDown: 'send-without-key',
      clock: virtualClock(),
    }) as Send

  it('sends once without the key, as the caller chose', async () => {
    const response = await post(sendFor(), '/adyen/payments', { item: 'keyless', script: ['key-store-down'] })
    expect(response.status).toBe(200)
    expect(proxy.seen.at(-1)?.headers).not.toHaveProperty('idempotency-key')
    expect(peer.executions.started('keyless')).toBe(1)
  })

  it('does not give the key up after an attempt that may have been executed', async () => {
    const script = ['execute', 'key-store-down']
    proxy.next('commit-reset')
    const end = await caught(post(sendFor(), '/adyen/payments', { item: 'keyed', script }))
    expect(idempotencyOf(end)).toBeDefined()
    expect(peer.executions.started('keyed')).toBe(1)
  })

  it('is an error that says "unknown" when the answer to the keyless request is lost', async () => {
    proxy.next('pass', 'commit-reset')
    const error = await caught(
      post(sendFor(), '/adyen/payments', { item: 'keyless and lost', script: ['key-store-down'] }),
    )
    expect(isOutcomeUnknownError(error)).toBe(true)
    expect(peer.executions.started('keyless and lost')).toBe(1)
  })
})
