import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHoldingServer, type HoldingServer } from './holding.js'
import type { LoopbackServer } from './loopback.js'
import { startNestServer, type NestServer } from './nest.js'
import { startSpectorServer } from './spector.js'
import { startStripeServer, type StripeServer } from './stripe.js'

const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...headers },
})

const form = (values: Record<string, string>, headers: Record<string, string>): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams(values),
  headers,
})

describe('startStripeServer', () => {
  let stripe: StripeServer
  beforeAll(async () => {
    stripe = await startStripeServer()
  })
  afterAll(() => stripe.close())

  const charge = (key: string, values: Record<string, string>) =>
    fetch(
      `${stripe.url}/v1/charges`,
      form(
        { amount: '500', currency: 'usd', source: 'tok_visa', ...values },
        { ...stripe.headers, 'idempotency-key': key },
      ),
    )

  it('replays a charge with its marker and lists it once', async () => {
    const first = await charge('a', { description: 'twice' })
    const second = await charge('a', { description: 'twice' })
    expect([first.status, second.status]).toEqual([200, 200])
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    expect(second.headers.get('original-request')).toBe(first.headers.get('request-id'))
    expect(await second.json()).toEqual(await first.json())
    expect(await stripe.charges('twice')).toHaveLength(1)
  })

  it('answers another payload under a used key with 400 idempotency_error', async () => {
    await charge('b', { description: 'one' })
    const answer = await charge('b', { description: 'other' })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: { type: 'idempotency_error' } })
  })

  it('lists more charges than one page holds', async () => {
    for (let index = 0; index < 105; index++) await charge(`page-${index}`, { description: 'pages' })
    expect(await stripe.charges('pages')).toHaveLength(105)
  })
})

describe('startNestServer', () => {
  let nest: NestServer
  beforeAll(async () => {
    nest = await startNestServer()
  })
  afterAll(() => nest.close())

  const order = (key: string, body: unknown) =>
    fetch(`${nest.url}/orders`, json(body, { 'idempotency-key': key }))

  it('replays an order with its marker', async () => {
    const answers = [await order('a', { item: 'tea' }), await order('a', { item: 'tea' })]
    expect(answers.map(({ status }) => status)).toEqual([201, 201])
    expect(answers.map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true'])
    expect(nest.executions.finished('tea')).toBe(1)
  })

  it('answers 409 with Retry-After while the first is running, 422 to another payload', async () => {
    const release = nest.executions.hold('slow')
    const first = order('b', { item: 'slow' })
    while (nest.executions.started('slow') === 0) await new Promise((resolve) => setImmediate(resolve))
    const running = await order('b', { item: 'slow' })
    release()
    expect(running.status).toBe(409)
    expect(running.headers.get('retry-after')).toBe('1')
    expect((await first).status).toBe(201)
    expect((await order('b', { item: 'other' })).status).toBe(422)
    expect(nest.executions.total).toBe(2)
  })
})

describe('startHoldingServer', () => {
  let holding: HoldingServer
  beforeAll(async () => {
    holding = await startHoldingServer()
  })
  afterAll(() => holding.close())

  it('holds a duplicate until the first is done', async () => {
    const release = holding.executions.hold('slow')
    const send = () => fetch(holding.url, json({ item: 'slow' }, { 'idempotency-key': 'a' }))
    const answers = [send(), send()]
    while (holding.executions.started('slow') === 0) await new Promise((resolve) => setImmediate(resolve))
    release()
    const bodies = await Promise.all((await Promise.all(answers)).map((answer) => answer.json()))
    expect(bodies[0]).toEqual(bodies[1])
    expect(holding.executions.started('slow')).toBe(1)
  })

  it('refuses a missing key with 400', async () => {
    expect((await fetch(holding.url, json({ item: 'none' }))).status).toBe(400)
    expect(holding.executions.started('none')).toBe(0)
  })
})

describe('startSpectorServer', () => {
  let spector: LoopbackServer
  beforeAll(async () => {
    spector = await startSpectorServer()
  })
  afterAll(() => spector.close())

  const send = (headers: Record<string, string>) =>
    fetch(`${spector.url}/special-headers/repeatability/immediateSuccess`, { method: 'POST', headers })

  it('accepts both headers, and refuses one without the other', async () => {
    const id = { 'repeatability-request-id': crypto.randomUUID() }
    const accepted = await send({ ...id, 'repeatability-first-sent': new Date().toUTCString() })
    expect(accepted.status).toBe(204)
    expect(accepted.headers.get('repeatability-result')).toBe('accepted')
    expect((await send(id)).status).toBe(400)
  })
})
