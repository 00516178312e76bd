import { isIdempotencyError } from '../errors/idempotency-error.js'
import type { Attempted } from '../guard/call.js'
import { rememberFacts } from '../guard/facts.js'
import { readFailure } from '../fetch/transport-failure.js'
import { endAttempt, type KyCall } from './ky-call.js'
import type { KyRetryOptions, ShouldRetry } from './ky-shapes.js'

const gates = new WeakSet<ShouldRetry>()
const bound = new WeakSet<object>()

/** ky's own methods, and the writes, which the gate lets pass only when that is safe. */
export const gatedMethods = ['get', 'put', 'head', 'delete', 'options', 'trace', 'post', 'patch']

/** ky's own status codes, and 425, which like 429 says that nothing was done. */
export const gatedStatusCodes = [408, 413, 425, 429, 500, 502, 503, 504]

function readError(error: Error): Attempted {
  const { response, name } = error as { response?: Response; name: string }
  if (response !== undefined) return { status: response.status, headers: response.headers, bytes: undefined }
  const isTimeout = name === 'TimeoutError'
  return { lost: isTimeout ? 'unknown' : readFailure(error), error, isTimeout }
}

function refuses(call: KyCall, error: Error): boolean {
  // Our own errors are the last word on an operation, or say that it must not be sent.
  if (isIdempotencyError(error)) return true
  const { decision } = call.ended ?? endAttempt(call, readError(error))
  rememberFacts(error, call.operation.facts())
  return decision.action === 'settle'
}

/** Without its call the gate sees the error alone, which may not say whether a key went with the request. */
function refusesUnseen(error: Error): boolean {
  if (isIdempotencyError(error)) return true
  const { request, response } = error as { request?: Request; response?: Response }
  const isRead = request !== undefined && /^(?:GET|HEAD|OPTIONS|DELETE)$/.test(request.method)
  if (isRead || request?.headers.has('idempotency-key')) return false
  if (response !== undefined) return ![408, 425, 429].includes(response.status)
  return readFailure(error) !== 'not-sent'
}

function createGate(): ShouldRetry {
  const gate: ShouldRetry = ({ error }) => (refusesUnseen(error) ? false : undefined)
  gates.add(gate)
  return gate
}

/**
 * Retry options for ky that let writes be retried where that is safe: after a network error or a 5xx only with a key.
 * The gate says no or leaves the answer to ky's own rules (`limit`, `statusCodes`, `retryOnTimeout`, `Retry-After`).
 *
 * Used with {@link stampKey}, which tells it which call it judges. Alone, under ky 1, it cannot see which request met a
 * network error, and then lets only those pass that were provably not sent.
 *
 * @example
 * ```ts
 * import ky from 'ky'
 * import { gateRetries, reuseKey, stampKey } from 'fetch-idempotency/ky'
 *
 * const api = ky.extend({
 *   hooks: { beforeRequest: [stampKey()], beforeRetry: [reuseKey()] },
 *   retry: gateRetries(),
 * })
 * await api.post('https://api.example.com/orders', { json: { items: 100 } })
 * ```
 */
export function gateRetries(): { methods: string[]; statusCodes: number[]; shouldRetry: ShouldRetry } {
  return { methods: [...gatedMethods], statusCodes: [...gatedStatusCodes], shouldRetry: createGate() }
}

/**
 * Ties the gate to its call. ky keeps one object of retry options for each call, which a later `retry` option may have
 * put together without the gate: with `always`, it is put back in, in front of a `shouldRetry` of the user's own.
 */
export function bindGate(given: object, call: KyCall, method: string, always: boolean): void {
  const retry = given as KyRetryOptions
  const theirs = retry.shouldRetry
  const isGated = theirs !== undefined && gates.has(theirs)
  if (bound.has(retry) || !(isGated || always)) return
  bound.add(retry)
  // A number in place of the retry options has swept away everything but the limit.
  if (theirs === undefined)
    Object.assign(retry, { statusCodes: gatedStatusCodes, retryOnTimeout: true, jitter: true })
  retry.methods = [...(retry.methods ?? []), method.toLowerCase()]
  retry.shouldRetry = (state) => (refuses(call, state.error) ? false : isGated ? undefined : theirs?.(state))
}
