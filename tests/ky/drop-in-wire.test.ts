import type { IncomingMessage } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { closedPort, listen } from '../transport/loopback.js'
import { createLog, hideBoundary } from './drop-in/log.js'
import { loadIdempotency } from './drop-in/load-idempotency.js'
import { isRead, type Major, type Method } from './drop-in/scene.js'
import { wireScenes, type WireScene } from './drop-in/wire-scenes.js'
import { majors, type Ky } from './harness.js'

/** Scenes in which ours is not yet as it should be. An entry that has come right fails, and has to go. */
const failing: readonly { readonly scenes: RegExp; readonly because: string }[] = [
  { scenes: /^a 401 whose body (?:is cut|stalls)$/, because: 'A definite status is lost with its body.' },
]

const methods: readonly Method[] = ['get', 'head', 'post', 'put', 'delete']
const safeRetries = {
  methods: ['get', 'put', 'head', 'delete', 'options', 'trace', 'query', 'post', 'patch'],
  retryOnTimeout: true,
}
/** Of these, the first comes and goes with the body's form, which has to stay. */
const shown = ['content-length', 'transfer-encoding', 'content-type', 'accept', 'authorization', 'x-own']

/** What arrives of one call. */
interface Arrivals {
  readonly script: WireScene['script']
  readonly requests: unknown[]
  readonly onRequest: () => void
}

let arrivals: Arrivals
let base: string

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return hideBoundary(Buffer.concat(parts).toString('latin1'))
}

beforeAll(async () => {
  const loopback = await listen(async (request, response) => {
    response.setHeader('connection', 'close')
    response.sendDate = false
    const { script, requests, onRequest } = arrivals
    const { method, url, headers } = request
    const body = await readBody(request)
    const some = Object.fromEntries(shown.map((name) => [name, hideBoundary(String(headers[name]))]))
    requests.push({ method, url, headers: some, body })
    onRequest()
    script[Math.min(requests.length, script.length) - 1]!(response, request)
  })
  base = loopback.base
})

/** Where `KY_MAJOR` is 2, both are the second one. */
const majorOf = (ky: Ky): Major => (ky === majors[1]![1] ? 2 : 1)

async function send(scene: WireScene, ky: Ky, method: Method, isOurs: boolean, input: string) {
  const idempotency = await loadIdempotency(majorOf(ky))
  const { script, call, options = {}, abortAfterMs, shortcut } = scene
  const log = createLog()
  const controller = new AbortController()
  const reason = log.own('reason', new Error('mine'))
  const requests: unknown[] = []
  arrivals = {
    script,
    requests,
    onRequest: () => abortAfterMs && setTimeout(() => controller.abort(reason), abortAfterMs),
  }
  const isSpelled = !isOurs && !isRead(method)
  const { retry } = options
  const spelled = typeof retry === 'number' ? { limit: retry, ...safeRetries } : retry
  const plain = isSpelled ? ky.create({ retry: safeRetries }) : ky
  const api = isOurs ? plain.extend(idempotency({ random: () => 0 })) : plain
  const body = call?.() ?? (isRead(method) ? {} : { json: { amount: 1 } })
  const signal = abortAfterMs ? { signal: controller.signal } : {}
  const own = retry === undefined ? {} : { retry: isSpelled ? spelled : retry }
  try {
    const promise = api(input, { method, ...options, ...own, ...body, ...signal } as never)
    const read = promise as unknown as Record<string, () => Promise<unknown>>
    const value = shortcut ? await read[shortcut]!() : [await promise, await (await promise).text()]
    return { end: { value: log.tell(value) }, requests }
  } catch (error) {
    return { end: { error: log.tell(error) }, requests }
  }
}

async function compare(scene: WireScene, ky: Ky, method: Method, input = `${base}/orders`) {
  const ours = await send(scene, ky, method, true, input)
  if (scene.isResent === undefined) return { plain: await send(scene, ky, method, false, input), ours }
  // Plain ky would tell the same had the first answer been the last one of the script.
  const { end, requests } = await send({ ...scene, script: scene.script.slice(-1) }, ky, method, false, input)
  return { plain: { end, requests: [...requests, ...requests] }, ours }
}

describe.each(majors)('%s over sockets', (_, ky) => {
  describe.each(wireScenes.map((scene) => [scene.name, scene] as const))('%s', (__, scene) => {
    it.each(methods.filter((method) => scene.methods?.includes(method) ?? true))('%s', async (method) => {
      const { plain, ours } = await compare(scene, ky, method)
      const known = failing.find(({ scenes }) => scenes.test(scene.name))
      if (known === undefined) expect(ours).toEqual(plain)
      else expect(isDeepStrictEqual(ours, plain), `take it from the list: ${known.because}`).toBe(false)
    })
  })

  it.each(methods)('a port on which nobody listens: %s', async (method) => {
    const scene: WireScene = { name: 'refused', script: [], options: { retry: { delay: () => 1 } } }
    const { plain, ours } = await compare(scene, ky, method, `http://127.0.0.1:${await closedPort()}/orders`)
    expect(ours).toEqual(plain)
  })
})
