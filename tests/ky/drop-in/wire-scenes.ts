import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Method, Options } from './scene.js'

/** What the server does with one request, whose body it has read. */
export type WireAnswer = (response: ServerResponse, request: IncomingMessage) => void

export interface WireScene {
  readonly name: string
  readonly methods?: readonly Method[]
  readonly script: readonly WireAnswer[]
  readonly call?: () => Options
  readonly options?: Options
  /** Aborts the call so many milliseconds after its request has arrived. */
  readonly abortAfterMs?: number
  /** What is asked for; the response and its text by default. */
  readonly shortcut?: string
  /** What a write brings in place of plain ky's end: a second request, and the last answer of the script. */
  readonly isResent?: string
}

const json = '{"id":1}'
export const answer =
  (status: number, body = json, headers: Record<string, string | number> = {}): WireAnswer =>
  (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(response.req.method === 'HEAD' ? undefined : body)

const ok = answer(200)
/** The server has acted; its answer is lost. */
const reset: WireAnswer = (response) => void response.destroy()
const hang: WireAnswer = () => undefined
const part =
  (status: number, end: (response: ServerResponse) => void): WireAnswer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': 40 })
    response.write('{"id":', () => setTimeout(end, 20, response))
  }
const cut = (status: number) => part(status, (response) => response.destroy())
const stall = (status: number) => part(status, () => undefined)
const redirect = (status: number) => answer(status, '', { location: 'elsewhere' })

const retry = { delay: () => 1 }
/** Milliseconds: enough for all scenes at once on a machine that has other work. */
const timeout = 1_500
const writes: readonly Method[] = ['post', 'put', 'delete']
/** An answer to HEAD has no body that could be lost. */
const bodied: readonly Method[] = ['get', ...writes]
const isResent = 'The body of a write is part of the attempt.'

function form(): FormData {
  const data = new FormData()
  data.set('amount', '1')
  data.set('file', new Blob(['contents'], { type: 'text/plain' }), 'a.txt')
  return data
}

const bodies: readonly (readonly [string, () => Options])[] = [
  ['json', () => ({ json: { amount: 1 } })],
  ['a string', () => ({ body: 'ünïcode' })],
  ['bytes', () => ({ body: new Uint8Array([0, 255, 10, 13]) })],
  ['a blob', () => ({ body: new Blob(['blob'], { type: 'text/x-blob' }) })],
  ['a form', () => ({ body: form() })],
  ['parameters', () => ({ body: new URLSearchParams({ a: '1', b: 'ü' }) })],
  ['a stream', () => ({ body: new Blob(['str', 'eam']).stream() })],
  ['no body', () => ({})],
]

export const wireScenes: readonly WireScene[] = [
  { name: 'a 200', script: [ok] },
  { name: 'a 204', script: [answer(204, '')] },
  { name: 'a 201 with a location', script: [answer(201, json, { location: '/orders/1' })] },
  { name: 'an empty body', script: [answer(200, '')], options: { retry }, shortcut: 'text' },
  ...['json', 'text', 'blob', 'arrayBuffer'].map((shortcut) => ({
    name: `.${shortcut}()`,
    script: [ok],
    shortcut,
  })),
  ...bodies.map(([name, call]) => ({
    name: `a body: ${name}, after a lost answer`,
    methods: ['post', 'put'] as const,
    script: [reset, ok],
    call,
    options: { retry },
  })),
  { name: 'a lost answer, then 200', script: [reset, ok], options: { retry } },
  { name: 'lost answers only', script: [reset], options: { retry: { ...retry, limit: 2 } } },
  { name: 'a lost answer, and no retries', script: [reset], options: { retry: 0 } },
  { name: '503, then a lost answer, then 200', script: [answer(503), reset, ok], options: { retry } },
  {
    name: '429 with Retry-After: 0',
    script: [answer(429, json, { 'retry-after': '0' }), ok],
    options: { retry },
  },
  { name: '503 only', script: [answer(503)], options: { retry: { ...retry, limit: 2 } } },
  { name: '404', script: [answer(404)] },
  { name: '422 with throwHttpErrors: false', script: [answer(422)], options: { throwHttpErrors: false } },
  { name: 'a read whose body is cut', methods: ['get'], script: [cut(200)], options: { retry } },
  {
    name: 'a write whose body is cut',
    methods: writes,
    script: [cut(200), ok],
    options: { retry },
    isResent,
  },
  {
    name: 'a write whose body stalls',
    methods: writes,
    script: [stall(200), ok],
    options: { retry, timeout },
    isResent,
  },
  { name: 'a 401 whose body is cut', methods: bodied, script: [cut(401)], options: { retry } },
  {
    name: 'a 401 whose body stalls',
    methods: bodied,
    script: [stall(401)],
    options: { retry, timeout },
  },
  { name: 'a server that hangs', script: [hang], options: { retry: 0, timeout } },
  {
    name: 'a server that hangs, then 200',
    script: [hang, ok],
    options: { retry: { ...retry, retryOnTimeout: true }, timeout },
  },
  { name: 'an abort in flight', script: [hang], abortAfterMs: 20 },
  {
    name: 'an abort in the wait',
    script: [reset],
    options: { retry: { delay: () => 60_000 } },
    abortAfterMs: 40,
  },
  ...[301, 302, 303, 307, 308].map((status) => ({
    name: `a ${status} that is followed`,
    script: [redirect(status), ok],
  })),
  { name: 'a 302 that is not followed', script: [redirect(302), ok], options: { redirect: 'manual' } },
  { name: 'a 302 that is an error', script: [redirect(302)], options: { redirect: 'error', retry: 0 } },
]
