import { readText, serveOnLoopback } from '../../contract/servers/loopback.js'
import { createOrders, load, type Order, type OrderServer } from './orders.js'

interface Event {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly order: Order
}
interface Result {
  readonly status: number
  readonly body: object
}

/** A cache with what the package uses of a Redis client. */
function createCache() {
  const items = new Map<string, string>()
  return {
    get: async (name: string) => items.get(name) ?? null,
    async set(name: string, value: string, { NX }: { NX?: boolean } = {}) {
      if (NX && items.has(name)) return null
      items.set(name, value)
      return 'OK'
    },
    async del(names: readonly string[]) {
      for (const name of names) items.delete(name)
      return names.length
    },
  }
}

/**
 * `@aws-lambda-powertools/idempotency` around a handler, behind node:http as an API gateway puts a function: what the
 * function throws is a 502. A failure is an answer like any other to it, and is kept.
 */
export async function startPowertools(ms?: number): Promise<OrderServer> {
  const { makeIdempotent, IdempotencyConfig } = load('@aws-lambda-powertools/idempotency') as {
    makeIdempotent(
      handler: (event: Event, context: object) => Promise<Result>,
      options: object,
    ): typeof handler
    IdempotencyConfig: new (options: object) => object
  }
  const { CachePersistenceLayer } = load('@aws-lambda-powertools/idempotency/cache') as {
    CachePersistenceLayer: new (options: object) => object
  }
  const { executions, create } = createOrders(ms)
  const handler = makeIdempotent(async ({ order }) => create(order), {
    persistenceStore: new CachePersistenceLayer({ client: createCache() }),
    config: new IdempotencyConfig({ eventKeyJmesPath: 'headers."idempotency-key"' }),
  })
  const server = await serveOnLoopback(async (req, res) => {
    const order = JSON.parse(await readText(req)) as Order
    const event: Event = { headers: req.headers as Event['headers'], order }
    const context = { getRemainingTimeInMillis: () => 5_000, functionName: 'orders' }
    const run = event.headers['idempotency-key'] === undefined ? create(order) : handler(event, context)
    const { status, body } = await run.catch(() => ({
      status: 502,
      body: { message: 'Internal server error' },
    }))
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  return { ...server, executions }
}
