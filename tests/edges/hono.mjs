import { once } from 'node:events'
import { connect } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const { createIdempotentFetch } = await import('../../dist/index.js')

/** The raw answer to a GET, as bytes on the wire, up to the end of its body: the server keeps the connection for seconds. */
async function get(port, path) {
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET ${path} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n`)
  let raw = ''
  for await (const chunk of socket) {
    raw += chunk
    if (raw.includes('{"id":1}')) break
  }
  return raw
}

/** Hono's server for Node has a light `Response` of its own: an answer that is passed on has one framing header, and is whole. */
export async function checkHono(server, check) {
  const send = createIdempotentFetch({ retry: { backoff: () => 1 } })
  const app = new Hono()
  app.get('/bare', () => fetch(server.url))
  app.get('/passed', () => send(server.url, { method: 'POST', body: '{}' }))
  app.get('/made', async () => {
    const { status, headers, body } = await send(server.url, { method: 'POST', body: '{}' })
    return new Response(body, { status, headers })
  })
  app.get('/read', () => send(server.url))
  app.get('/late', () =>
    createIdempotentFetch({ retry: { backoff: () => 1 } })(server.url, { method: 'POST' }),
  )
  const http = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  await once(http, 'listening')
  const { port } = http.address()
  for (const path of ['/bare', '/passed', '/made', '/read', '/late']) {
    const raw = await get(port, path)
    const [head, body] = raw.split('\r\n\r\n')
    const framing = head.match(/^(?:content-length|transfer-encoding):/gim) ?? []
    check(`Hono ${path}: status`, head.startsWith('HTTP/1.1 201'), head)
    check(`Hono ${path}: one framing header`, framing.length === 1, head)
    check(`Hono ${path}: body`, body?.includes('{"id":1}'), raw)
    check(`Hono ${path}: cookies`, head.match(/^set-cookie:/gim)?.length === 2, head)
  }
  http.close()
  http.closeAllConnections()
  server.take()
}
