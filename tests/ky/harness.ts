import { idempotency, type IdempotencyOptions } from 'fetch-idempotency/ky'
import type { Ky } from '../promises/hosts.js'

export { majors, type Ky } from '../promises/hosts.js'
type KyOptions = NonNullable<Parameters<Ky['create']>[0]>

export const url = 'https://api.test/orders'
export const uuidv7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/

/** One request as a server would have seen it. */
export interface Sent {
  readonly request: Request
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly key: string | null
  readonly body: string
  readonly init: RequestInit | undefined
}

type Answer = Response | Error | ((sent: Sent) => Response | Promise<Response>)

export interface Stub {
  readonly fetch: typeof fetch
  readonly sent: Sent[]
  readonly keys: () => (string | null)[]
}

/** A fetch that plays a script; the last answer repeats. It reads each request's body, as a real one does. */
export function stub(...script: Answer[]): Stub {
  const sent: Sent[] = []
  const play = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = input as Request
    const { method, headers } = request
    const body = await request.text()
    const seen = {
      request,
      method,
      url: request.url,
      headers: new Headers(headers),
      key: headers.get('idempotency-key'),
      body,
      init,
    }
    sent.push(seen)
    const answer = script[Math.min(sent.length, script.length) - 1]!
    if (answer instanceof Error) throw answer
    if (typeof answer === 'function') return answer(seen)
    return answer.clone()
  }
  return { fetch: play, sent, keys: () => sent.map(({ key }) => key) }
}

export const ok = (body: unknown = { id: 1 }, init: ResponseInit = {}) =>
  Response.json(body, { status: 201, ...init })
export const status = (code: number, headers: Record<string, string> = {}, body: unknown = {}) =>
  Response.json(body, { status: code, headers })

const failure = (code: string, syscall: string, more?: object) => () => {
  throw new TypeError('fetch failed', {
    cause: Object.assign(new Error(`${syscall} ${code}`), { code, syscall, ...more }),
  })
}
/** What Node's `fetch` throws when the answer is lost. */
export const reset = failure('ECONNRESET', 'read')
/** What it throws when nothing was sent. */
export const refused = failure('ECONNREFUSED', 'connect')
/** The same, at an address that may be that of where a redirect has led. */
export const refusedSomewhere = failure('ECONNREFUSED', 'connect', { address: '192.0.2.1', port: 443 })
/** An answer that never comes; it heeds the signal of its request, as a real fetch does. */
export const hang = ({ request, init }: Sent) =>
  new Promise<Response>((_, reject) => {
    const signal = init?.signal ?? request.signal
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
/** An answer whose body breaks off. */
export const cut = () => {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"id":'))
      controller.error(new TypeError('terminated', { cause: new Error('other side closed') }))
    },
  })
  return new Response(body, { status: 201, headers: { 'content-type': 'application/json' } })
}

/** Waits that are over at once. */
export const hurried: KyOptions = { retry: { delay: () => 1, limit: 2 } }

/** A client with the whole set, over a script. */
export function open(
  ky: Ky,
  { fetch }: Pick<Stub, 'fetch'>,
  options: IdempotencyOptions = {},
  kyOptions: KyOptions = {},
): Ky {
  return ky
    .create(hurried)
    .extend({ ...kyOptions, fetch })
    .extend(idempotency(options))
}

export const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error('expected a rejection')
    },
    (error: unknown) => error,
  )

/** A clock on which every wait passes at once; it keeps the waits that were asked for. */
export function hurriedClock() {
  const waits: number[] = []
  let nowMs = 1_700_000_000_000
  return {
    waits,
    now: () => nowMs,
    pass: (ms: number) => {
      nowMs += ms
    },
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted()
      waits.push(ms)
      nowMs += ms
    },
  }
}
