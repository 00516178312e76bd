import { Idempotency, IdempotencyError, IdempotencyErrorCodes } from '@node-idempotency/core'
import { MemoryStorageAdapter } from '@node-idempotency/storage-adapter-memory'
import { countExecutions, type Executions } from './executions.js'
import { readText, serveOnLoopback, type LoopbackServer } from './loopback.js'

export interface HoldingServer extends LoopbackServer {
  readonly executions: Executions
}

const statuses: Partial<Record<IdempotencyErrorCodes, number>> = {
  [IdempotencyErrorCodes.REQUEST_IN_PROGRESS]: 409,
  [IdempotencyErrorCodes.IDEMPOTENCY_FINGERPRINT_MISSMATCH]: 422,
}

/**
 * `@node-idempotency/core` behind node:http. It holds a duplicate open while the first request runs, for up to
 * `maxWaitMs`, then answers 409. POST anywhere with `{ item }`; a key is required.
 */
export async function startHoldingServer({ maxWaitMs = 5_000 } = {}): Promise<HoldingServer> {
  const executions = countExecutions()
  const engine = new Idempotency(new MemoryStorageAdapter(), {
    enforceIdempotency: true,
    inProgressStrategy: { wait: true, pollingIntervalMs: 5, maxWaitMs },
  })

  const server = await serveOnLoopback(async (req, res) => {
    const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
      void res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    try {
      const body = JSON.parse(await readText(req)) as { item: string }
      const facts = { headers: req.headers, path: req.url ?? '/', method: req.method ?? 'POST', body }
      const stored = await engine.onRequest(facts)
      if (stored) return answer(201, stored.body, { 'idempotent-replayed': 'true' })
      const created = { id: `order-${await executions.run(body.item)}`, item: body.item }
      await engine.onResponse(facts, { body: created })
      answer(201, created)
    } catch (error) {
      if (!(error instanceof IdempotencyError)) throw error
      answer(statuses[error.code] ?? 400, { message: error.message })
    }
  })
  return { ...server, executions }
}
