import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import ky1 from 'ky'
import ky2 from 'ky2'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { idempotency } from 'fetch-idempotency/ky'
import { watchSending, type SendWatch } from '../../src/transport/sent-below.js'
import { closedPort, listen } from './loopback.js'

type Fetch = typeof globalThis.fetch

/** A server that carries out one write, loses its answer, and takes no more connections. */
async function startVanishing() {
  let executions = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      executions += 1
      server.close()
      response.socket?.resetAndDestroy()
    })
  })
  const { base } = await listen(() => undefined, server)
  return { url: `${base}/orders?a=1`, executions: () => executions }
}

/** What packages such as `fetch-retry` do. */
function retrying(fetch: Fetch): Fetch {
  return async (input, init) => {
    let last: unknown
    for (let attempt = 0; attempt < 3; attempt += 1) {
      try {
        return await fetch(input instanceof Request ? input.clone() : input, init)
      } catch (error) {
        last = error
      }
    }
    throw last
  }
}

/** A fetch over `node:http`, as node-fetch and axios are. */
const overHttp: Fetch = async (input, init = {}) => {
  const outgoing = httpRequest(String(input), { method: init.method, agent: false })
  outgoing.end(init.body)
  const [incoming] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream & { statusCode: number }]
  incoming.resume()
  return new Response(null, { status: incoming.statusCode })
}

const retry = { backoff: () => 0, maxAttempts: 3 }
const hosts: [string, (fetch: Fetch, url: string, writes: 'keyed' | 'never') => Promise<Response>][] = [
  [
    'fetch',
    (fetch, url, writes) =>
      createIdempotentFetch({ fetch, writes, retry })(url, { method: 'POST', body: '{}' }),
  ],
  ...[ky1, ky2].map((ky, index): (typeof hosts)[number] => [
    `ky ${index + 1}`,
    (fetch, url, writes) =>
      ky.extend(idempotency({ fetch, writes, ...retry }) as object).post(url, { body: '{}' }),
  ]),
]

describe.each(hosts)('a fetch of the user’s own that resends, in %s', (_, send) => {
  it.each(['keyed', 'never'] as const)('never makes a lost write not-applied: %s', async (writes) => {
    const { url, executions } = await startVanishing()
    const error = await send(retrying(fetch), url, writes).catch((thrown: unknown) => thrown)
    expect(idempotencyOf(error)).toMatchObject({ outcome: 'unknown', isLowerBound: true })
    expect(executions()).toBe(1)
  })

  it.each([
    [403, 'unknown'],
    [201, 'applied'],
  ])('tells of a %i that it gets in the end what is true: %s', async (status, outcome) => {
    let executions = 0
    const { base } = await listen((request, response) => {
      executions += 1
      if (executions === 1) request.socket.destroy()
      else response.writeHead(status).end('{}')
    })
    const end = await send(retrying(fetch), `${base}/orders`, 'keyed').catch((error: unknown) => error)
    expect(idempotencyOf(end)).toMatchObject({ attempts: 1, outcome })
    expect(executions).toBe(2)
  })

  it('leaves a refused connection what it is', async () => {
    const url = `http://127.0.0.1:${await closedPort()}/`
    const error = await send(retrying(fetch), url, 'never').catch((thrown: unknown) => thrown)
    expect(idempotencyOf(error)).toMatchObject({ outcome: 'not-applied', attempts: 3 })
    expect(idempotencyOf(error)?.isLowerBound).toBeUndefined()
  })
})

describe('a fetch over node:http', () => {
  it('never makes a lost write not-applied when it resends', async () => {
    const { url, executions } = await startVanishing()
    const send = createIdempotentFetch({ fetch: retrying(overHttp), writes: 'never', retry })
    const error = await send(url, { method: 'POST', body: '{}' }).catch((thrown: unknown) => thrown)
    expect(idempotencyOf(error)).toMatchObject({ outcome: 'unknown', attempts: 1 })
    expect(executions()).toBe(1)
  })

  it('leaves a refused connection what it is', async () => {
    const send = createIdempotentFetch({ fetch: (...args) => overHttp(...args), writes: 'never', retry })
    const error = await send(`http://127.0.0.1:${await closedPort()}/`, { method: 'POST' }).catch(
      (thrown: unknown) => thrown,
    )
    expect(idempotencyOf(error)).toMatchObject({ outcome: 'not-applied', attempts: 3 })
  })
})

interface Dispatches {
  dispatch(options: object, handler: object): boolean
}

/** A dispatcher whose name says that it sends once, and that sends a second time what was lost. */
async function openResendingAgent(): Promise<Dispatches> {
  const { base } = await listen((_, response) => response.end())
  await (await fetch(base)).text()
  const [inner] = [2, 1]
    .map(
      (version) => (globalThis as Record<symbol, unknown>)[Symbol.for(`undici.globalDispatcher.${version}`)],
    )
    .filter((found) => found !== undefined) as [Dispatches]
  return new (class Agent implements Dispatches {
    dispatch(options: object, handler: object): boolean {
      const get = (target: object, name: string | symbol): unknown => {
        const member: unknown = Reflect.get(target, name, target)
        if (/^on(?:Response)?Error$/.test(String(name))) return () => inner.dispatch(options, handler)
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      }
      return inner.dispatch(options, new Proxy(handler, { get }))
    }
  })()
}

