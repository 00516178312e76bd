import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What becomes of one request. */
export type Fate = 'answer' | 'lose' | 'refuse' | 'fail' | 'unauthorized'

export interface CommitServer {
  readonly url: string
  /** How often each body was executed. */
  readonly executed: Map<string, number>
  /** Every request: its key, path and body. */
  readonly requests: { key: string; path: string; body: string; authorization: string | undefined }[]
  /** Decides what becomes of a request. @defaultValue every one is answered */
  fate: (request: { readonly key: string; readonly path: string; readonly body: string }) => Fate
  close(): Promise<void>
}

/** A server that executes each key once, and then may lose the answer: it has committed, and the connection breaks. */
export async function startCommitServer(): Promise<CommitServer> {
  const executed = new Map<string, number>()
  const kept = new Map<string, { readonly body: string; readonly answer: string }>()
  const requests: CommitServer['requests'] = []
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('error', () => undefined)
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const path = request.url ?? ''
      const key = String(request.headers['idempotency-key'] ?? '')
      const fate = self.fate({ key, path, body })
      requests.push({ key, path, body, authorization: request.headers.authorization })
      const answer = (status: number, text: string, headers: Record<string, string> = {}) => {
        response.writeHead(status, {
          'content-type': 'application/json',
          'set-cookie': 'session=secret',
          ...headers,
        })
        response.end(text)
      }
      if (fate === 'unauthorized') return answer(401, '{"error":"who are you"}')
      if (fate === 'fail') return answer(422, '{"error":"no"}')
      if (fate === 'refuse') return answer(429, '{"error":"later"}', { 'retry-after': '0' })
      const known = key === '' ? undefined : kept.get(key)
      if (known !== undefined && known.body !== body) return answer(422, '{"error":"key reused"}')
      if (known === undefined) {
        const name = `${path} ${body}`
        executed.set(name, (executed.get(name) ?? 0) + 1)
        if (key !== '') kept.set(key, { body, answer: `{"made":${kept.size}}` })
      }
      if (fate === 'lose') return void request.socket.destroy()
      answer(201, kept.get(key)?.answer ?? '{}', known && { 'idempotent-replayed': 'true' })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const self: CommitServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    executed,
    requests,
    fate: () => 'answer',
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return self
}
