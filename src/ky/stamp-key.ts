import { checkOptions, type Checks } from '../errors/check-option.js'
import { decodeHeader, encodeHeader } from '../contract/carrier.js'
import {
  copyGuardOptions,
  guardChecks,
  type GuardOptions,
  type GuardSettings,
} from '../loop/guard-options.js'
import { isConditional } from '../operation/is-conditional.js'
import { GuardedOperation } from '../loop/guard.js'
import { checkCallOptions, takeFetch, type CheckedCallOptions } from '../fetch/fetch-options.js'
import type { CallOptions } from '../fetch/idempotent-init.js'
import type { EndOptions } from '../loop/conclude.js'
import type { Backoff } from '../backoff/backoff.js'
import { bindGate, readGate } from './gate-retries.js'
import { beginAttempt, findCall, isAttemptFetch, linkRequest, rememberCall, type KyCall } from './ky-call.js'
import {
  readHookArguments,
  sendOption,
  type KyBeforeRequest,
  type KyCallOptions,
  type KyRetryOptions,
} from './ky-shapes.js'
import { within } from './within.js'

/** What {@link stampKey} takes. */
export type StampKeyOptions = Pick<
  GuardOptions,
  'contract' | 'methods' | 'generateKey' | 'match' | 'writes' | 'onEvent' | 'clock' | 'random'
>

const { whenKeyStoreDown: _, ...stampChecks }: Checks = guardChecks

async function readGivenKey({ contract: { carrier } }: GuardSettings, request: Request): Promise<unknown> {
  if (carrier.in === 'query') return carrier.read(carrier.name, request.url)
  if (carrier.in === 'body') {
    const text = await within([request.signal], new AbortController(), () => request.clone().text())
    return carrier.read(carrier.path, text)
  }
  const value = request.headers.get(carrier.name)
  return value === null ? undefined : decodeHeader(carrier, value)
}

/** @throws `TypeError` or `RangeError` for what cannot work in ky. */
function readCallOptions(options: unknown): CheckedCallOptions {
  if (options === false)
    throw new TypeError(
      'context.idempotency: false has no effect in ky; call an instance without idempotency()',
    )
  const own = checkCallOptions(options as CallOptions)
  if (own.retry !== undefined)
    throw new TypeError("context.idempotency.retry has no effect in ky; use ky's own retry options")
  return own
}

/** What ky waits before a retry, at most, where it adds jitter of its own. */
function readDelay({ delay, backoffLimit = Infinity }: KyRetryOptions): Backoff | undefined {
  return delay && ((retry) => Math.min(backoffLimit, delay(retry)))
}

/** Makes the call of a context, once: ky 1 runs `beforeRequest` again on every attempt. */
export async function openCall(
  settings: GuardSettings,
  ends: EndOptions,
  request: Request,
  { context, retry, [sendOption]: told, fetch = told?.fetch }: KyCallOptions,
): Promise<KyCall> {
  const known = findCall(context)
  if (known !== undefined) return known
  if (!isAttemptFetch(fetch)) takeFetch(fetch)
  const { idempotencyKey, idempotency } = context
  const own = idempotency === undefined ? undefined : readCallOptions(idempotency)
  const givenKey = idempotencyKey === undefined ? await readGivenKey(settings, request) : idempotencyKey
  const operation = new GuardedOperation(settings, {
    method: request.method,
    url: request.url,
    givenKey,
    conditional: isConditional(request.method, (name) => request.headers.get(name)),
    isNoCors: request.mode === 'no-cors',
    policy: { ...settings.policy, maxAttempts: ((retry as KyRetryOptions).limit ?? 0) + 1 },
    resendBackoff: readDelay(retry),
    writes: own?.writes ?? readGate(retry),
    firstSentMs: own?.firstSentMs,
  })
  const call = {
    settings,
    operation,
    ends: own === undefined ? ends : { ...ends, ...own },
    isGiven: givenKey !== undefined,
    hasFetch: isAttemptFetch(fetch),
    attempt: undefined,
    ended: undefined,
    abortReason: undefined,
    unwatch: undefined,
    hold: undefined,
    retry: undefined,
  }
  rememberCall(context, call)
  return call
}

/** Puts the key of a call, and what goes with it, into the headers of its request. */
export function stampHeaders({ settings, operation }: KyCall, headers: Headers): void {
  const { carrier } = settings.contract
  if (operation.key === undefined) return
  const isKeyed = operation.isKeyed()
  for (const [name, value] of Object.entries(operation.companions))
    if (isKeyed) headers.set(name, value)
    else headers.delete(name)
  if (carrier.in !== 'header') return
  if (!isKeyed) headers.delete(carrier.name)
  else if (decodeHeader(carrier, headers.get(carrier.name) ?? '') !== operation.key)
    headers.set(carrier.name, encodeHeader(carrier, operation.key))
}

/** The hook behind {@link stampKey}; in the whole set, the fetch begins the attempts and the gate is put in place. */
export function createStampKey(
  settings: GuardSettings,
  ends: EndOptions,
  isWholeSet: boolean,
): KyBeforeRequest {
  return async (first, second) => {
    const { request, options } = readHookArguments(first, second)
    const isFirst = findCall(options.context) === undefined
    const call = await openCall(settings, ends, request, options)
    linkRequest(request, call)
    bindGate(call, options.retry, request.method, isWholeSet)
    stampHeaders(call, request.headers)
    if (isFirst && !call.hasFetch) beginAttempt(call, request)
    return undefined
  }
}

/**
 * A `beforeRequest` hook for ky that stamps a key on each write: made once per call, before the first attempt, and the
 * same on every later one. A key given by `context.idempotencyKey` or in the header wins.
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
  const settings = copyGuardOptions(options, {})
  if (settings.contract.carrier.in !== 'header')
    throw new TypeError(
      'stampKey: this contract carries the key elsewhere than in a header: use idempotency()',
    )
  return createStampKey(settings, {}, false)
}
