import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { standard } from '../contract/presets/standard.js'
import { toResponse } from '../testing/fake-response.js'
import type { FaultScript, SeenRequest, SocketFault } from '../testing/fault.js'
import { createKeyedService, type KeyedServiceOptions } from '../testing/keyed-service.js'
import { createRequestLog } from '../testing/request-log.js'

export type { KeyedServiceOptions, RepeatAnswers, Work } from '../testing/keyed-service.js'
export type { FakeAnswer, FaultScript, SeenRequest, SocketFault } from '../testing/fault.js'

/** Options of {@link startFaultyServer}. */
export interface FaultyServerOptions extends KeyedServiceOptions {
  /** What happens to each request on its way. @defaultValue every one passes */
  readonly faults?: FaultScript<SocketFault> | undefined
}

/** A server on loopback. */
export interface FaultyServer {
  /** Where it listens: `http://127.0.0.1:…`. */
  readonly url: string
  /** Every request, in order, those that were lost before the server saw them as well. */
  readonly requests: readonly SeenRequest[]
  /** The writes that were executed, in order: one that stands here twice was done twice. */
  readonly executions: readonly SeenRequest[]
  /** Puts faults before those of the script, one for each of the next requests. */
  next(...faults: readonly SocketFault[]): void
  /** Ends its connections, too. */
  close(): Promise<void>
}

/**
 * Starts an HTTP server on 127.0.0.1, for Node, that keeps keys as a contract says, and that resets and cuts real connections by a
 * script.
 *
 * @example
 * ```ts
 * import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
 * import { startFaultyServer } from 'fetch-idempotency/testing/server'
 *
 * const server = await startFaultyServer({ faults: ['lose-answer', 'cut-body'] })
 * const send = createIdempotentFetch({ fetch: (_, init) => fetch(`${server.url}/orders`, init) })
 * const response = await send('https://api.example.com/orders', { method: 'POST', body: '{"item":"book"}' })
 * console.log(idempotencyOf(response)?.attempts, server.executions.length) // => 3 1
 * await server.close()
 * ```
 */
export async function startFaultyServer({
  faults,
  ...options
}: FaultyServerOptions = {}): Promise<FaultyServer> {
  const { contract = standard } = options
  const service = createKeyedService(contract, options)
  const log = createRequestLog(contract, faults)

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readText(request)
    if (body === undefined) return
    const { seen, fault } = log.note({ ...factsOf(request), body })
    const { socket } = request
    if (fault === 'reset-before') return void socket.resetAndDestroy()
    if (typeof fault === 'object' && 'instead' in fault) return write(response, toResponse(fault.instead))
    const answer = await service.answer(seen)
    if (fault === 'pass') return write(response, answer)
    if (fault === 'cut-body') return cut(response, answer)
    if (fault === 'lose-answer') return void socket.resetAndDestroy()
    if (typeof fault === 'object') return write(response, toResponse(fault.after))
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: log.requests,
    executions: service.executions,
    next: log.next,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function factsOf({
  method = 'GET',
  url = '/',
  headers,
}: IncomingMessage): Omit<SeenRequest, 'key' | 'attempt' | 'body'> {
  const pairs = Object.entries(headers).map(([name, value = '']): [string, string] => [name, String(value)])
  return { method, url: `http://${headers.host}${url}`, headers: new Headers(pairs) }
}

/** The body, nothing when the client has gone. */
async function readText(request: IncomingMessage): Promise<string | undefined> {
  try {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    return await new Blob(chunks as BlobPart[]).text()
  } catch {
    return undefined
  }
}

async function write(response: ServerResponse, answer: Response): Promise<void> {
  const bytes = await writeHead(response, answer)
  response.end(bytes)
}

/** Sends the head and half of the body. Without a body, there is only the connection to end. */
async function cut(response: ServerResponse, answer: Response): Promise<void> {
  const bytes = await writeHead(response, answer)
  const { socket } = response
  if (bytes.length === 0) return void socket?.resetAndDestroy()
  // A reset may overtake what was sent; the end of the connection does not.
  response.write(bytes.subarray(0, bytes.length >> 1), () => socket?.destroySoon())
}

async function writeHead(response: ServerResponse, answer: Response): Promise<Uint8Array> {
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const length = answer.status === 204 || answer.status === 304 ? {} : { 'content-length': bytes.length }
  response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), ...length })
  return bytes
}
