import { once } from 'node:events'
import { createServer } from 'node:http'

/**
 * A server that carries out each write once and loses its first answer. By its path a write is also redirected first
 * (`/moved`), cut in the middle of its answer (`/cut`), answered without a body (`/empty`), never answered (`/silent`), sent on
 * to where nobody listens (`/astray`), or answered on a connection that is then kept (`/kept`). Under
 * `/resend/`, the requests are counted. Pages of any origin may use it.
 */
export async function startLossyServer() {
  const writes = new Map()
  /** By the path of a write: the requests that came, and the things that were made of them. */
  const counts = new Map()

  async function answer(request, response) {
    const { method, headers, url } = request
    const body = Buffer.concat(await request.toArray()).toString()
    const shared = headers.origin === undefined ? {} : sharedWith(headers)
    const end = (status, more, text) => {
      // A browser itself sends again what is lost on a connection that was used before.
      const connection = url === '/kept' ? 'keep-alive' : 'close'
      response.writeHead(status, { ...shared, connection, ...more }).end(text)
    }
    if (method === 'OPTIONS') return end(204)
    if (url.startsWith('/warm/')) {
      const connection = url.endsWith('reused') ? 'keep-alive' : 'close'
      response.writeHead(200, { ...shared, connection }).end('warm')
      return
    }
    if (url.startsWith('/resend/')) {
      const count = counts.get(url) ?? { requests: 0, made: 0, keys: new Set() }
      counts.set(url, count)
      count.requests += 1
      const given = headers['idempotency-key']
      if (count.keys.has(given)) return end(201, { 'idempotency-replayed': 'true' }, '{}')
      count.made += 1
      if (given !== undefined) count.keys.add(given)
      request.socket.destroy()
      return
    }
    if (url === '/moved') return end(307, { location: '/target' })

    // A DELETE has no key, nor has what goes astray, and the checks make one such request each of a host.
    const key = headers['idempotency-key'] ?? `${method} ${headers.host}`
    const write = writes.get(key) ?? { url, bodies: [] }
    const isKnown = writes.has(key)
    writes.set(key, write)
    write.bodies.push(body)
    if (url === '/silent') return
    if (url === '/astray') return end(303, { location: `http://127.0.0.2:${server.address().port}/` })
    if (isKnown) {
      const replayed = { 'idempotency-replayed': 'true' }
      return url === '/empty'
        ? end(204, replayed)
        : end(201, { ...replayed, 'content-type': 'application/json' }, '{}')
    }
    if (url !== '/cut') return request.socket.destroy()
    response.writeHead(201, { ...shared, 'content-type': 'application/json', 'content-length': '20' })
    response.write('{"item":', () => request.socket.destroy())
  }

  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
  return { origin: `http://127.0.0.1:${server.address().port}`, answer, writes, counts, close }
}

/** What lets a page of another origin send a key and see whether an answer was replayed. */
function sharedWith({ origin, ...headers }) {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'POST, DELETE',
    'access-control-allow-headers': headers['access-control-request-headers'] ?? '',
    'access-control-expose-headers': 'idempotency-replayed',
  }
}
