import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

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

  for (const version of [6, 7]) {
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
      await expect(`a proxy that answers ${status}`, call(new undici.ProxyAgent(url), lossy, 'never'), wanted)
      check(`undici ${version}, a proxy that answers ${status}: executions`, executions === 0, executions)
      server.close()
    }
    const noProxy = new undici.ProxyAgent(closed)
    await expect('a proxy that is away', call(noProxy, lossy), { outcome: 'not-applied', attempts: 3 })
    const noSocket = new undici.Agent({ connect: { socketPath: '/nowhere/at.sock' } })
    await expect('a socket that is not there', call(noSocket, lossy), { outcome: 'not-applied', attempts: 3 })

    const mocks = new undici.MockAgent()
    mocks.disableNetConnect()
    mocks.get('http://mock.test').intercept({ path: '/', method: 'POST' }).reply(201, '{}')
    await expect('a mock', call(mocks, 'http://mock.test/'), { outcome: 'applied', attempts: 1, status: 201 })
    await expect('no mock', call(mocks, 'http://mock.test/'), { outcome: 'not-applied', attempts: 1 })
  }
  losing.close()
  losing.closeAllConnections()
}
