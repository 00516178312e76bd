import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { freePort } from '../free-port.js'

/** How a server is away: nobody listens, connections are reset, or it answers 503. */
export type Phase = 'refused' | 'reset' | '503' | 'up'

export interface FailingServer {
  readonly url: string
  /** Executions by the name of the operation, which stands in `x-operation`. */
  readonly executions: ReadonlyMap<string, number>
  /** Requests that arrived, by the name of the operation. A refused connection brings none. */
  readonly requests: ReadonlyMap<string, number>
  enter(phase: Phase): Promise<void>
  close(): Promise<void>
}

/** A server that keeps its port while it is away, and that executes each key once. */
export async function startFailingServer(first: Phase): Promise<FailingServer> {
  const executions = new Map<string, number>()
  const requests = new Map<string, number>()
  const answers = new Map<string, string>()
  let phase: Phase = 'up'
  let server: Server | undefined
  const port = await freePort()
  const count = (map: Map<string, number>, name: string) => map.set(name, (map.get(name) ?? 0) + 1)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { 'x-operation': operation, 'idempotency-key': key } = request.headers
    const name = String(operation)
    count(requests, name)
    if (phase === 'reset') return void request.socket.resetAndDestroy()
    for await (const _ of request);
    if (phase !== 'up') return void response.writeHead(503).end()
    const id = String(key)
    if (!answers.has(id)) {
      count(executions, name)
      answers.set(id, JSON.stringify({ operation: name }))
    }
    response.writeHead(201, { 'content-type': 'application/json' }).end(answers.get(id))
  }

  async function listen(): Promise<void> {
    const opened = createServer((request, response) => void answer(request, response).catch(() => undefined))
    opened.keepAliveTimeout = 10_000
    await new Promise<void>((resolve, reject) => {
      opened.once('error', reject)
      opened.listen(port, '127.0.0.1', 4_096, resolve)
    })
    server = opened
  }

  async function close(): Promise<void> {
    const opened = server
    server = undefined
    if (opened === undefined) return
    opened.closeAllConnections()
    await new Promise((resolve) => opened.close(resolve))
  }

  async function enter(next: Phase): Promise<void> {
    phase = next
    if (next === 'refused') await close()
    else if (server === undefined) await listen()
  }

  await listen()
  await enter(first)
  return { url: `http://127.0.0.1:${port}/orders`, executions, requests, enter, close }
}
