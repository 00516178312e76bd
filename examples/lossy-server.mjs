// @ts-check
import { createServer } from 'node:http'

/** @typedef {import('./faults.mjs').Fault} Fault */

/**
 * What the server knows of one operation. The name comes in `X-Operation`, a label for counting only: the server
 * recognises a repeated write by its `Idempotency-Key` and by nothing else.
 *
 * @typedef {object} OperationRecord
 * @property {number} arrivals attempts whose headers arrived
 * @property {number} effects how often the work was done
 * @property {number} items how many items that made
 * @property {Set<string>} keys the keys that arrived; more than one means that a key was not kept
 * @property {Fault[]} faults what still happens to the next attempts; then they pass
 */

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Record<string, string>} headers
 * @property {string} body
 */

/**
 * What is kept under a key. Without an answer, the work still runs.
 *
 * @typedef {object} Entry
 * @property {string} request
 * @property {Answer} [answer]
 * @property {() => void} [finish] ends slow work a moment later
 */

/**
 * @typedef {object} LossyServerOptions
 * @property {(operation: string) => readonly Fault[]} [script] what happens to an operation's attempts, in order
 * @property {number} [slowMs] how long the work of a `slow-reset` takes, unless a retry is told sooner that it runs
 * @property {number} [busyRetryAfterSeconds] the wait that 429 asks for
 * @property {number} [runningRetryAfterSeconds] the wait that 409 asks for
 */

/**
 * Starts a server on loopback that does what it is asked, once per `Idempotency-Key`, and loses answers on a script.
 *
 * - the same key again: the first answer, with `Idempotent-Replayed: true`
 * - the same key while the work still runs: 409 with `Retry-After`
 * - the same key with another body: 422
 * - no key: the work is done again, as by any server
 *
 * @param {LossyServerOptions} [options]
 */
export async function startLossyServer({
  script = () => [],
  slowMs = 300,
  busyRetryAfterSeconds = 1,
  runningRetryAfterSeconds = 1,
} = {}) {
  /** @type {Map<string, OperationRecord>} */
  const operations = new Map()
  /** @type {Map<string, Entry>} */
  const keys = new Map()
  /** @type {Set<Promise<void>>} */
  const running = new Set()
  let batches = 0

  /** @param {string} name */
  const recordOf = (name) => {
    const known = operations.get(name)
    if (known) return known
    /** @type {OperationRecord} */
    const record = { arrivals: 0, effects: 0, items: 0, keys: new Set(), faults: [...script(name)] }
    operations.set(name, record)
    return record
  }

  /**
   * The work: it always has a new effect.
   *
   * @param {OperationRecord} operation
   * @param {string} body
   * @returns {Answer}
   */
  const commit = (operation, body) => {
    const { items = [] } = JSON.parse(body)
    operation.effects += 1
    operation.items += items.length
    batches += 1
    return json(201, { id: `batch_${batches}`, created: items.length, items })
  }

  /**
   * @param {OperationRecord} operation
   * @param {string | undefined} key
   * @param {string} request
   * @param {string} body
   * @param {boolean} slow
   * @returns {Answer | undefined} nothing while the work still runs
   */
  const answerTo = (operation, key, request, body, slow) => {
    const known = key === undefined ? undefined : keys.get(key)
    if (known) {
      if (known.request !== request) return json(422, { error: 'this key was used for another request' })
      if (known.answer) return withHeader(known.answer, 'idempotent-replayed', 'true')
      known.finish?.()
      return withRetryAfter(json(409, { error: 'still running' }), runningRetryAfterSeconds)
    }
    /** @type {Entry} */
    const entry = { request }
    if (key !== undefined) keys.set(key, entry)
    if (!slow) return (entry.answer = commit(operation, body))
    const work = new Promise((resolve) => {
      entry.finish = () => setTimeout(resolve, 50)
      setTimeout(resolve, slowMs)
    }).then(() => {
      entry.answer = commit(operation, body)
      running.delete(work)
    })
    running.add(work)
    return undefined
  }

  const server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    const operation = recordOf(String(request.headers['x-operation'] ?? 'unnamed'))
    const fault = operation.faults.shift() ?? 'pass'
    const key = request.headers['idempotency-key']?.toString()
    operation.arrivals += 1
    if (key !== undefined) operation.keys.add(key)
    if (fault === 'reset-before') return void request.socket.resetAndDestroy()

    const body = await readBody(request)
    if (body === undefined) return
    if (fault === 'fail-503') return send(response, json(503, { error: 'unavailable' }))
    if (fault === 'busy-429') {
      return send(response, withRetryAfter(json(429, { error: 'busy' }), busyRetryAfterSeconds))
    }

    const fingerprint = `${request.method} ${request.url}\n${body}`
    const answer = answerTo(operation, key, fingerprint, body, fault === 'slow-reset')
    if (answer === undefined) return void request.socket.resetAndDestroy()
    if (fault === 'pass') return send(response, answer)
    if (fault === 'commit-502') return send(response, json(502, { error: 'bad gateway' }))
    if (fault === 'commit-hang') return
    if (fault === 'commit-cut') return cut(response, answer)
    request.socket.resetAndDestroy()
  })

  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')

  return {
    url: `http://127.0.0.1:${address.port}`,
    recordOf,
    /** Resolves when no work runs any more. */
    idle: async () => {
      while (running.size > 0) await Promise.all(running)
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/**
 * @param {number} status
 * @param {unknown} value
 * @returns {Answer}
 */
const json = (status, value) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})

/**
 * @param {Answer} answer
 * @param {string} name
 * @param {string} value
 * @returns {Answer}
 */
const withHeader = (answer, name, value) => ({ ...answer, headers: { ...answer.headers, [name]: value } })

/**
 * @param {Answer} answer
 * @param {number} seconds
 */
const withRetryAfter = (answer, seconds) => withHeader(answer, 'retry-after', String(seconds))

/**
 * @param {import('node:http').IncomingMessage} request
 * @returns {Promise<string | undefined>} the body, or nothing when the client went away
 */
async function readBody(request) {
  let body = ''
  request.setEncoding('utf8')
  try {
    for await (const chunk of request) body += chunk
    return body
  } catch {
    return undefined
  }
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {Answer} answer
 */
function send(response, answer) {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) })
  response.end(answer.body)
}

/**
 * Sends the head and half of the body. The reset comes a moment later, for a reset may overtake what was sent.
 *
 * @param {import('node:http').ServerResponse} response
 * @param {Answer} answer
 */
function cut(response, answer) {
  const bytes = Buffer.from(answer.body)
  response.writeHead(answer.status, { ...answer.headers, 'content-length': bytes.length })
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => {
    setTimeout(() => response.socket?.resetAndDestroy(), 10)
  })
}
