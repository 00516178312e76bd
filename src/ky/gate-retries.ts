import { checkOptions } from '../errors/check-option.js'
import { isIdempotencyError } from '../errors/any-idempotency-error.js'
import type { ErrorFacts } from '../errors/idempotency-error.js'
import { isRead } from '../transport/follow-redirect.js'
import { readFailure, type FailureVerdict } from '../transport/transport-failure.js'
import type { Attempted } from '../transport/attempted.js'
import { idempotencyOf, rememberFacts } from '../operation/facts.js'
import { writesCheck, type WritePolicy } from '../loop/guard-options.js'
import { beginAttempt, endAttempt, type KyCall } from './ky-call.js'
import type { KyRetryOptions, ShouldRetry } from './ky-shapes.js'

/** What {@link gateRetries} takes. */
export interface GateRetriesOptions {
  /**
   * How far retries of writes may go after a lost answer or a 5xx. `'always'` resends without a key, too: **this can
   * apply a write twice**.
   *
   * @defaultValue that of {@link stampKey}, else `'keyed'`
   */
  readonly writes?: WritePolicy | undefined
}

const gates = new WeakMap<ShouldRetry, WritePolicy | undefined>()
const reads = /^(?:GET|HEAD|OPTIONS|TRACE|QUERY)$/

/** ky's own methods, and the writes, which the gate lets pass only when that is safe. */
export const gatedMethods = ['get', 'put', 'head', 'delete', 'options', 'trace', 'query', 'post', 'patch']

/** ky's own status codes, and 425, which like 429 says that nothing was done. */
export const gatedStatusCodes = [408, 413, 425, 429, 500, 502, 503, 504]

/** ky appends a later list to an earlier one: what follows ours is the user's own, who would not have it longer. */
function takeTheirs<T>(list: readonly T[] | undefined, ours: readonly T[]): readonly T[] | undefined {
  const isLonger = list !== undefined && list.length > ours.length
  return isLonger && ours.every((one, at) => one === list[at])
    ? takeTheirs(list.slice(ours.length), ours)
    : list
}

/** How far the gate in these retry options lets writes go, when it is one of ours and says so. */
export function readGate(retry: object): WritePolicy | undefined {
  const { shouldRetry } = retry as KyRetryOptions
  return shouldRetry && gates.get(shouldRetry)
}

/** The user's own word on retries, behind ours: until there is a call to judge by, our errors alone are sure to end it. */
export function inFrontOf(theirs: ShouldRetry): ShouldRetry {
  return gates.has(theirs) ? theirs : (state) => (isIdempotencyError(state.error) ? false : theirs(state))
}

interface KyError {
  readonly name: string
  readonly request?: Request
  readonly response?: Response
}

/** Without our fetch, a write may have been applied and redirected before a connection was refused. */
function readLoss(error: Error, url: string, method: string): FailureVerdict {
  const { redirect = 'follow' } = (error as KyError).request ?? {}
  return readFailure(error, url, redirect === 'follow' && !isRead(method))
}

function readError(error: Error, { url, method }: ErrorFacts): Attempted {
  const { response, name } = error as KyError
  if (response !== undefined) {
    const { status, headers, redirected } = response
    return { status, headers, redirected, bytes: undefined }
  }
  const isTimeout = name === 'TimeoutError'
  return { lost: isTimeout ? 'unknown' : readLoss(error, url, method), error, isTimeout }
}

/** Whether a key that hooks have stamped went out, as far as the error says: a later hook may have dropped it. */
function isKeySeen({ settings, operation }: KyCall, { request }: KyError): boolean {
  const { carrier } = settings.contract
  return (
    request === undefined ||
    operation.key === undefined ||
    carrier.in !== 'header' ||
    request.headers.has(carrier.name)
  )
}

