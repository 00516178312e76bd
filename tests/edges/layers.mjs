import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { undiciVersions } from './undici-versions.mjs'

const require = createRequire(import.meta.url)
const { createIdempotentFetch, idempotencyOf } = await import('../../dist/index.js')

async function listen(server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${server.address().port}`
}

/** A proxy that refuses to connect. */
async function startProxy(status) {
  const server = createServer((_, response) => response.writeHead(status).end())
  server.on('connect', (_, socket) => {
    socket.on('error', () => undefined)
    socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\n\r\n`)
  })
  return { server, url: await listen(server) }
}

/** A socket of Unix, whose server loses the answer of each first request with a key, whole or in its body. */
async function checkSocket(version, { Agent, fetch }, check) {
  const socketPath = `${tmpdir()}/edges-${process.pid}-${version}.sock`
  const keys = new Set()
  let made = 0
  let isCut = false
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const key = request.headers['idempotency-key']
      const isFirst = key === undefined || !keys.has(key)
      keys.add(key)
      if (isFirst) made += 1
      response.writeHead(201, { 'content-type': 'application/json', 'content-length': 8 })
      if (!isFirst) return response.end('{"id":1}')
      if (isCut) response.write('{"id"')
      setTimeout(() => request.socket.destroy(), isCut ? 20 : 0)
    })
  })
  server.listen(socketPath)
  await once(server, 'listening')
  for (isCut of [false, true])
    for (const writes of ['keyed', 'never']) {
      made = 0
      keys.clear()
      const dispatcher = new Agent({ connect: { socketPath } })
      const send = createIdempotentFetch({ fetch, writes, retry: { backoff: () => 1, maxAttempts: 3 } })
      const result = await send('http://a.test/', { method: 'POST', body: '{}', dispatcher }).catch(
        (error) => error,
      )
      const { outcome } = idempotencyOf(result)
      const wanted = writes === 'keyed' ? 'applied' : 'unknown'
      check(
        `undici ${version}, a Unix socket, ${writes}, cut ${isCut}`,
        outcome === wanted && made === 1,
        `${outcome}, ${made}`,
      )
    }
  server.close()
  server.closeAllConnections()
}

/** What is told where a dispatcher of undici stands below: true, and in as many requests as it takes. */
export async function checkLayers(check) {
  let executions = 0
  const losing = createServer((request) => {
    request.resume().on('end', () => {
      executions += 1
      request.socket.resetAndDestroy()
    })
  })
  const lossy = await listen(losing)
  const gone = createServer()
  const closed = await listen(gone)
  await new Promise((resolve) => gone.close(resolve))

  for (const version of undiciVersions) {
    const undici = require(`undici${version}`)
    const call = async (dispatcher, url, writes = 'keyed') => {
      executions = 0
      const retry = { backoff: () => 1, maxAttempts: 3, attemptTimeoutMs: 5_000 }
      const send = createIdempotentFetch({ fetch: undici.fetch, writes, retry })
      const result = await send(url, { method: 'POST', body: '{}', dispatcher }).catch((error) => error)
      return { ...idempotencyOf(result), key: undefined, code: result.code, status: result.status }
    }
    const expect = async (what, got, wanted) => {
      const found = await got
      const isRight = Object.entries(wanted).every(([name, value]) => found[name] === value)
      check(`undici ${version}, ${what}`, isRight, JSON.stringify(found))
    }
    const retrying = () =>
      new undici.RetryAgent(new undici.Agent(), {
        maxRetries: 2,
        minTimeout: 1,
        methods: ['POST'],
        errorCodes: ['ECONNRESET', 'UND_ERR_SOCKET', 'ECONNREFUSED'],
      })
    const unknown = { outcome: 'unknown', isLowerBound: true }
    for (const writes of ['keyed', 'never']) {
      await expect(`RetryAgent, ${writes}, lost`, call(retrying(), lossy, writes), unknown)
      await expect(`RetryAgent, ${writes}, refused`, call(retrying(), closed, writes), unknown)
    }
    const composed = new undici.Agent().compose(
      undici.interceptors.retry({ maxRetries: 1, minTimeout: 1, methods: ['POST'] }),
    )
    await expect('the retry interceptor, refused', call(composed, closed, 'never'), unknown)
    await expect('Agent, lost', call(new undici.Agent(), lossy, 'never'), { outcome: 'unknown', attempts: 1 })
    check(`undici ${version}, Agent, lost: executions`, executions === 1, executions)
    await expect('Agent, refused', call(new undici.Agent(), closed, 'never'), {
      outcome: 'not-applied',
      attempts: 3,
    })

    for (const [status, wanted] of [
      [407, { outcome: 'not-applied', attempts: 1, code: 'unsendable' }],
      [502, { outcome: 'not-applied', attempts: 3 }],
      [503, { outcome: 'not-applied', attempts: 3 }],
    ]) {
      const { server, url } = await startProxy(status)
      await expect(
        `a proxy that answers ${status}`,
        call(new undici.ProxyAgent({ uri: url, proxyTunnel: true }), lossy, 'never'),
        wanted,
      )
      check(`undici ${version}, a proxy that answers ${status}: executions`, executions === 0, executions)
      server.close()
    }
    const noProxy = new undici.ProxyAgent(closed)
    await expect('a proxy that is away', call(noProxy, lossy), { outcome: 'not-applied', attempts: 3 })
    const noSocket = new undici.Agent({ connect: { socketPath: '/nowhere/at.sock' } })
    await expect('a socket that is not there', call(noSocket, lossy), { outcome: 'not-applied', attempts: 3 })

    await checkSocket(version, undici, check)

    const mocks = new undici.MockAgent()
    mocks.disableNetConnect()
    mocks.get('http://mock.test').intercept({ path: '/', method: 'POST' }).reply(201, '{}')
    await expect('a mock', call(mocks, 'http://mock.test/'), { outcome: 'applied', attempts: 1, status: 201 })
    await expect('no mock', call(mocks, 'http://mock.test/'), { outcome: 'not-applied', attempts: 1 })
  }
  losing.close()
  losing.closeAllConnections()
}
