import type { Clock } from 'fetch-idempotency'
import { virtualClock } from 'fetch-idempotency/testing'

/** A clock that never waits: its sleep notes the delay and moves the time on. */
export interface FakeClock extends Clock {
  readonly delays: readonly number[]
  advance(ms: number): void
}

export const startMs = Date.UTC(2030, 0, 1)

export function fakeClock(): FakeClock {
  const { waits, pass, ...clock } = virtualClock(startMs)
  return { ...clock, delays: waits, advance: pass }
}

/** A clock whose waits end only with their signal. `asked` resolves when the first one begins. */
export function stuckClock(): Clock & { readonly asked: Promise<number> } {
  const { promise, resolve } = withResolvers<number>()
  return {
    asked: promise,
    now: () => startMs,
    sleep: (ms, signal) =>
      new Promise((_, reject) => {
        resolve(ms)
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      }),
  }
}

export function withResolvers<T>() {
  let resolve!: (value: T | PromiseLike<T>) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** One request as it went out. */
export interface Sent {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly body: string
  readonly key: string | null
  readonly init: RequestInit
  readonly signal: AbortSignal
  /** Kept: the signal of a request follows that of its init only as long as somebody has the request. */
  readonly request: Request
}

export type Step = Response | Error | ((sent: Sent) => Response | Promise<Response>)

/** A fetch that plays one step for each request, the last one over and over, and reads every request body. */
export function playFetch(...steps: readonly [Step, ...Step[]]) {
  const sent: Sent[] = []
  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const request = new Request(input, init)
    const one: Sent = {
      url: request.url,
      method: request.method,
      headers: request.headers,
      body: await request.text(),
      key: request.headers.get('idempotency-key'),
      init,
      signal: request.signal,
      request,
    }
    sent.push(one)
    const step = steps[Math.min(sent.length, steps.length) - 1] as Step
    if (step instanceof Error) throw step
    return step instanceof Response ? step.clone() : step(one)
  }
  return {
    fetch,
    sent,
    keys: () => sent.map(({ key }) => key),
  }
}

/** Answers when the attempt is aborted, with the reason, as every fetch does. */
export function hang({ signal }: Sent): Promise<Response> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

export const systemError = (code: string, syscall: string, more: object = {}) =>
  Object.assign(new Error(`${syscall} ${code}`), { code, syscall, ...more })

/** What Node's fetch throws. */
export const fetchFailed = (cause: unknown) => new TypeError('fetch failed', { cause })

export const reset = () => fetchFailed(systemError('ECONNRESET', 'read'))
export const refusedPort = () => fetchFailed(systemError('ECONNREFUSED', 'connect'))

export const json = (status: number, value: unknown = {}, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json', ...headers } })

export const url = 'https://api.test/orders'

/** What a promise is rejected with: whatever it is, it can be asked for what our errors have. */
export interface Thrown extends Error {
  readonly key: string | undefined
  readonly attempts: number
  readonly response: Response
  retry(): Promise<Response>
}

export async function thrown(promise: Promise<unknown>): Promise<Thrown> {
  try {
    await promise
  } catch (error) {
    return error as Thrown
  }
  throw new Error('expected a rejection')
}