function refuses(call: KyCall, error: Error, isRead: boolean): boolean {
  // Our own errors are the last word on an operation, or say that it must not be sent.
  if (isIdempotencyError(error)) return true
  const { operation, hasFetch } = call
  const { value = error } = error as { value?: unknown }
  // Without our fetch, and without reuseKey, nobody has begun the attempt that this error ends.
  if (!hasFetch && call.attempt === undefined) beginAttempt(call)
  const { attempt } = call
  // Where neither is there, a hook has failed and nothing was sent; and what the caller has aborted is not read.
  if (value !== call.abortReason && (attempt !== undefined || call.ended !== undefined)) {
    attempt?.abort(error)
    endAttempt(call, readError(error, operation.errorFacts()))
  }
  // Another wrapper, in place of our fetch, has retried already: two loops multiply their attempts.
  const { response } = error as KyError
  const isRetried = !hasFetch && response !== undefined && idempotencyOf(response) !== undefined
  rememberFacts(error, operation.facts())
  if (isRetried) return true
  if (!hasFetch && !isKeySeen(call, error as KyError) && refusesUnseen(error, undefined)) return true
  const { reading, decision } = call.ended ?? {}
  if (decision?.action !== 'settle' || reading === undefined) return false
  // A definite answer may be asked for again where the user's own status codes or shouldRetry say so.
  const isDefinite = isRead
    ? reading.verdict !== 'unsendable'
    : reading.verdict === 'failed' && reading.outcome !== 'unknown'
  return !(decision.why === 'final' && isDefinite)
}

/** Without its call the gate sees the error alone, which may not say whether a key went with the request. */
function refusesUnseen(error: Error, writes: WritePolicy | undefined): boolean {
  if (isIdempotencyError(error)) return true
  const { request, response } = error as KyError
  const { method = 'POST', url = '' } = request ?? {}
  if (writes === 'always' || reads.test(method)) return false
  const isKeyed = method === 'DELETE' || request?.headers.has('idempotency-key')
  if (isKeyed && writes !== 'never') return false
  if (response !== undefined) return response.redirected || ![408, 425, 429].includes(response.status)
  return readLoss(error, url, method) !== 'not-sent'
}

/**
 * Retry options for ky that let writes be retried where that is safe: after a network error or a 5xx only with a key.
 * The gate says no or leaves the answer to ky's own rules (`limit`, `statusCodes`, `retryOnTimeout`, `Retry-After`).
 *
 * Used with {@link stampKey}, which tells it which call it judges. Alone, under ky 1, it cannot see which request met a
 * network error, and then lets only those pass that were provably not sent, as far as no redirect hides it.
 *
 * @throws `TypeError` for an option that cannot work.
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
export function gateRetries(options: GateRetriesOptions = {}): {
  methods: string[]
  statusCodes: number[]
  shouldRetry: ShouldRetry
} {
  checkOptions('gateRetries', options, { writes: writesCheck })
  const { writes } = options
  const shouldRetry: ShouldRetry = ({ error }) => (refusesUnseen(error, writes) ? false : undefined)
  gates.set(shouldRetry, writes)
  return { methods: [...gatedMethods], statusCodes: [...gatedStatusCodes], shouldRetry }
}

/**
 * Ties the gate to its call. ky keeps one object of retry options for each call, which a later `retry` option may have
 * put together without the gate: with `always`, it is put back in, in front of a `shouldRetry` of the user's own.
 */
export function bindGate(call: KyCall, given: object, method: string, always: boolean): void {
  const retry = given as KyRetryOptions
  const theirs = retry.shouldRetry
  const isGated = theirs !== undefined && gates.has(theirs)
  if (call.retry === given || !(isGated || always)) return
  call.retry = given
  // A number in place of the retry options has swept away everything but the limit.
  if (theirs === undefined)
    Object.assign(retry, {
      methods: gatedMethods,
      statusCodes: gatedStatusCodes,
      retryOnTimeout: true,
      jitter: true,
      maxRetryAfter: call.settings.policy.maxRetryAfterMs,
    })
  retry.methods = takeTheirs(retry.methods, gatedMethods)
  retry.statusCodes = takeTheirs(retry.statusCodes, gatedStatusCodes)
  if (call.operation.key !== undefined) retry.methods = [...(retry.methods ?? []), method.toLowerCase()]
  const isRead = reads.test(method)
  retry.shouldRetry = async (state) => {
    const { error } = state
    const answer = refuses(call, error, isRead) ? false : isGated ? undefined : await theirs?.(state)
    call.hold?.(answer !== false && error !== call.abortReason)
    return answer
  }
}
