// @ts-check
import { createServer } from 'node:http'

/**
 * How the server differs for one library.
 *
 * @typedef {object} Behaviour
 * @property {(order: { id: string, number: number }) => object} [answer] the JSON of a write that was done
 * @property {object} [found] the JSON of a read
 * @property {(request: { headers: import('node:http').IncomingHttpHeaders, body: string }) => string | undefined} [keyOf]
 *   where the key stands
 * @property {object} [duplicate] the JSON of a 409 for a write that was done before; without one the first answer is sent again
 * @property {(body: string) => boolean} [isRead] which POSTs are reads
 * @property {Record<string, string>} [headers] headers of each answer
 * @property {number} [status] the status of a write that was done
 */

/** What happens to the first request of each write, in turn. Every later one passes. */
const faults = /** @type {const} */ ([
  'done, then a reset',
  'done, and half of the answer',
  'done, then a 502',
  'a reset, not done',
  'a 503, not done',
])

/**
 * A server on loopback that does each write once per key, and loses or fails the first answer to each.
 *
 * @param {Behaviour} [behaviour]
 */
export async function startServer({
  answer = ({ id }) => ({ id }),
  found = { found: true },
  keyOf = ({ headers }) => headers['idempotency-key']?.toString(),
  duplicate,
  isRead = () => false,
  headers = {},
  status = 201,
} = {}) {
  /** What was made for each order: more than one thing is a duplicate. @type {Map<string, string[]>} */
  const made = new Map()
  /** The first answer under each key. @type {Map<string, { status: number, text: string }>} */
  const kept = new Map()
  /** @type {Set<string>} */
  const begun = new Set()
  const count = { requests: 0, executed: 0, reads: 0, keyedReads: 0 }

  /** @param {string} order */
  const execute = (order) => {
    count.executed += 1
    const id = `${order}-${count.executed}`
    made.set(order, [...(made.get(order) ?? []), id])
    return { status, text: JSON.stringify(answer({ id, number: count.executed })) }
  }

  const server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    const body = (await request.toArray().catch(() => [])).join('')
    /** @param {{ status: number, text: string }} sent @param {Record<string, string>} [more] */
    const send = (sent, more = {}) => {
      const length = String(Buffer.byteLength(sent.text))
      const all = { 'content-type': 'application/json', ...headers, ...more, 'content-length': length }
      response.writeHead(sent.status, all)
      return sent.text
    }
    const key = keyOf({ headers: request.headers, body })
    if (request.method === 'GET' || request.method === 'HEAD' || isRead(body)) {
      count.reads += 1
      if (key !== undefined) count.keyedReads += 1
      return void response.end(send({ status: 200, text: JSON.stringify(found) }))
    }
    count.requests += 1
    // What the order is called is for counting only: the server knows a repetition by its key.
    const order = /order-\w+/.exec(decodeURIComponent(body))?.[0] ?? 'unnamed'
    const known = key === undefined ? undefined : kept.get(key)
    if (known && duplicate) return void response.end(send({ status: 409, text: JSON.stringify(duplicate) }))
    if (known) return void response.end(send(known, { 'idempotent-replayed': 'true' }))

    const isFirst = !begun.has(order)
    const fault = isFirst ? faults[begun.size % faults.length] : undefined
    begun.add(order)
    if (fault === 'a reset, not done') return void request.socket.resetAndDestroy()
    if (fault === 'a 503, not done') return void response.end(send({ status: 503, text: '{}' }))
    const done = execute(order)
    if (key !== undefined) kept.set(key, done)
    if (fault === 'done, then a reset') return void request.socket.resetAndDestroy()
    if (fault === 'done, then a 502') return void response.end(send({ status: 502, text: '{}' }))
    const text = send(done)
    if (fault === undefined) return void response.end(text)
    // A reset may overtake what was sent: it comes a moment later.
    response.write(text.slice(0, text.length / 2), () =>
      setTimeout(() => request.socket.resetAndDestroy(), 10),
    )
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    made,
    get requests() {
      return count.requests
    },
    get executed() {
      return count.executed
    },
    get reads() {
      return count.reads
    },
    get keyedReads() {
      return count.keyedReads
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
