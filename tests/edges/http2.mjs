import { once } from 'node:events'
import { createSecureServer } from 'node:http2'
import { createRequire } from 'node:module'
import { selfSigned } from '../transport/self-signed.mjs'
import { undiciVersions } from './undici-versions.mjs'

const require = createRequire(import.meta.url)
const { createIdempotentFetch, idempotencyOf } = await import('../../dist/index.js')

/** How the answer to the first request with a key, or to any without one, is lost after the work is done. */
const losses = {
  'the session ends': (stream) => stream.session.destroy(),
  'the stream is reset': (stream) => stream.close(2),
  'the connection breaks': (stream, sockets) => sockets.forEach((socket) => socket.destroy()),
  'the body is reset'(stream) {
    stream.respond({ ':status': 201, 'content-type': 'application/json' })
    stream.write('{"id":')
    setTimeout(() => stream.close(2), 20)
  },
  'the body ends too early'(stream) {
    stream.respond({ ':status': 201, 'content-type': 'application/json' })
    stream.end('{"id":')
  },
}

/** HTTP/2, with undici's `allowH2`: things made, and what is told of them. */
export async function checkHttp2(check) {
  const sockets = new Set()
  const keys = new Set()
  let made = 0
  let lose
  const server = createSecureServer(selfSigned)
  server.on('connection', (socket) => sockets.add(socket))
  server.on('session', (session) => session.on('error', () => undefined))
  server.on('stream', (stream, { 'idempotency-key': key }) => {
    stream.on('error', () => undefined)
    stream.resume().on('end', () => {
      const isFirst = key === undefined || !keys.has(key)
      keys.add(key)
      if (isFirst) made += 1
      if (isFirst && lose !== undefined) return lose(stream, sockets)
      stream.respond({ ':status': 201, 'content-type': 'application/json' })
      stream.end('{"id":1}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `https://127.0.0.1:${server.address().port}/`
  for (const version of undiciVersions) {
    const undici = require(`undici${version}`)
    const call = async (writes, connect, target = url) => {
      const dispatcher = new undici.Agent({ allowH2: true, connect })
      const retry = { backoff: () => 1, maxAttempts: 3, attemptTimeoutMs: 1_000 }
      const send = createIdempotentFetch({ fetch: undici.fetch, writes, retry })
      const result = await send(target, { method: 'POST', body: '{}', dispatcher }).catch((error) => error)
      const text = result.status === undefined ? undefined : await result.text()
      await dispatcher.destroy().catch(() => undefined)
      return { ...idempotencyOf(result), text }
    }
    const trusting = { rejectUnauthorized: false }
    for (const [what, how] of [['nothing is lost', undefined], ...Object.entries(losses)]) {
      lose = how
      for (const writes of ['keyed', 'never']) {
        made = 0
        keys.clear()
        const { outcome, text } = await call(writes, trusting)
        const isKnown = writes === 'keyed' || how === undefined
        const told = `HTTP/2, undici ${version}, ${writes}, ${what}`
        check(`${told}: outcome`, outcome === (isKnown ? 'applied' : 'unknown'), outcome)
        check(`${told}: things made`, made === 1, made)
        check(`${told}: answer`, text === (isKnown ? '{"id":1}' : undefined), text)
      }
    }
    made = 0
    const refused = await call('keyed', {})
    check(`HTTP/2, undici ${version}, a certificate`, refused.outcome === 'not-applied', refused.outcome)
    check(`HTTP/2, undici ${version}, a certificate: things made`, made === 0, made)
  }
  sockets.forEach((socket) => socket.destroy())
  server.close()
}
