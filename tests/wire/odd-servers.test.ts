import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import * as contracts from 'fetch-idempotency/contracts'
import { virtualClock } from 'fetch-idempotency/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isWhole } from '../whole.js'

/** Gives an answer and ends the connection, or breaks it. */
type Reply = (socket: Socket) => void

let replies: Reply[]
/** What this server has done, by item; each of its keys is executed once. */
let done: Map<string, number>
let kept: Set<string>
let base: string
let close: () => Promise<void>

/** A server that keeps keys, and answers as the test says, one reply for each connection. */
beforeEach(async () => {
  replies = []
  done = new Map()
  kept = new Set()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      const at = text.indexOf('\r\n\r\n')
      if (at < 0) return
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (text.length < at + 4 + length) return
      const item = text.slice(at + 4)
      const key = /idempotency-key: "?([^\r"]+)/i.exec(text)?.[1] ?? `none ${kept.size}`
      text = ''
      if (!kept.has(key)) done.set(item, (done.get(item) ?? 0) + 1)
      kept.add(key)
      const reply = replies.shift() ?? whole
      reply(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  close = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
})
afterEach(() => close())

const json = '{"id":"order-17","lines":[1,2],"note":"ä"}'
const head = 'HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nconnection: close\r\n'
const bytes = Buffer.from(json)
const framings = {
  'with a length': Buffer.from(`${head}content-length: ${bytes.length}\r\n\r\n${json}`),
  'in chunks': Buffer.concat([
    Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n${(9).toString(16)}\r\n`),
    bytes.subarray(0, 9),
    Buffer.from(`\r\n${(bytes.length - 9).toString(16)}\r\n`),
    bytes.subarray(9),
    Buffer.from('\r\n0\r\n\r\n'),
  ]),
  'to the end of the connection': Buffer.from(`${head}\r\n${json}`),
}
const whole: Reply = (socket) => void socket.end(framings['with a length'])
const status =
  (code: number, headers = '', body = '{}'): Reply =>
  (socket) =>
    void socket.end(
      `HTTP/1.1 ${code} Odd\r\nconnection: close\r\ncontent-type: application/json\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`,
    )
const lost: Reply = (socket) => void socket.resetAndDestroy()
/** The first `length` bytes of an answer, and then an end that is proper, or a reset. */
const cut =
  (answer: Buffer, length: number, isReset: boolean): Reply =>
  (socket) => {
    if (!isReset) return void socket.end(answer.subarray(0, length))
    // A reset right behind the bytes may overtake them in the kernel.
    socket.write(answer.subarray(0, length), () => setTimeout(() => socket.resetAndDestroy(), 3))
  }

const open = (contract: contracts.ServerContract = contracts.standard, more: object = {}) =>
  createIdempotentFetch({ contract, clock: virtualClock(), retry: { maxAttempts: 4 }, ...more })

const tell = (promise: Promise<Response>) =>
  promise.then(
    async (response) => ({
      status: response.status,
      text: await response.text(),
      ...idempotencyOf(response),
    }),
    (error: unknown) => ({ status: 0, text: '', ...idempotencyOf(error) }),
  )

describe.each(Object.entries(framings))('an answer %s', (_, answer) => {
  it.each([
    ['ends', false],
    ['is reset', true],
  ])('that %s after any of its bytes is asked for again, and is whole', async (_, isReset) => {
    const send = open()
    const step = isWhole ? 1 : 7
    for (let length = 0; length <= answer.length; length += step) {
      replies = [cut(answer, length, isReset)]
      const item = `"${length}"`
      const told = await tell(send(`${base}/orders`, { method: 'POST', body: item }))
      expect(told, `${length} of ${answer.length}`).toMatchObject({
        status: 201,
        text: json,
        outcome: 'applied',
      })
      expect(done.get(item)).toBe(1)
    }
  })
})

/** What a server may say to the resend of a write that it has done, and what must then be true. */
const says: readonly (readonly [string, Reply])[] = [
  ...[200, 201, 202, 204, 206, 207].map(
    (code) => [`${code}`, status(code, '', code === 204 ? '' : '{}')] as const,
  ),
  ...[301, 302, 303, 307, 308].map((code) => [`${code} to nowhere`, status(code)] as const),
  ...[
    400, 401, 402, 403, 404, 405, 406, 409, 410, 412, 413, 415, 417, 418, 422, 423, 424, 426, 428, 431, 451,
    499,
  ].map((code) => [`${code}`, status(code)] as const),
  ...[408, 421, 425, 429].map((code) => [`${code}`, status(code, 'retry-after: 0\r\n')] as const),
  ...[500, 501, 502, 503, 504, 505, 507, 511, 520, 599].map((code) => [`${code}`, status(code)] as const),
  ...[409, 423, 425, 429, 500, 503].map(
    (code) => [`${code} from its store`, status(code, 'idempotent-replayed: true\r\n')] as const,
  ),
]

describe('a server that has done the work, whose answer was lost, and which then says', () => {
  it.each(says)('%s, to the end: nothing false is told', async (_, reply) => {
    replies = [lost, ...Array.from({ length: 20 }, () => reply)]
    for (const options of [{}, { idempotencyKey: 'mine' }]) {
      const body = JSON.stringify(options)
      const told = await tell(open()(`${base}/orders`, { method: 'POST', body, ...options }))
      expect(told.outcome).not.toBe('not-applied')
      expect(done.get(body)).toBe(1)
      replies = [lost, ...Array.from({ length: 20 }, () => reply)]
    }
  })

  it.each([499, 500, 502, 503, 504, 507, 520])('nothing but %i: the outcome is unknown', async (code) => {
    replies = Array.from({ length: 20 }, () => status(code))
    const told = await tell(open()(`${base}/orders`, { method: 'POST', body: '1' }))
    expect([told.status, told.outcome, done.get('1')]).toEqual([code, 'unknown', 1])
  })

  it.each([404, 410])('%i to a DELETE: it is applied', async (code) => {
    replies = [lost, status(code)]
    expect(await tell(open()(`${base}/orders/1`, { method: 'DELETE' }))).toMatchObject({ outcome: 'applied' })
  })

  it.each([
    ['PUT', { 'if-match': '"1"' }],
    ['PUT', { 'if-none-match': '*' }],
    ['PATCH', { 'if-match': '"1"' }],
  ])('412 to a conditional %s: the outcome is unknown', async (method, headers) => {
    replies = [lost, status(412)]
    const told = await tell(open()(`${base}/orders/1`, { method, headers, body: '{}' }))
    expect(told).toMatchObject({ status: 412, outcome: 'unknown' })
  })
})

const presets = Object.entries(contracts).filter(
  (entry): entry is [string, contracts.ServerContract] =>
    typeof entry[1] === 'object' && entry[1] !== null && 'classify' in entry[1],
)

const someOfThem = says.filter(([name]) => /^(?:409|422)$|^409 from/.test(name))

/** A body in which each preset finds the place of its key. */
const init = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"query":"m","variables":{}}',
}

describe('under the contract of every server', () => {
  it.each(presets)('%s: an odd answer after a lost one is never not-applied', async (_, contract) => {
    for (const [name, reply] of isWhole ? says : someOfThem) {
      replies = [lost, ...Array.from({ length: 20 }, () => reply)]
      const told = await tell(open(contract)(`${base}/orders`, init))
      expect(told.outcome, name).not.toBe('not-applied')
    }
  })
})
