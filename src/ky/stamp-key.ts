import { checkOptions, type Checks } from '../errors/check-option.js'
import {
  copyOperationOptions,
  operationChecks,
  type OperationOptions,
  type OperationSettings,
} from '../loop/operation-options.js'
import { isIdempotentFetch } from '../transport/nesting.js'
import { installGate } from './gate-retries.js'
import { readKyFetch } from './ky-call.js'
import { readHookArguments, type KyBeforeRequest, type KyHookOptions } from './ky-shapes.js'
import { beginStampedAttempt, findStampedCall, stampCall, type StampedCall } from './stamped-call.js'

/** What {@link stampKey} takes. */
export type StampKeyOptions = Pick<
  OperationOptions,
  'contract' | 'methods' | 'generateKey' | 'match' | 'writes'
>

const { contract, methods, generateKey, match, writes } = operationChecks
const stampChecks = { contract, methods, generateKey, match, writes } as Checks

/**
 * A `beforeRequest` hook for ky that stamps a key on each write: made once per call, before the first attempt, and the
 * same on every later one. A key given by `context.idempotencyKey` or in the header wins.
 *
 * Where the retry options come from {@link gateRetries}, it puts the gate of the call in place.
 *
 * Put it before every hook that gives a `Request`, as ky 1 runs none after such a hook: a write then goes out without its
 * key, and is not resent. Such a hook has to take over the headers that it was shown (`new Request(request, …)`). Only a
 * hook that sets the key's header goes before it.
 *
 * It stamps headers only: for a contract whose key travels in the body or the query use `idempotency()`.
 *
 * @throws `TypeError` for an option that cannot work, or a contract whose key is not in a header.
 */
export function stampKey(options: StampKeyOptions = {}): KyBeforeRequest {
  checkOptions('stampKey', options, stampChecks)
  const settings = copyOperationOptions(options, {})
  if (settings.contract.carrier.in !== 'header')
    throw new TypeError(
      'stampKey: this contract carries the key elsewhere than in a header: use idempotency()',
    )
  return (first, second) => {
    const { request, options } = readHookArguments(first, second)
    // Only ky 1 shows its fetch.
    const { fetch } = options as { fetch?: unknown }
    // The whole set stamps its writes itself.
    if (readKyFetch(fetch)) return
    if (isIdempotentFetch(fetch))
      throw new TypeError('stampKey: the fetch of this instance retries already; pass the original fetch')
    stamp(settings, request, options)
  }
}

/** Stamps a key on a write, and puts the gate of the call in place. */
export function stamp(
  settings: OperationSettings,
  request: Request,
  { context, retry }: KyHookOptions,
): StampedCall {
  const isFirst = findStampedCall(context) === undefined
  const call = stampCall(settings, context, request)
  installGate(call, retry, request.method)
  // ky 1 runs this hook on every attempt: reuseKey() begins the later ones.
  if (isFirst) beginStampedAttempt(call, request)
  return call
}
