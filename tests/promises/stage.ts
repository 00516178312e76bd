import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { freePort } from '../free-port.js'
import { selfSigned } from '../transport/self-signed.mjs'

/** What becomes of one request. */
export interface Step {
  /** Nobody listens: the request does not arrive. */
  readonly refuses?: boolean
  /** The server executes the write, unless it has this key already. Without a key, it executes it each time. */
  readonly commits?: boolean
  /** Milliseconds of the virtual clock that the server takes. */
  readonly takesMs?: number
  /** Before so many milliseconds of the virtual clock have passed, it answers with a 503 and does nothing. */
  readonly since?: number
  /** It answers when this has come. */
  readonly until?: Promise<void>
  /** `undefined` for no answer at all. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /**
   * How the answer is lost: the connection is reset before its head, or after the first bytes of its body; it never
   * comes; or it stops in its body.
   */
  readonly loses?: 'head' | 'body' | 'never-answers' | 'never-ends'
}

/** One request, as it arrived. */
export interface Arrived {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly key: string | undefined
}

export interface Stage {
  readonly url: string
  readonly arrived: readonly Arrived[]
  /** How often the write was executed. */
  readonly made: () => number
  /** Has the server listen or not, as the next step asks. Runs before each attempt. */
  readonly prepare: () => Promise<void>
  readonly close: () => Promise<void>
}

export interface StageOptions {
  readonly steps: readonly [Step, ...Step[]]
  /** Talks TLS, with a certificate that nobody trusts. */
  readonly secure?: boolean | undefined
  readonly pass?: ((ms: number) => void) | undefined
  /** How many milliseconds of the virtual clock have passed. */
  readonly passedMs?: (() => number) | undefined
  /** Hears of each request, once nothing more will come of it before its answer. */
  readonly onArrived?: ((count: number) => void) | undefined
}

const away: Step = { status: 503 }

/** Starts a real server that plays one step for each request, the last one over and over, and keeps keys. */
export async function openStage({
  steps,
  secure = false,
  pass,
  passedMs,
  onArrived,
}: StageOptions): Promise<Stage> {
  const arrived: Arrived[] = []
  const stored = new Set<string>()
  let executions = 0
  let cursor = 0
  const port = await freePort()
  let server: Server | undefined

  const stepNow = () => steps[Math.min(cursor, steps.length - 1)] as Step

  function execute(key: string | undefined): boolean {
    if (key !== undefined && stored.has(key)) return true
    if (key !== undefined) stored.add(key)
    executions += 1
    return false
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const headers = request.headers as Record<string, string>
    const key = headers['idempotency-key']
    const { method = '', url = '' } = request
    arrived.push({ method, url, headers, body: Buffer.concat(chunks).toString(), key })
    const planned = stepNow()
    const step = (passedMs?.() ?? 0) < (planned.since ?? 0) ? away : planned
    cursor += 1
    const isReplay = step.commits === true && execute(key)
    if (step.takesMs !== undefined) pass?.(step.takesMs)
    await step.until
    answer(step, isReplay, request, response)
    onArrived?.(arrived.length)
  }

  async function listen(): Promise<void> {
    const serveAll = (request: IncomingMessage, response: ServerResponse) =>
      void serve(request, response).catch(() => undefined)
    const opened = secure ? createSecureServer(selfSigned, serveAll) : createServer(serveAll)
    await new Promise<void>((resolve, reject) => {
      opened.once('error', reject)
      opened.listen(port, '127.0.0.1', resolve)
    })
    server = opened as Server
  }

  async function close(): Promise<void> {
    const opened = server
    server = undefined
    if (opened === undefined) return
    opened.closeAllConnections()
    await new Promise((resolve) => opened.close(resolve))
  }

  async function prepare(): Promise<void> {
    if (stepNow().refuses !== true) return server === undefined ? listen() : undefined
    cursor += 1
    await close()
  }

  await listen()
  await prepare()
  const url = `${secure ? 'https' : 'http'}://127.0.0.1:${port}/orders`
  return { url, arrived, made: () => executions, prepare, close }
}

function answer(step: Step, isReplay: boolean, request: IncomingMessage, response: ServerResponse): void {
  const { loses, status = 200, body = '' } = step
  if (loses === 'never-answers') return
  if (loses === 'head') return void request.socket.resetAndDestroy()
  const headers = {
    'content-type': 'application/json',
    // Each attempt has a connection of its own, so that a server that is away is away at once.
    connection: 'close',
    // A gateway's own answer knows nothing of replays.
    ...(isReplay && status < 300 && { 'idempotent-replayed': 'true' }),
    ...step.headers,
  }
  if (loses === undefined) return void response.writeHead(status, headers).end(body)
  response.writeHead(status, { ...headers, 'content-length': 1_000 })
  response.write(body || '{', () => {
    if (loses === 'body') request.socket.resetAndDestroy()
  })
}

/** The steps that most scenes are made of. */
export const refused: Step = { refuses: true }
export const answered = (status: number, headers: Record<string, string> = {}, body = '{}'): Step => ({
  status,
  headers,
  body,
})
export const made: Step = { ...answered(201, {}, '{"id":1}'), commits: true }
export const lost: Step = { loses: 'head' }
export const silent: Step = { loses: 'never-answers' }
export const cut = (status: number): Step => ({ status, loses: 'body' })
export const stalled = (status: number): Step => ({ status, loses: 'never-ends' })
/** The server does it, and the answer does not come through. */
export const madeBut = (step: Step): Step => ({ ...step, commits: true })
