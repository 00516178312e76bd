import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that carries out every write once, and loses its first answer to each write that has a key. */
export interface LossyServer {
  readonly origin: string
  /** Writes carried out. */
  readonly executed: number
  /** Answers lost. */
  readonly lost: number
  close(): Promise<void>
}

export async function startLossyServer(): Promise<LossyServer> {
  const answers = new Map<string, string>()
  const count = { executed: 0, lost: 0 }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get executed() {
      return count.executed
    },
    get lost() {
      return count.lost
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await request.toArray()).join('')
    if (['GET', 'HEAD', 'OPTIONS'].includes(request.method ?? ''))
      return send(response, 200, resource(request, ''))

    const key = request.headers['idempotency-key']
    const known = typeof key === 'string' ? answers.get(key) : undefined
    if (known !== undefined) return send(response, 201, known, { 'idempotency-replayed': 'true' })

    count.executed++
    const created = resource(request, body)
    if (typeof key !== 'string') return send(response, 201, created)
    answers.set(key, created)
    count.lost++
    request.socket.destroy()
  }

  function resource(request: IncomingMessage, body: string): string {
    const given = /^\{.*\}$/s.test(body) ? (JSON.parse(body) as object) : {}
    return JSON.stringify({ id: `${request.url}/${count.executed}`, ...given })
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
}
