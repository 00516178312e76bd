import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { HttpMessageReader, type HttpMessage } from './http-message-reader.js'

/** An answer that the proxy gives in the server's place. */
export interface CannedAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * What happens to one HTTP request.
 *
 * - `pass`: nothing.
 * - `reset-before`: RST once the request is in; the server never sees it.
 * - `forward-reset`: the server gets the request; the client gets a RST at once, while the server may still work.
 * - `commit-reset`: the server works and begins to answer; the client gets a RST and no byte.
 * - `cut-head`: the client gets half of the answer's head, then a RST.
 * - `cut-body`: the client gets the head and half of the body, then a RST (half of the head where there is no body).
 * - `hang`: the server works; the client never gets a byte and the connection stays open.
 * - `{ delayMs }`: the server works at once; the answer is held back that long.
 * - `{ instead }`: the server never sees the request; the client gets this answer.
 * - `{ after }`: the server works; the client gets this answer instead of the server's.
 */
export type Fault =
  | 'pass'
  | 'reset-before'
  | 'forward-reset'
  | 'commit-reset'
  | 'cut-head'
  | 'cut-body'
  | 'hang'
  | { readonly delayMs: number }
  | { readonly instead: CannedAnswer }
  | { readonly after: CannedAnswer }

/** One request as the proxy saw it, header names in lower case. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly fault: Fault
}

export interface FaultProxyOptions {
  /** Port of the server behind the proxy. */
  readonly port: number
  /** @defaultValue `'127.0.0.1'` */
  readonly host?: string
  /** Chooses the fault of a request for which none is queued. @defaultValue passes everything */
  readonly choose?: (request: Omit<SeenRequest, 'fault'>) => Fault
}

export interface FaultProxy {
  readonly port: number
  readonly url: string
  /** Number of requests seen. */
  readonly requests: number
  /** Number of requests that met a fault other than `pass`. */
  readonly injected: number
  /** Number of client connections opened. */
  readonly connections: number
  readonly seen: readonly SeenRequest[]
  /** Queues faults, one for each of the next requests. */
  next(...faults: readonly Fault[]): void
  close(): Promise<void>
}

/** Starts a TCP proxy on 127.0.0.1 that loses, cuts, delays or replaces answers, one fault for each HTTP/1.1 request. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const queue: Fault[] = []
  const seen: SeenRequest[] = []
  const sockets = new Set<Socket>()
  const timers = new Set<NodeJS.Timeout>()
  let injected = 0
  let connections = 0
  let closed = false

  const track = (socket: Socket): Socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    return socket
  }

  const wait = (delayMs: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer)
        resolve()
      }, delayMs)
      timers.add(timer)
    })

  const forward = (request: HttpMessage, onInterim?: (raw: Buffer) => void): Upstream => {
    const upstream = track(connect(options.port, options.host ?? '127.0.0.1'))
    const reader = new HttpMessageReader('response', request.startLine.startsWith('HEAD '))
    const begun = new Promise<void>((resolve) => {
      upstream.on('close', resolve)
      upstream.on('begun', resolve)
    })
    const answer = new Promise<HttpMessage | undefined>((resolve) => {
      const take = (messages: HttpMessage[]) => {
        for (const message of messages) {
          if (/^HTTP\/1\.\d 1\d\d/.test(message.startLine)) onInterim?.(message.raw)
          else {
            upstream.emit('begun')
            resolve(message)
          }
        }
      }
      upstream.on('data', (chunk) => {
        take(reader.feed(chunk))
        if (reader.pendingStartLine && !/ 1\d\d/.test(reader.pendingStartLine)) upstream.emit('begun')
      })
      upstream.on('end', () => take(reader.finish()))
      upstream.on('close', () => resolve(undefined))
    })
    const sent = write(upstream, request.withConnection('close'))
    return { sent, begun, answer }
  }

  const handle = async (client: Socket, request: HttpMessage): Promise<void> => {
    const [method = '', path = ''] = request.startLine.split(' ')
    const facts = { method, path, headers: request.headers, body: request.body }
    const fault = queue.shift() ?? options.choose?.(facts) ?? 'pass'
    seen.push({ ...facts, fault })
    if (fault !== 'pass') injected++

    if (fault === 'reset-before') return reset(client)
    if (typeof fault === 'object' && 'instead' in fault) return write(client, canned(fault.instead, method))

    const { sent, begun, answer } = forward(
      request,
      fault === 'pass' ? (raw) => client.write(raw) : undefined,
    )
    if (fault === 'hang') return void (await once(client, 'close'))
    if (fault === 'forward-reset' || fault === 'commit-reset') {
      await (fault === 'forward-reset' ? sent : begun)
      return reset(client)
    }

    const message = await answer
    if (!message) return reset(client)
    if (fault === 'cut-head' || fault === 'cut-body') {
      const raw = message.withConnection('keep-alive')
      const headLength = raw.indexOf('\r\n\r\n') + 4
      const hasBody = fault === 'cut-body' && raw.length > headLength
      const keep = hasBody
        ? headLength + Math.floor((raw.length - headLength) / 2)
        : Math.floor(headLength / 2)
      await write(client, raw.subarray(0, keep))
      // A RST right behind the bytes may overtake them in the kernel.
      await wait(5)
      return reset(client)
    }
    if (typeof fault === 'object' && 'delayMs' in fault) await wait(fault.delayMs)
    if (typeof fault === 'object' && 'after' in fault) return write(client, canned(fault.after, method))
    await write(client, message.selfDelimiting ? message.withConnection('keep-alive') : message.raw)
    if (!message.selfDelimiting) client.end()
  }

  const server = createServer((client) => {
    connections++
    track(client)
    const reader = new HttpMessageReader('request')
    let turn = Promise.resolve()
    client.on('data', (chunk) => {
      for (const request of reader.feed(chunk)) {
        turn = turn.then(() => (closed || client.destroyed ? undefined : handle(client, request)))
        turn.catch(() => client.destroy())
      }
    })
    client.on('end', () => client.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    get requests() {
      return seen.length
    },
    get injected() {
      return injected
    },
    get connections() {
      return connections
    },
    seen,
    next: (...faults) => void queue.push(...faults),
    close: async () => {
      closed = true
      for (const timer of timers) clearTimeout(timer)
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

interface Upstream {
  readonly sent: Promise<void>
  /** Settles when the server begins its final answer or closes the connection. */
  readonly begun: Promise<void>
  /** The whole final answer, or `undefined` if the server closed the connection before its end. */
  readonly answer: Promise<HttpMessage | undefined>
}

function reset(client: Socket): void {
  client.resetAndDestroy()
}

function write(client: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (client.destroyed) return resolve()
    const done = () => {
      client.off('close', done)
      resolve()
    }
    client.once('close', done)
    client.write(bytes, done)
  })
}

function canned(answer: CannedAnswer, method: string): Buffer {
  const body = Buffer.from(answer.body ?? '')
  const headers = Object.entries(answer.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`)
  const bodyless = answer.status === 204 || answer.status === 304
  if (!bodyless) headers.push(`content-length: ${body.length}\r\n`)
  const head = Buffer.from(`HTTP/1.1 ${answer.status} Canned\r\n${headers.join('')}\r\n`, 'latin1')
  return bodyless || method === 'HEAD' ? head : Buffer.concat([head, body])
}
