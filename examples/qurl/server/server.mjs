// @ts-check
/**
 * The qURL API in memory, over real HTTP on the loopback interface: enough of the service to try the client,
 * to run the examples and to prove that a write happens once. Nothing is stored and nothing leaves the machine.
 */
import { createServer } from 'node:http'
import { createAnswerer } from './answer.mjs'
import { createWorld } from './world.mjs'

/** @typedef {import('./types.js').QurlServer} QurlServer */
/** @typedef {import('./types.js').Script} Script */

/** @param {import('node:http').IncomingMessage} message @returns {Promise<Buffer>} */
async function readBody(message) {
  const chunks = []
  for await (const chunk of message) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** @param {import('node:http').IncomingMessage} message */
const flatHeaders = (message) =>
  Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value)]))

/**
 * Starts a server on 127.0.0.1.
 *
 * @param {import('./types.js').QurlServerOptions} [options]
 * @returns {Promise<QurlServer>}
 */
export async function startQurlServer(options = {}) {
  const world = createWorld(options)
  const answer = createAnswerer(world, options)
  /** @type {import('./types.js').SeenRequest[]} */
  const requests = []
  /** @type {Script[]} */
  const scripts = []

  const server = createServer(async (message, response) => {
    const { pathname, search } = new URL(message.url ?? '/', 'http://localhost')
    const method = message.method ?? 'GET'
    /** @type {Buffer} */
    let bytes
    try {
      bytes = await readBody(message)
    } catch {
      return // The request never arrived in full, so nothing happens.
    }
    const text = bytes.toString()
    /** @type {import('./types.js').SeenRequest} */
    const seen = {
      method,
      path: pathname,
      query: search.slice(1),
      headers: flatHeaders(message),
      text,
      json: parse(text),
      status: 0,
      replayed: false,
    }
    requests.push(seen)
    const at = scripts.findIndex((script) => script.match?.({ method, path: pathname }) ?? true)
    const script = at === -1 ? undefined : scripts.splice(at, 1)[0]
    const skip = script?.status !== undefined && script.when !== 'after'
    let { status, headers, body } = skip
      ? { status: 0, headers: {}, body: '' }
      : answer(seen, message.socket.remoteAddress ?? '')
    if (script?.status !== undefined) {
      status = script.status
      body = typeof script.body === 'string' ? script.body : JSON.stringify(script.body ?? {})
      headers = { 'Content-Type': 'application/json', ...script.headers }
    }
    seen.status = status
    seen.replayed = headers['Idempotency-Replayed'] === 'true'
    await script?.hold?.()
    if (response.destroyed) return
    if (script?.drop) return message.socket.resetAndDestroy()
    response.writeHead(status, headers)
    response.end(body)
  })

  await new Promise((resolve) => server.listen(options.port ?? 0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())

  /** @param {string} id */
  const rowOf = (id) => {
    const row = world.account.resources.find((resource) => resource.resource_id === id)
    if (!row) throw new Error(`No resource ${id}`)
    return row
  }

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    apiKey: world.apiKey,
    jwt: world.jwt,
    otherApiKey: world.otherApiKey,
    account: world.account,
    effects: world.effects,
    requests,
    next: (...more) => void scripts.push(...more),
    tombstone(resourceId, finalAccessCount) {
      rowOf(resourceId).tombstone = {
        tombstoned_at: world.timestamp(),
        ...(finalAccessCount !== undefined && { final_access_count: finalAccessCount }),
      }
    },
    reap(resourceId) {
      world.account.resources.splice(world.account.resources.indexOf(rowOf(resourceId)), 1)
    },
    delivered: world.delivered,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
