import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { idempotencyOf, isOutcomeUnknownError, type IdempotencyEvent } from 'fetch-idempotency'
import {
  acp,
  checkout,
  ietf,
  paypal,
  qurl,
  resend,
  shopifyGraphql,
  square,
  standard,
  worldline,
  type ServerContract,
} from 'fetch-idempotency/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPeer, type Peer } from '../contract/peer/peer.js'
import { isWhole } from '../whole.js'
import { hosts, type HostOptions, type Send } from '../contract/third-party/hosts.js'
import { seededRandom } from '../contract/third-party/losses.js'
import { startFaultProxy, type Fault, type FaultProxy } from './fault-proxy.js'

let peer: Peer
beforeAll(async () => {
  peer = await startPeer()
})
afterAll(() => peer.close())

type KeyIgnored = IdempotencyEvent & { type: 'key-ignored' }

const post = (send: Send, { url }: FaultProxy, path: string, item: string) =>
  send(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ item }),
  })

const free = { budget: { transientCost: 0, throttledCost: 0 } }

/** How an honest server may write the answer that it keeps: `attempt` is 1 for the first, which it cuts in its middle. */
const forms: Record<
  string,
  (
    answer: { number: number; items: number[] },
    attempt: number,
  ) => { body: Buffer; headers?: Record<string, string> }
> = {
  'the same bytes': (answer) => ({ body: Buffer.from(JSON.stringify(answer)) }),
  'other headers': (answer, attempt) => ({
    body: Buffer.from(JSON.stringify(answer)),
    headers: {
      date: new Date(attempt * 1e12).toUTCString(),
      etag: `"${attempt}"`,
      'x-request-id': `r${attempt}`,
    },
  }),
  compressed: (answer) => ({
    body: gzipSync(JSON.stringify(answer)),
    headers: { 'content-encoding': 'gzip' },
  }),
  'compressed the first time': (answer, attempt) => {
    const text = JSON.stringify(answer)
    return attempt === 1
      ? { body: gzipSync(text), headers: { 'content-encoding': 'gzip' } }
      : { body: Buffer.from(text) }
  },
  'with a length the first time': (answer, attempt) => {
    const body = Buffer.from(JSON.stringify(answer))
    return attempt === 1 ? { body, headers: { 'content-length': `${body.length}` } } : { body }
  },
  'fields in another order': ({ number, items }, attempt) => ({
    body: Buffer.from(JSON.stringify(attempt === 1 ? { number, items } : { items, number }, null, attempt)),
  }),
  'wrapped, with the id of the request': (answer, attempt) => ({
    body: Buffer.from(JSON.stringify({ request_id: `r-${attempt}`, at: Date.now() + attempt, data: answer })),
  }),
}

