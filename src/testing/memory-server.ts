import { standard } from '../contract/presets/standard.js'
import type { Fault, FaultScript, SeenRequest } from './fault.js'
import { createKeyedService, type KeyedServiceOptions } from './keyed-service.js'
import { playFaults } from './play-faults.js'
import { createRequestLog } from './request-log.js'

/** Options of {@link memoryServer}. */
export interface MemoryServerOptions extends KeyedServiceOptions {
  /** What happens to each request on its way. @defaultValue every one passes */
  readonly faults?: FaultScript | undefined
}

/** A server in memory. */
export interface MemoryServer {
  /** Sends to this server, whatever host a URL names. */
  readonly fetch: (...request: Parameters<typeof fetch>) => Promise<Response>
  /** Every request, in order, those that were lost before the server saw them as well. */
  readonly requests: readonly SeenRequest[]
  /** The writes that were executed, in order: one that stands here twice was done twice. */
  readonly executions: readonly SeenRequest[]
  /** Puts faults before those of the script, one for each of the next requests. */
  next(...faults: readonly Fault[]): void
}

/**
 * A server in memory that keeps keys as a contract says, and loses answers by a script. Without sockets: for those, take
 * `startFaultyServer()` of `fetch-idempotency/testing/server`.
 *
 * @example
 * ```ts
 * import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
 * import { memoryServer } from 'fetch-idempotency/testing'
 *
 * const server = memoryServer({ faults: ['lose-answer'] })
 * const send = createIdempotentFetch({ fetch: server.fetch })
 * const response = await send('https://api.example.com/orders', { method: 'POST', body: '{"item":"book"}' })
 * console.log(await response.json(), idempotencyOf(response)?.replayed) // => { id: 1, item: 'book' } true
 * console.log(server.requests.length, server.executions.length) // => 2 1
 * ```
 */
export function memoryServer({ faults, ...options }: MemoryServerOptions = {}): MemoryServer {
  const { contract = standard } = options
  const service = createKeyedService(contract, options)
  const log = createRequestLog(contract, faults)
  const fetch = playFaults(log, (_, seen) => service.answer(seen))
  return { fetch, requests: log.requests, executions: service.executions, next: log.next }
}
