import { createServer } from 'node:http'

/**
 * A server that does what it is asked, and loses the answer of each first request with a key: the connection is reset after the
 * work is done. It answers from its store when the key comes again; to `/echo`, with what arrived.
 */
export async function startServer() {
  const seen = []
  const made = new Map()
  const server = createServer((request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const { 'idempotency-key': key, 'content-type': type } = request.headers
      const { method, headers } = request
      const own = { body: Buffer.concat(chunks).toString('latin1'), type, key }
      // The others differ from attempt to attempt of some hosts, so they are left out where requests are compared as a whole.
      seen.push(Object.defineProperties(own, { method: { value: method }, headers: { value: headers } }))
      const isFirst = key !== undefined && !made.has(key)
      if (key !== undefined) made.set(key, seen.at(-1).body)
      if (isFirst && request.url !== '/hang') return request.socket.resetAndDestroy()
      if (request.url === '/hang') return undefined
      response.writeHead(201, { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] })
      response.end(request.url === '/echo' ? JSON.stringify(own) : '{"id":1}')
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    /** What came since the last time. */
    take: () => seen.splice(0),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
