import type { IncomingMessage } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { closedPort, listen } from '../transport/loopback.js'
import { createLog, hideBoundary } from './drop-in/log.js'
import { loadIdempotency } from './drop-in/load-idempotency.js'
import { isRead, type Major, type Method } from './drop-in/scene.js'
import { wireScenes, type WireScene } from './drop-in/wire-scenes.js'
import { isWhole } from '../whole.js'
import { majors, type Ky } from './harness.js'

interface Differing {
  readonly scenes: RegExp
  readonly when?: (major: Major, method: Method) => boolean
  readonly because: string
}

/** Scenes that differ, which `docs/ky.md` names. An entry that has come right fails, and has to go. */
const differing: readonly Differing[] = [
  {
    scenes: /^an empty body$/,
    when: (_, method) => !isRead(method),
    because: 'JSON of no byte where the server closes the connection is a body that was lost.',
  },
  { scenes: /^a body: a stream/, because: 'It goes out with its length, not in chunks.' },
]

/** Writes are alike, and reads are ky's own: a short run plays one write. */
const methods: readonly Method[] = isWhole ? ['get', 'head', 'post', 'put', 'delete'] : ['post']
const safeRetries = {
  methods: ['get', 'put', 'head', 'delete', 'options', 'trace', 'query', 'post', 'patch'],
  retryOnTimeout: true,
}
/** Of these, the first comes and goes with the body's form, which has to stay. */
const shown = ['content-length', 'transfer-encoding', 'content-type', 'accept', 'authorization', 'x-own']

/** What the caller and the server saw of one call. */
interface Told {
  readonly end: unknown
  readonly requests: unknown[]
}

/** What arrives of one call. */
interface Arrivals {
  readonly script: WireScene['script']
  readonly requests: unknown[]
  readonly onRequest: () => void
}

/** Each call has a path of its own, so that nothing of one that goes on reaches the next. */
const arrivals = new Map<string, Arrivals>()
let base: string

/** What was told, without the path of the call. */
const hideRun = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll(/\/run-\d+\//g, '/'))

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return hideBoundary(Buffer.concat(parts).toString('latin1'))
}

beforeAll(async () => {
  const loopback = await listen(async (request, response) => {
    response.setHeader('connection', 'close')
    response.sendDate = false
    const { method, url = '', headers } = request
    const { script, requests, onRequest } = arrivals.get(url.split('/')[1]!)!
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

async function send(scene: WireScene, ky: Ky, method: Method, isOurs: boolean, input: string): Promise<Told> {
  const idempotency = await loadIdempotency(majorOf(ky))
  const { script, call, options = {}, abortAfterMs, shortcut } = scene
  const log = createLog()
  const controller = new AbortController()
  const reason = log.own('reason', new Error('mine'))
  const requests: unknown[] = []
  const run = `run-${arrivals.size}`
  arrivals.set(run, {
    script,
    requests,
    onRequest: () => abortAfterMs && setTimeout(() => controller.abort(reason), abortAfterMs),
  })
  const isSpelled = !isOurs && !isRead(method)
  const { retry } = options
  const spelled = typeof retry === 'number' ? { limit: retry, ...safeRetries } : retry
  const plain = isSpelled ? ky.create({ retry: safeRetries }) : ky
  const api = isOurs ? plain.extend(idempotency({ random: () => 1 })) : plain
  const body = call?.() ?? (isRead(method) ? {} : { json: { amount: 1 } })
  const signal = abortAfterMs ? { signal: controller.signal } : {}
  const own = retry === undefined ? {} : { retry: isSpelled ? spelled : retry }
  try {
    const promise = api(`${input}/${run}/orders`, { method, ...options, ...own, ...body, ...signal } as never)
    const read = promise as unknown as Record<string, () => Promise<unknown>>
    const value = shortcut ? await read[shortcut]!() : [await promise, await (await promise).text()]
    return hideRun({ end: { value: log.tell(value) }, requests }) as Told
  } catch (error) {
    return hideRun({ end: { error: log.tell(error) }, requests }) as Told
  }
}

async function compare(scene: WireScene, ky: Ky, method: Method, input = base) {
  const ours = await send(scene, ky, method, true, input)
  if (scene.isResent === undefined) return { plain: await send(scene, ky, method, false, input), ours }
  // Plain ky would tell the same had the first answer been the last one of the script.
  const { end, requests } = await send({ ...scene, script: scene.script.slice(-1) }, ky, method, false, input)
  return { plain: { end, requests: [...requests, ...requests] }, ours }
}

describe.concurrent.each(majors)('%s over sockets', (_, ky) => {
  const played = wireScenes.filter((scene) =>
    methods.some((method) => scene.methods?.includes(method) ?? true),
  )
  describe.each(played.map((scene) => [scene.name, scene] as const))('%s', (__, scene) => {
    it.each(methods.filter((method) => scene.methods?.includes(method) ?? true))('%s', async (method) => {
      const { plain, ours } = await compare(scene, ky, method)
      const known = differing.find(
        ({ scenes, when }) => scenes.test(scene.name) && (when?.(majorOf(ky), method) ?? true),
      )
      if (known === undefined) expect(ours).toEqual(plain)
      else expect(isDeepStrictEqual(ours, plain), `take it from the list: ${known.because}`).toBe(false)
    })
  })

  it.each(methods)('a port on which nobody listens: %s', async (method) => {
    const scene: WireScene = { name: 'refused', script: [], options: { retry: { limit: 2, delay: () => 1 } } }
    const { plain, ours } = await compare(scene, ky, method, `http://127.0.0.1:${await closedPort()}`)
    expect(ours).toEqual(plain)
  })
})