describe('a dispatcher of the user’s own that resends', () => {
  it.each<[string, (url: string, init: RequestInit) => Parameters<Fetch>]>([
    ['in the init', (url, init) => [url, init]],
    ['in a Request', (url, init) => [new Request(url, init)]],
  ])('never makes a lost write not-applied: %s', async (_, make) => {
    const { url, executions } = await startVanishing()
    const send = createIdempotentFetch({ writes: 'never', retry })
    const init = { method: 'PUT', dispatcher: await openResendingAgent() } as RequestInit
    const error = await send(...make(url, init)).catch((thrown: unknown) => thrown)
    expect(idempotencyOf(error)).toMatchObject({ outcome: 'unknown', isLowerBound: true })
    expect(executions()).toBe(1)
  })

  it('leaves a refused connection what it is', async () => {
    const send = createIdempotentFetch({ writes: 'never', retry })
    const dispatcher = await openResendingAgent()
    const init = { method: 'PUT', dispatcher } as RequestInit
    const error = await send(`http://127.0.0.1:${await closedPort()}/`, init).catch(
      (thrown: unknown) => thrown,
    )
    expect(idempotencyOf(error)).toMatchObject({ outcome: 'not-applied', attempts: 3 })
  })
})

describe('watchSending', () => {
  it('tells what was on a connection since, by method and target', async () => {
    const { base } = await listen((_, response) => response.end())
    const { wasSent } = watchSending() as SendWatch
    expect(wasSent('POST', `${base}/a?b=1`)).toBe(false)
    await (await fetch(`${base}/a?b=1#c`, { method: 'POST' })).text()
    expect(wasSent('post', `${base}/a?b=1`)).toBe(true)
    expect(wasSent('PUT', `${base}/a?b=1`)).toBe(false)
    expect(wasSent('POST', `${base}/`)).toBe(false)
    expect(wasSent('POST', `${base}/a?b=1&c=2`)).toBe(false)
    expect(watchSending()?.wasSent('POST', `${base}/a?b=1`)).toBe(false)
  })

  it('tells of a request to which something was added on the way', async () => {
    const { base } = await listen((_, response) => response.end())
    const { wasSent } = watchSending() as SendWatch
    await (await fetch(`${base}/a?b=1`, { method: 'POST' })).text()
    expect(wasSent('POST', `${base}/a`)).toBe(true)
    const { wasSent: wasSentThen } = watchSending() as SendWatch
    await (await fetch(`${base}/a?b=1&version=2`, { method: 'POST' })).text()
    expect(wasSentThen('POST', `${base}/a?b=1`)).toBe(true)
  })

  describe.each(['Bun', 'Deno'])('in %s, which does not say what it sends', (runtime) => {
    beforeEach(() => vi.stubGlobal(runtime, { createHttpClient: () => ({}) }))
    afterEach(() => vi.unstubAllGlobals())

    it('says yes for a fetch of the user’s own, and nothing for that of the runtime', () => {
      expect(watchSending(globalThis.fetch)).toBeUndefined()
      expect(watchSending(retrying(globalThis.fetch))?.wasSent('POST', 'https://api.test/')).toBe(true)
    })

    it('knows the fetch of the runtime where ours has taken its place', () => {
      const { fetch } = globalThis
      vi.stubGlobal('fetch', createIdempotentFetch())
      expect(watchSending(fetch)).toBeUndefined()
    })

    it('never makes a write not-applied that a fetch of the user’s own may have sent', async () => {
      const cause = Object.assign(new Error('refused, the second time'), { code: 'ECONNREFUSED' })
      const send = createIdempotentFetch({
        fetch: () => Promise.reject(new TypeError('fetch failed', { cause })),
        writes: 'never',
        retry,
      })
      const error = await send('http://127.0.0.1/', { method: 'POST', body: '{}' }).catch(
        (thrown: unknown) => thrown,
      )
      expect(idempotencyOf(error)).toMatchObject({ outcome: 'unknown', isLowerBound: true, attempts: 1 })
    })
  })

  it('tells whether two requests have carried the key of a write that was answered', async () => {
    const { base } = await listen((_, response) => void response.end('{}'))
    const sendWith = async (key: string) => {
      await fetch(`${base}/orders`, { method: 'POST', headers: { 'idempotency-key': key } })
      const outgoing = httpRequest(base, {
        method: 'POST',
        headers: { 'Idempotency-Key': key },
        agent: false,
      })
      outgoing.end()
      await once(outgoing, 'response')
    }
    const watch = watchSending(async () => new Response())
    await sendWith('order-17')
    for (const [key, wanted] of [
      ['order-17', true],
      ['order-1', false],
    ] as const)
      expect(watch?.wasRepeated(key)).toBe(wanted)
  })

  it('says yes where there was too much to tell', async () => {
    const { base } = await listen((_, response) => response.end())
    const { wasSent } = watchSending() as SendWatch
    for (let count = 0; count < 64; count += 1) await (await fetch(base)).text()
    expect(wasSent('POST', base)).toBe(false)
    await (await fetch(base)).text()
    expect(wasSent('POST', base)).toBe(true)
  })
})
