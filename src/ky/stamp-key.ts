import { checkNames } from '../errors/check-option.js'
import { decodeHeader, encodeHeader } from '../contract/carrier.js'
import { checkGuardOptions, type GuardOptions, type GuardSettings } from '../guard/guard-options.js'
import { openOperation } from '../guard/guard.js'
import { checkCallOptions } from '../fetch/fetch-options.js'
import type { CallOptions } from '../fetch/idempotent-init.js'
import type { EndOptions } from '../guard/conclude.js'
import { bindGate } from './gate-retries.js'
import { beginHookedAttempt, findCall, linkRequest, rememberCall, type KyCall } from './ky-call.js'
import {
  readHookArguments,
  type KyBeforeRequest,
  type KyCallOptions,
  type KyRetryOptions,
} from './ky-shapes.js'

/** What {@link stampKey} takes. */
export type StampKeyOptions = Pick<
  GuardOptions,
  'contract' | 'methods' | 'generateKey' | 'match' | 'writes' | 'onEvent' | 'clock' | 'random'
>

const names = ['contract', 'methods', 'generateKey', 'match', 'writes', 'onEvent', 'clock', 'random']
const preconditions = ['if-match', 'if-none-match', 'if-unmodified-since']

/** The key in the headers of a request, `undefined` when it has none there. */
export function readHeaderKey(
  { contract: { carrier } }: GuardSettings,
  { headers }: Request,
): string | undefined {
  const value = carrier.in === 'header' ? headers.get(carrier.name) : null
  return value === null || carrier.in !== 'header' ? undefined : decodeHeader(carrier, value)
}

async function readGivenKey(settings: GuardSettings, request: Request): Promise<unknown> {
  const { carrier } = settings.contract
  if (carrier.in === 'query') return new URL(request.url).searchParams.get(carrier.name) ?? undefined
  if (carrier.in === 'body') return carrier.read(carrier.path, await request.clone().text())
  return readHeaderKey(settings, request)
}

/** Makes the call of a context, once: ky 1 runs `beforeRequest` again on every attempt. */
export async function openCall(
  settings: GuardSettings,
  ends: EndOptions,
  request: Request,
  { context, retry }: KyCallOptions,
): Promise<KyCall> {
  const known = findCall(context)
  if (known !== undefined) return known
  const { idempotencyKey, idempotency = {} } = context as {
    idempotencyKey?: unknown
    idempotency?: CallOptions
  }
  const own = checkCallOptions(idempotency)
  const givenKey = idempotencyKey === undefined ? await readGivenKey(settings, request) : idempotencyKey
  const { limit = 0 } = retry as KyRetryOptions
  const operation = openOperation(settings, {
    method: request.method,
    url: request.url,
    givenKey,
    conditional:
      /^(?:PUT|PATCH|DELETE)$/.test(request.method) &&
      preconditions.some((name) => request.headers.has(name)),
    policy: { ...settings.policy, maxAttempts: limit + 1 },
    writes: own.writes,
    firstSentMs: own.firstSentMs,
  })
  const call = {
    operation,
    ends: { ...ends, ...own },
    isGiven: givenKey !== undefined,
    isUnderWay: false,
    ended: undefined,
  }
  rememberCall(context, call)
  return call
}

/** Puts the key of a call, and what goes with it, into the headers of its request. */
export function stampHeaders(
  { contract: { carrier } }: GuardSettings,
  { operation }: KyCall,
  headers: Headers,
): void {
  if (operation.key === undefined) return
  for (const [name, value] of Object.entries(operation.companions)) headers.set(name, value)
  if (carrier.in !== 'header') return
  if (!operation.isKeyed()) headers.delete(carrier.name)
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
    linkRequest(request, options.context)
    bindGate(options.retry, call, request.method, isWholeSet)
    stampHeaders(settings, call, request.headers)
    if (!isWholeSet && isFirst) beginHookedAttempt(call, request)
    return undefined
  }
}

/**
 * A `beforeRequest` hook for ky that stamps a key on each write: made once per call, before the first attempt, and the
 * same on every later one. A key given by `context.idempotencyKey` or in the header wins.
 *
 * It stamps headers only: for a contract whose key travels in the body or the query use `idempotency()`.
 *
 * @throws `TypeError` for an option that cannot work, or a contract whose key is not in a header.
 */
export function stampKey(options: StampKeyOptions = {}): KyBeforeRequest {
  checkNames('stampKey', options, names)
  const settings = checkGuardOptions(options, {})
  if (settings.contract.carrier.in !== 'header')
    throw new TypeError(
      'stampKey: this contract carries the key elsewhere than in a header: use idempotency()',
    )
  return createStampKey(settings, {}, false)
}
