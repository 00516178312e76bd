import type { Answer, Arrived, Case } from './scene.js'

export const ok = (body: unknown = { id: 1 }) => Response.json(body, { status: 200 })
export const status = (code: number, headers: Record<string, string> = {}, body: unknown = { code }) =>
  Response.json(body, { status: code, headers })

const failure =
  (code: string, syscall: string): Answer =>
  () => {
    throw new TypeError('fetch failed', {
      cause: Object.assign(new Error(`${syscall} ${code}`), { code, syscall }),
    })
  }
export const reset = failure('ECONNRESET', 'read')
export const refused = failure('ECONNREFUSED', 'connect')

/** No answer, until the request is aborted. */
export const hang = ({ signal }: Arrived) =>
  new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

export const after = (ms: number, answer: Response) => () =>
  new Promise<Response>((resolve) => setTimeout(() => resolve(answer.clone()), ms))

const encoder = new TextEncoder()

/** A body that arrives in parts, a wait before each; `end` closes it, breaks it or leaves it open. */
export function parts(texts: readonly string[], waitMs = 0, end: 'close' | 'cut' | 'stall' = 'close') {
  let at = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
        if (at < texts.length) return controller.enqueue(encoder.encode(texts[at++]))
        if (end === 'close') return controller.close()
        if (end === 'cut')
          return controller.error(new TypeError('terminated', { cause: new Error('other side closed') }))
        return new Promise<void>(() => undefined)
      },
    },
    { highWaterMark: 0 },
  )
}

export const streamed =
  (
    code: number,
    body: () => ReadableStream<Uint8Array>,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ) =>
  () =>
    new Response(body(), { status: code, headers })

/** The parts of a hook's arguments, which ky 1 gives one by one and ky 2 in one object. */
export interface HookArguments {
  readonly request: Request
  readonly options: { readonly headers: Headers; readonly context: Record<string, unknown> }
  readonly response: Response
  readonly error: Error
  readonly retryCount: number
}

export function readArguments({ major }: Case, hook: string, args: readonly unknown[]): HookArguments {
  const [first, second, third, fourth] = args
  if (major === 2 || hook === 'beforeRetry' || hook === 'init') return first as HookArguments
  const { retryCount } = (hook === 'beforeError' ? second : hook === 'afterResponse' ? fourth : third) as {
    retryCount: number
  }
  return (hook === 'beforeError'
    ? { error: first, retryCount }
    : { request: first, options: second, response: third, retryCount }) as unknown as HookArguments
}
