import { checkOptions } from '../errors/check-option.js'
import { isIdempotencyError } from '../errors/any-idempotency-error.js'
import { writesCheck, type WritePolicy } from '../loop/operation-options.js'
import { idempotencyOf } from '../operation/facts.js'
import { isResendable } from '../loop/is-resendable.js'
import type { Attempted } from '../transport/attempted.js'
import { canBeResentBelow } from '../transport/layer-below.js'
import { readFailure } from '../transport/transport-failure.js'
import { isKyRead, type KyRetryOptions } from './ky-shapes.js'
import { judgeAttempt, type StampedCall } from './stamped-call.js'

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

/** Retry options for ky. They hold no `shouldRetry`, which ky would put in the place of one of the user's own. */
export interface GatedRetryOptions {
  /** Tells {@link stampKey} to put a gate before the retries of each write. */
  idempotencyGate: WritePolicy | 'default'
  /** As the user has set it. */
  limit?: number
}

type Gated = KyRetryOptions & { idempotencyGate?: WritePolicy | 'default' }

interface KyError {
  readonly name: string
  readonly request?: Request
  readonly response?: Response
}

/** What an error of ky tells of the attempt that it ended. */
function readError(error: KyError, { url, method }: StampedCall['operation']): Attempted {
  const { response, name, request } = error
  const isAtLeast = mayBeResentBelow(method)
  if (response !== undefined) {
    const { status, headers, redirected, body } = response
    // What is in the body is ky's to read.
    return { status, headers, redirected, bytes: undefined, isBodyLost: body !== null, isAtLeast }
  }
  if (name === 'TimeoutError') return { lost: 'unknown', error, isTimeout: true }
  // A write may have been applied and redirected before a connection was refused.
  const mayHaveMoved = (request?.redirect ?? 'follow') === 'follow' && !isKyRead(method)
  const lost = readFailure(error, url, mayHaveMoved)
  // What is told of the last request says nothing of those that were sent before it.
  return { lost: isAtLeast && lost === 'not-sent' ? 'unknown' : lost, error, isTimeout: false, isAtLeast }
}

/** Whether the runtime may resend by itself. In Deno, only a loop of ours can keep it from that. */
function mayBeResentBelow(method: string): boolean {
  return 'Deno' in globalThis || canBeResentBelow(globalThis.fetch, { method, rest: {}, base: undefined })
}

/** Whether the key went out, as far as the error says: a later hook may have dropped it. */
function isKeySent({ settings, operation }: StampedCall, { request, response }: KyError): boolean {
  const { carrier } = settings.contract
  const sent = request ?? (response as { request?: Request } | undefined)?.request
  return (
    operation.key === undefined ||
    sent === undefined ||
    carrier.in !== 'header' ||
    sent.headers.has(carrier.name)
  )
}

/**
 * Puts the gate of a call before its retries, in front of a `shouldRetry` of the user's own: both are asked. ky keeps
 * one object of retry options for each call.
 */
export function installGate(call: StampedCall, given: object, method: string): void {
  const retry = given as Gated
  const { idempotencyGate: gate, shouldRetry: theirs } = retry
  if (gate === undefined || isKyRead(method)) return
  delete retry.idempotencyGate
  const { settings, operation } = call
  if (gate !== 'default') {
    const resendable = isResendable(
      settings,
      { ...operation, writes: gate },
      operation.url,
      operation.key !== undefined,
    )
    call.operation = { ...operation, resendable }
  }
  retry.methods = [...(retry.methods ?? []), method.toLowerCase()]
  // Like 429, 425 says that nothing was done.
  if (retry.statusCodes?.includes(429)) retry.statusCodes = [...retry.statusCodes, 425]
  const { limit = 2 } = retry
  call.limit = limit
  // ky asks nobody about the failure at its limit. With one more, that error, too, can tell what is true.
  if (limit > 0) retry.limit = limit + 1
  retry.shouldRetry = (state) => {
    const error = state.error as KyError
    // Our own errors say that the write must not be sent, and another wrapper's answer that it was sent again already.
    if (isIdempotencyError(error) || (error.response && idempotencyOf(error.response))) return false
    if (!isKeySent(call, error) && gate !== 'always')
      call.operation = { ...call.operation, resendable: false }
    const judged = judgeAttempt(call, readError(error, call.operation), error)
    return state.retryCount > limit ? false : (judged ?? theirs?.(state))
  }
}

/**
 * Retry options for ky that let writes be retried where that is safe: after a network error or a 5xx only with a key. The
 * gate says no, or leaves the answer to a `shouldRetry` of yours and to ky's own rules (`limit`, `statusCodes`,
 * `retryOnTimeout`, `Retry-After`), which it has in no way changed for reads.
 *
 * It stands with {@link stampKey}, which puts it in place for each call; without that hook, ky's own rules are all there is.
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
export function gateRetries(options: GateRetriesOptions = {}): GatedRetryOptions {
  checkOptions('gateRetries', options, { writes: writesCheck })
  return { idempotencyGate: options.writes ?? 'default' }
}
