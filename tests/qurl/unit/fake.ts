import { QURLClient, type ClientOptions } from 'fetch-idempotency/qurl'

export const apiKey = 'lv_live_0123456789abcdef'

export interface Sent {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly signal: AbortSignal
}

/** What comes of one attempt: an answer, or what `fetch` rejects with. */
export type Step = Response | Error | ((sent: Sent) => Response | Promise<Response>)

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })

export const data = (value: unknown, meta: object = { request_id: 'req_1' }): Response =>
  json(200, { data: value, meta })

export const problem = (status: number, code: string, headers: Record<string, string> = {}): Response =>
  json(
    status,
    { error: { status, code, title: 'Title', detail: 'Detail.' }, meta: { request_id: 'req_1' } },
    headers,
  )

export const html = (status: number, headers: Record<string, string> = {}): Response =>
  new Response('<h1>Proxy</h1>', { status, headers: { 'content-type': 'text/html', ...headers } })

/** How undici rejects when the connection breaks after the request went out. */
export const reset = (): Error =>
  new TypeError('fetch failed', {
    cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' }),
  })

export const refused = (): Error =>
  new TypeError('fetch failed', {
    cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' }),
  })

/** An answer whose body breaks off. */
export const cut = (status = 200): Response =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"data":{'))
        controller.error(new TypeError('terminated', { cause: new Error('other side closed') }))
      },
    }),
    { status, headers: { 'content-type': 'application/json' } },
  )

/** A client whose attempts end as the steps say, and what it sent. */
export function clientOf(steps: readonly Step[], options: Partial<ClientOptions> = {}) {
  const sent: Sent[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { method = 'GET', headers, body, signal } = init ?? {}
    const attempt = {
      url: String(input),
      method,
      headers: headers as Record<string, string>,
      body: typeof body === 'string' ? JSON.parse(body) : body,
      signal: signal as AbortSignal,
    }
    sent.push(attempt)
    const step = steps[sent.length - 1]
    if (step === undefined) throw new Error('one attempt more than expected')
    if (step instanceof Error) throw step
    return typeof step === 'function' ? step(attempt) : step
  }
  const client = new QURLClient({ apiKey, fetch, retryDelay: () => 0, ...options })
  return { client, sent, keys: () => sent.map(({ headers }) => headers['Idempotency-Key']) }
}

/** A `fetch` that answers nothing until its signal ends it. */
export const never = ({ signal }: Sent): Promise<Response> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}
