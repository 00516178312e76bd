import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { idempotency } from 'fetch-idempotency/ky'
import { defineContract } from 'fetch-idempotency/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hurried, hurriedClock, majors, ok, open, status, stub, url } from './harness.js'

const running = defineContract({
  classify: ({ status: code }) => (code === 409 ? { verdict: 'running', namesKey: true } : undefined),
})
const form = () => {
  const data = new FormData()
  data.append('file', new Blob(['content'], { type: 'text/plain' }), 'a.txt')
  return data
}
const big = new Uint8Array(2_000_000).fill(65)
const stream = () =>
  new ReadableStream({
    start(controller) {
      for (let at = 0; at < 3; at += 1) controller.enqueue(big.subarray(0, 100_000))
      controller.close()
    },
  })

describe.each(majors)('%s: the body of every request of a call', (major, ky) => {
  let server: Server
  let base: string
  const script = [409, 409, 503, 409, 201]
  const seen: object[] = []

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const { method, headers } = request
      const body = Buffer.concat(chunks).toString('latin1')
      const { 'content-type': type, 'content-length': length, 'transfer-encoding': coding } = headers
      seen.push({ method, type, length, coding, key: headers['idempotency-key'], body })
      response.writeHead(script[seen.length - 1] ?? 201).end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  beforeEach(() => void (seen.length = 0))
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  it.each<[string, () => object, { length?: string; coding?: string; type?: unknown }]>([
    ['JSON', () => ({ json: { amount: 'ä' } }), { length: '15', type: 'application/json' }],
    ['text', () => ({ body: 'abc' }), { length: '3', type: 'text/plain;charset=UTF-8' }],
    ['bytes', () => ({ body: big }), { length: '2000000' }],
    ['a form', () => ({ body: form() }), { type: expect.stringMatching(/^multipart\/form-data; boundary=/) }],
    ['fields', () => ({ body: new URLSearchParams({ a: '1' }) }), { length: '3' }],
    ['a blob', () => ({ body: new Blob(['abc'], { type: 'text/csv' }) }), { length: '3', type: 'text/csv' }],
    ['a stream', () => ({ body: stream(), duplex: 'half' }), { length: '300000' }],
    ['none', () => ({}), { length: '0' }],
  ])('is the same on the wire: %s', async (__, options, expected) => {
    const api = ky.extend(hurried).extend(idempotency({ contract: running, clock: hurriedClock() }))
    await api.post(base, options())
    expect(seen).toHaveLength(script.length)
    expect(seen[0]).toMatchObject(expected)
    for (const one of seen) expect(one).toEqual(seen[0])
  })

  it('is there for a resend though a hook reads a copy of it meanwhile, and ky has made none', async () => {
    for (const limit of [0, 2]) {
      const bodies: Promise<string>[] = []
      const server = stub(status(409), status(409), ok())
      const log = (first: Request | { request: Request }) => {
        const copy = ('request' in first ? first.request : first).clone()
        bodies.push(new Promise((resolve) => setTimeout(resolve)).then(() => copy.text()))
      }
      const api = open(ky, server, { contract: running, clock: hurriedClock() }, { retry: { limit } })
      await api.post(url, { body: 'abc', hooks: { beforeRequest: [log] } } as object)
      expect(server.sent.map(({ body }) => body)).toEqual(['abc', 'abc', 'abc'])
      // ky 1 runs this hook on every attempt.
      expect(await Promise.all(bodies)).toEqual(major === 'ky 1' ? ['abc', 'abc', 'abc'] : ['abc'])
    }
  })

  it('is resent with the headers that a fetch around ours has set', async () => {
    const server = stub(status(409), ok())
    const options = { contract: running, clock: hurriedClock() }
    const { fetch: ours } = idempotency({ ...options, fetch: server.fetch })({})
    const api = open(ky, server, options).extend({
      fetch(this: unknown, input: unknown, init?: RequestInit) {
        ;(input as Request).headers.set('authorization', 'secret')
        ;(input as Request).headers.delete('x-draft')
        return ours.call(this, input as Request, init)
      },
    } as object)
    await api.post(url, { headers: { 'x-draft': '1' } })
    expect(server.sent.map(({ headers }) => [headers.get('authorization'), headers.get('x-draft')])).toEqual([
      ['secret', null],
      ['secret', null],
    ])
  })
})
