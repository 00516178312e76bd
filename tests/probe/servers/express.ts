import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { serveOnLoopback } from '../../contract/servers/loopback.js'
import { createOrders, load, type Order, type OrderServer } from './orders.js'

/** What these servers use of express. */
interface Request extends IncomingMessage {
  readonly body: Order
  readonly idempotencySession?: { SaveResponse(body: object): Promise<void> }
}
interface Response extends ServerResponse {
  status(code: number): Response
  json(body: object): Response
}
type Handler = (req: Request, res: Response, next: (error?: unknown) => void) => unknown
interface App extends RequestListener {
  use(handler: Handler): void
  post(path: string, handler: Handler): void
  set(name: string, value: unknown): void
}

function createApp(): App {
  const express = load('express') as { (): App; json(): Handler }
  const app = express()
  // Keeps its errors out of the test's output.
  app.set('env', 'test')
  app.use(express.json())
  return app
}

/** `express-idempotency`: successes are kept, other requests under a key get 417, and 409 while the first one runs. */
export async function startExpressIdempotency(ms?: number): Promise<OrderServer> {
  const { idempotency, getSharedIdempotencyService } = load('express-idempotency') as {
    idempotency(): Handler
    getSharedIdempotencyService(): { isHit(req: Request): boolean }
  }
  const { executions, create } = createOrders(ms)
  const app = createApp()
  app.use(idempotency())
  app.post('/orders', (req, res, next) => {
    if (getSharedIdempotencyService().isHit(req)) return
    create(req.body)
      .then(({ status, body }) => res.status(status).json(body))
      .catch(next)
  })
  return { ...(await serveOnLoopback(app)), executions }
}

/** `idempotency-backend`: the first answer, wrapped, once it is stored; nothing before. It keeps a file in the working directory. */
export async function startIdempotencyBackend(ms?: number): Promise<OrderServer> {
  const middleware = loadBackend()
  const { executions, create } = createOrders(ms)
  const app = createApp()
  app.use(middleware)
  app.post('/orders', (req, res, next) => {
    create(req.body)
      .then(async ({ status, body }) => {
        if (status < 300) await req.idempotencySession?.SaveResponse(body)
        res.status(status).json(body)
      })
      .catch(next)
  })
  return { ...(await serveOnLoopback(app)), executions }
}

/** It takes its folder from the working directory, once for the life of the process. */
function loadBackend(): Handler {
  const name = 'idempotency-backend/express'
  if (!(load.resolve(name) in load.cache)) {
    const [here, folder] = [process.cwd(), mkdtempSync(join(tmpdir(), 'idempotency-backend-'))]
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    process.chdir(folder)
    load(name)
    process.chdir(here)
  }
  return (load(name) as { default: Handler }).default
}

/** express alone: keys are ignored. */
export async function startPlainExpress(ms?: number): Promise<OrderServer> {
  const { executions, create } = createOrders(ms)
  const app = createApp()
  app.post('/orders', (req, res, next) => {
    create(req.body)
      .then(({ status, body }) => res.status(status).json(body))
      .catch(next)
  })
  return { ...(await serveOnLoopback(app)), executions }
}
