import { standard } from '../contract/presets/standard.js'
import type { Contract } from '../contract/server-contract.js'
import type { Fault, FaultScript, SeenRequest } from './fault.js'
import { playFaults } from './play-faults.js'
import { createRequestLog } from './request-log.js'

/** Options of {@link faultyFetch}. */
export interface FaultyFetchOptions {
  /** What sends the requests that pass. @defaultValue the global `fetch`, looked up at each call */
  readonly fetch?: typeof fetch | undefined
  /** Where the key travels, for {@link SeenRequest.key}. @defaultValue `standard`: the header `Idempotency-Key` */
  readonly contract?: Contract | undefined
}

/** A `fetch` with a script of faults. */
export interface FaultyFetch {
  (...request: Parameters<typeof fetch>): Promise<Response>
  /** Every request, in order. */
  readonly requests: readonly SeenRequest[]
  /** Puts faults before those of the script, one for each of the next requests. */
  next(...faults: readonly Fault[]): void
}

/**
 * A `fetch` that loses answers by a script, without sockets. Give it to `createIdempotentFetch()`, to `idempotency()` or to a
 * library in a test.
 *
 * @param script a fault for each request, or a function that chooses one; what it leaves open is passed
 *
 * @example
 * ```ts
 * import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
 * import { faultyFetch } from 'fetch-idempotency/testing'
 *
 * const flaky = faultyFetch(['reset-before'], { fetch: async () => Response.json({ id: 1 }) })
 * const send = createIdempotentFetch({ fetch: flaky })
 * const response = await send('https://api.example.com/orders', { method: 'POST', body: '{}' })
 * console.log(idempotencyOf(response)?.attempts, flaky.requests[0]?.key === flaky.requests[1]?.key) // => 2 true
 * ```
 */
export function faultyFetch(script: FaultScript = [], options: FaultyFetchOptions = {}): FaultyFetch {
  const { contract = standard } = options
  const log = createRequestLog(contract, script)
  const send = playFaults(log, (request) => (options.fetch ?? globalThis.fetch)(request))
  return Object.assign(send, { requests: log.requests, next: log.next })
}
