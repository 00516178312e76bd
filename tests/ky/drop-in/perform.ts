import { isDeepStrictEqual } from 'node:util'
import { vi } from 'vitest'
import type { Ky } from '../harness.js'
import { aspects, createLog, hideBoundary, tellHeaders, type Log, type Seen } from './log.js'
import { loadIdempotency } from './load-idempotency.js'
import { isRead, type Answer, type Case, type Options, type Play, type Scene } from './scene.js'

export const url = 'https://api.test/orders'
export const startMs = Date.UTC(2026, 10, 28, 12)

/** What `idempotency()` knows of a write: with a key it may be sent again, also after a timeout. */
const safeRetries = {
  methods: ['get', 'put', 'head', 'delete', 'options', 'trace', 'query', 'post', 'patch'],
  retryOnTimeout: true,
}

/** What plain ky is told of retries. A user's own methods stay as they are; a number replaces all of the retry options. */
function spellRetries({ retry, ...rest }: Options): Options {
  const own = typeof retry === 'number' ? { limit: retry } : (retry as Options | undefined)
  return { ...rest, retry: { ...safeRetries, ...own } }
}

/** A fetch of the user's own, which plays the scene's answers and keeps what arrives. */
function createServer(log: Log, script: readonly Answer[]): typeof fetch {
  return async (input, init = {}) => {
    const isRequest = input instanceof Request
    const request = isRequest ? input : new Request(input, init)
    const { method, headers } = request
    // As a real fetch does.
    const aborted = [init.signal, request.signal].find((one) => one?.aborted)
    if (aborted) throw aborted.reason
    log.note('sent')
    log.keys.push(headers.get('idempotency-key'))
    const body = hideBoundary(await request.text())
    const { signal = request.signal, redirect: _, ...more } = init ?? {}
    log.seen.sent.push({
      isRequest,
      method,
      url: request.url,
      headers: tellHeaders(headers),
      body,
      init: Object.keys(more),
    })
    const count = log.seen.sent.length
    const answer = script[Math.min(count, script.length) - 1] as Answer
    // No scene needs as many: a call that never stops has to end here.
    if (count > 20) return new Promise<never>(() => undefined)
    if (answer instanceof Error) throw answer
    if (typeof answer !== 'function') return answer.clone()
    return (await answer({ request, signal: signal ?? request.signal, count, body })) as Response
  }
}

/** Lets everything happen that needs no timer. */
async function calm(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Lets the time pass, from timer to timer, until the call has ended or no timer is left that could end it. */
async function passTime(ending: Promise<unknown>): Promise<boolean> {
  let isOver = false
  const over = () => {
    isOver = true
  }
  ending.then(over, over)
  for (let timers = 0; timers < 100; timers += 1) {
    await calm()
    if (isOver) return true
    if (vi.getTimerCount() === 0) return false
    vi.advanceTimersToNextTimer()
  }
  return false
}

async function readText(promise: Promise<Response>): Promise<unknown> {
  const response = await promise
  return response instanceof Response ? [response, await response.text()] : response
}

/** Plays a scene once, through plain ky or through ky with `idempotency()`. */
async function perform(
  scene: Scene,
  one: Case,
  ky: Ky,
  isOurs: boolean,
): Promise<{ seen: Seen; keys: (string | null)[] }> {
  const idempotency = await loadIdempotency(one.major)
  vi.useFakeTimers({
    now: startMs,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  })
  const log = createLog(startMs)
  const { seen, keys, tell } = log
  const { method, place } = one
  const isSpelled = !isOurs && !isRead(method)
  try {
    const play: Play = scene.play(log, one, ky)
    const { script, call, input = url, read = readText, random = 1 } = play
    vi.spyOn(Math, 'random').mockReturnValue(random)
    const options = isSpelled ? spellRetries(play.options ?? {}) : (play.options ?? {})
    const isBefore = place === 'before ours'
    const plain = ky.create({ fetch: createServer(log, script) })
    const base = isBefore ? plain.extend(options) : plain
    const api = isOurs ? base.extend(idempotency({ random: () => random })) : base
    const body = isRead(method) ? {} : { json: { amount: 1 } }
    const given = { method, ...(call ?? body), ...(isBefore ? {} : options) }
    const ending = Promise.resolve().then(() => read(api(input, given) as never))
    const isOver = await passTime(ending)
    seen.end = isOver
      ? await ending.then(
          (value) => ({ value: tell(value) }),
          (error: unknown) => ({ error: tell(error) }),
        )
      : 'never'
    log.note('end')
    return { seen, keys }
  } finally {
    vi.clearAllTimers()
    vi.useRealTimers()
    vi.restoreAllMocks()
  }
}

/** Where two values differ. */
function tellDifference(path: string, expected: unknown, found: unknown): string[] {
  if (isDeepStrictEqual(expected, found)) return []
  const areObjects = [expected, found].every((one) => typeof one === 'object' && one !== null)
  if (areObjects && Array.isArray(expected) === Array.isArray(found)) {
    const names = new Set([...Object.keys(expected as object), ...Object.keys(found as object)])
    const partOf = (value: unknown, name: string) => (value as Record<string, unknown>)[name]
    return [...names].flatMap((name) =>
      tellDifference(`${path}.${name}`, partOf(expected, name), partOf(found, name)),
    )
  }
  return [`${path}: ${JSON.stringify(expected)} expected, ${JSON.stringify(found)} found`]
}

/** ky 1 calls `beforeError` after each attempt that it then retries. For a write, it is called for the last word alone. */
function keepLastError(seen: Seen): Seen {
  const dropEarly = <T>(list: readonly T[], isError: (one: T) => boolean, isLater: (one: T) => boolean) =>
    list.filter((one, at) => !isError(one) || !list.slice(at).some(isLater))
  const nameOf = (one: unknown) => String((one as readonly unknown[])[0])
  return {
    ...seen,
    calls: dropEarly(
      seen.calls,
      (one) => nameOf(one).startsWith('beforeError'),
      (one) => nameOf(one).startsWith('beforeRetry'),
    ),
    times: dropEarly(
      seen.times,
      (one) => one.includes(' beforeError'),
      (one) => one.includes(' beforeRetry'),
    ),
  }
}

/** How ours differs from plain ky, apart from the differences that stay. */
export async function compare(scene: Scene, one: Case, ky: Ky): Promise<string[]> {
  const { seen } = await perform(scene, one, ky, false)
  const plain = one.major === 1 && !isRead(one.method) ? keepLastError(seen) : seen
  const { seen: ours, keys } = await perform(scene, one, ky, true)
  const { differs } = scene
  const isDifferent = differs !== undefined && !isRead(one.method) && (differs.when?.(one) ?? true)
  const expected = { ...plain, ...(isDifferent && differs.expected?.(plain, one)) }
  const ignored = isDifferent ? (differs.ignores ?? []) : []
  const found = aspects
    .filter((aspect) => !ignored.includes(aspect))
    .flatMap((aspect) => tellDifference(aspect, expected[aspect], ours[aspect]).slice(0, 3))
  if (new Set(keys).size > 1) found.push(`the key changes: ${keys.join()}`)
  const isKeyless = one.method === 'post' && scene.keyless !== true && keys.includes(null)
  return isKeyless ? [...found, 'a write goes out without a key'] : found
}