/** A server that keeps its answers, and cuts the first one to each key. */
async function startHonestServer(form: keyof typeof forms) {
  const random = seededRandom(9)
  const kept = new Map<string, { number: number; items: number[]; attempts: number }>()
  const server = createServer((request, response) => {
    const key = String(request.headers['idempotency-key'])
    const first = kept.get(key)
    // Long, and hard to compress, so that half of it is something.
    const items = () => Array.from({ length: 9_000 }, () => Math.floor(random() * 1e9))
    const { number, attempts, ...rest } = first ?? { number: kept.size + 1, items: items(), attempts: 0 }
    kept.set(key, { number, attempts: attempts + 1, ...rest })
    const { body, headers } = forms[form]!({ number, ...rest }, attempts + 1)
    request.resume().on('end', () => {
      response.writeHead(201, { 'content-type': 'application/json', ...headers })
      if (attempts > 0) return void response.end(body)
      response.write(body.subarray(0, body.length / 2))
      setTimeout(() => response.socket?.resetAndDestroy(), 20)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`,
    executions: () => kept.size,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe.each(hosts)('%s', (name, createHost) => {
  let numbered = 0
  const newItem = () => `${name} ignored ${numbered++}`

  async function open(options: HostOptions = {}, choose?: () => Fault) {
    const proxy = await startFaultProxy({ port: peer.port, ...(choose && { choose }) })
    const events: IdempotencyEvent[] = []
    const send = createHost({ ...options, ...free, onEvent: (event) => void events.push(event) })
    const told = () => events.filter((event): event is KeyIgnored => event.type === 'key-ignored')
    return { proxy, send, events, told }
  }

  it('tells at the first cut answer that keys are ignored, and resends nothing from then on', async () => {
    const { proxy, send, events, told } = await open()
    try {
      const [lost, cut, after] = [newItem(), newItem(), newItem()]
      proxy.next('commit-reset', 'pass', 'cut-body', 'pass', 'commit-reset')

      const first = await post(send, proxy, '/ignoring/orders', lost)
      expect(idempotencyOf(first)).toMatchObject({ attempts: 2, outcome: 'applied' })
      expect(told()).toEqual([])

      const facts = idempotencyOf(await post(send, proxy, '/ignoring/orders', cut))
      expect(facts).toMatchObject({ attempts: 2, outcome: 'applied', mayHaveRunTwice: true })
      const [event, ...others] = told()
      expect(others).toEqual([])
      expect(event?.evidence).toMatchObject({ kind: 'other-id', field: 'id' })
      expect(event?.key).toBe(facts?.key)
      expect(event?.doubtful).toEqual([idempotencyOf(first)?.key])
      expect(events.at(-1)).toMatchObject({ type: 'settled', outcome: 'applied', mayHaveRunTwice: true })

      const error = await post(send, proxy, '/ignoring/other', after).catch((reason: unknown) => reason)
      expect(idempotencyOf(error)).toMatchObject({ attempts: 1, outcome: 'unknown' })
      expect(idempotencyOf(error)).not.toHaveProperty('mayHaveRunTwice')
      if (name === 'fetch') {
        expect(isOutcomeUnknownError(error)).toBe(true)
        expect(String(error)).toContain('the server has shown that it ignores keys')
        await expect((error as { retry(): Promise<unknown> }).retry()).rejects.toBe(error)
      }
      expect([lost, cut, after].map((item) => peer.executions.started(item))).toEqual([2, 2, 1])
    } finally {
      await proxy.close()
    }
  })

  it('resends all the same where that is wanted, and tells it each time', async () => {
    const { proxy, send, told } = await open({ whenKeysIgnored: 'resend' })
    try {
      for (const item of [newItem(), newItem()]) {
        proxy.next('cut-body')
        const facts = idempotencyOf(await post(send, proxy, '/ignoring/orders', item))
        expect(facts).toMatchObject({ attempts: 2, mayHaveRunTwice: true })
        expect(peer.executions.started(item)).toBe(2)
      }
      expect(told()).toHaveLength(2)
    } finally {
      await proxy.close()
    }
  })

  it('knows a resend without the mark that this server sets', async () => {
    const { proxy, send, told } = await open()
    try {
      proxy.next('cut-body', 'pass', 'cut-body')
      expect(idempotencyOf(await post(send, proxy, '/acp/checkout_sessions', newItem()))?.replayed).toBe(true)
      // The same origin, another service: no id in what came, and no mark.
      const response = await post(send, proxy, '/silent/orders', newItem())
      expect(idempotencyOf(response)).toMatchObject({ attempts: 2, mayHaveRunTwice: true })
      expect(told().map(({ evidence }) => evidence)).toEqual([{ kind: 'no-marker' }])
    } finally {
      await proxy.close()
    }
  })

  it.concurrent.each(Object.keys(forms))(
    'never suspects a server whose replay has another form: %s',
    async (form) => {
      const server = await startHonestServer(form as keyof typeof forms)
      const events: IdempotencyEvent[] = []
      try {
        const send = createHost({ ...free, onEvent: (event) => void events.push(event) })
        for (let writes = 0; writes < 6; writes += 1) {
          const init = { method: 'POST', body: JSON.stringify({ write: writes }) }
          const facts = idempotencyOf(await send(server.url, init))
          expect(facts).toMatchObject({ attempts: 2, outcome: 'applied' })
          expect(facts).not.toHaveProperty('mayHaveRunTwice')
        }
        expect(events.filter(({ type }) => type === 'key-ignored')).toEqual([])
        expect(server.executions()).toBe(6)
      } finally {
        await server.close()
      }
    },
  )

  it.concurrent.each<[string, ServerContract]>([
    ['/acp/checkout_sessions', acp],
    ['/checkout/payments', checkout],
    ['/ietf/orders', ietf],
    ['/paypal/v2/checkout/orders', paypal],
    ['/qurl/v1/qurls', qurl],
    ['/qurl/v1/qurls', standard],
    ['/resend/emails', resend],
    ['/reuse/422', standard],
    ['/shopify/graphql.json', shopifyGraphql],
    ['/square/orders', square],
    ['/worldline/v1/payments', worldline],
    ['/wrapped/orders', standard],
  ])('never suspects a server that keeps keys: %s', async (path, contract) => {
    // Of each answer half comes, then the next half, so that every service is compared with what it has replayed.
    let turn = 0
    const { proxy, send, told } = await open({ contract }, () => (turn++ % 2 === 0 ? 'cut-body' : 'pass'))
    try {
      for (let writes = 0; writes < 8; writes += 1) {
        const end = await post(send, proxy, path, newItem()).catch((reason: unknown) => reason)
        expect(idempotencyOf(end)).not.toHaveProperty('mayHaveRunTwice')
      }
      expect(told()).toEqual([])
      expect(proxy.injected).toBeGreaterThanOrEqual(8)
    } finally {
      await proxy.close()
    }
  })
})

describe('300 writes to a server that ignores keys, a quarter of whose answers are lost or cut', () => {
  it.each(isWhole ? hosts : hosts.slice(0, 1))(
    '%s: at most a handful are applied twice, and all of them are told',
    async (name, createHost) => {
      const random = seededRandom(7)
      const faults = ['commit-reset', 'cut-head', 'cut-body'] as const
      const choose = (): Fault => (random() < 0.25 ? faults[Math.floor(random() * 3)]! : 'pass')
      const proxy = await startFaultProxy({ port: peer.port, choose })
      const events: IdempotencyEvent[] = []
      try {
        const send = createHost({ ...free, onEvent: (event) => void events.push(event) })
        const keys = new Map<string, string>()
        const queue = Array.from({ length: 300 }, (_, at) => `${name} storm ${at}`)
        const facts = new Map<string, ReturnType<typeof idempotencyOf>>()
        const work = async () => {
          for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
            const end = await post(send, proxy, '/ignoring/orders', item).catch((reason: unknown) => reason)
            facts.set(item, idempotencyOf(end))
            keys.set(item, idempotencyOf(end)?.key ?? '')
          }
        }
        await Promise.all(Array.from({ length: 10 }, work))

        const doubtful = new Set(
          events.flatMap((event) => (event.type === 'key-ignored' ? event.doubtful : [])),
        )
        const twice = [...facts.keys()].filter((item) => peer.executions.started(item) > 1)
        const untold = twice.filter(
          (item) => facts.get(item)?.mayHaveRunTwice !== true && !doubtful.has(keys.get(item) ?? ''),
        )
        const wrong = [...facts].filter(([item, told]) => {
          const started = peer.executions.started(item)
          return told?.outcome === 'applied' ? started === 0 : told?.outcome === 'not-applied' && started > 0
        })
        const firstCut = proxy.seen.findIndex(({ fault }) => fault === 'cut-body')
        console.log(
          `${name}: ${proxy.injected} answers lost or cut, the first cut is request ${firstCut + 1}, ` +
            `${twice.length} of 300 writes applied twice, ${untold.length} of them not told`,
        )
        expect(untold).toEqual([])
        expect(wrong).toEqual([])
        expect(twice.length).toBeLessThanOrEqual(10)
        expect(proxy.injected).toBeGreaterThan(50)
      } finally {
        await proxy.close()
      }
    },
  )
})
