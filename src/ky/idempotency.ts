import { checkOptions, type Checks } from '../errors/check-option.js'
import type { Backoff } from '../backoff/backoff.js'
import { endChecks, type EndOptions } from '../loop/end-options.js'
import {
  copyOperationOptions,
  operationChecks,
  type OperationOptions,
  type OperationSettings,
} from '../loop/operation-options.js'
import { takeKey } from '../loop/take-key.js'
import { safeUrl } from '../errors/safe-url.js'
import type { RetryOptions } from '../retry/retry-policy.js'
import type { FetchLike } from '../transport/fetch-like.js'
import { defaultMaxBytes, takeFetch } from '../transport/take-fetch.js'
import { readKeyHeader, writeKeyHeader } from './key-header.js'
import { findCall, openCall, readKyFetch, tieCall, type KyCall } from './ky-call.js'
import { createCallFetch, createKyFetch, createSend } from './ky-fetch.js'
import { unsetLimit } from './ky-retries.js'
import {
  isKyRead,
  type KyBeforeRequest,
  type KyHook,
  type KyHookState,
  type KyOptions,
  type KyRetryOptions,
} from './ky-shapes.js'
import { stamp } from './stamp-key.js'
import { hideUnset, readRetry, silenceKy, spareCopy, takeOver, type OpenOptions } from './take-over.js'

/** Options of {@link idempotency}. How often ky retries, and how long an attempt takes, are ky's own options. */
export interface IdempotencyOptions
  extends
    OperationOptions,
    EndOptions,
    Pick<RetryOptions, 'deadlineMs' | 'maxRetryAfterMs' | 'budget' | 'whenBudgetIsEmpty'> {
  /**
   * How long to wait before a write is sent again, or a server that is still running is asked again, when the server does not
   * say. A `retry.delay` of ky's own stands before it, for what is sent again.
   *
   * @defaultValue `exponentialBackoff()`
   */
  readonly backoff?: Backoff | undefined
  /**
   * Requests per write where no `retry.limit` of ky's is set, the first one included.
   *
   * @defaultValue `10`
   */
  readonly maxAttempts?: number | undefined
  /**
   * What sends. One of your own follows redirects itself: a refused connection to a host name may then be that of where one
   * led, and counts as `unknown` for a write.
   *
   * In ky 2, a fetch that is given after ours, or with a call, sends in its place. In ky 1 such a fetch replaces our loop: what is
   * left is the gate of `gateRetries()`.
   *
   * @defaultValue the `fetch` of the instance that is extended, else `globalThis.fetch`
   */
  readonly fetch?: FetchLike | undefined
  /** Most bytes of a request body that are kept for a retry; a longer one is sent once. @defaultValue 10 MiB */
  readonly maxRequestBytes?: number | undefined
  /** Most bytes of a response body that are read within the attempt; a longer one streams. @defaultValue 10 MiB */
  readonly maxResponseBytes?: number | undefined
}

/** ky options that make writes idempotent. */
export interface KyIdempotencyOptions {
  hooks: {
    init: ((options: object) => void)[]
    beforeRequest: KyBeforeRequest[]
  }
  retry: { limit?: number; retryOnTimeout: boolean }
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
}

/** The options of the instance that is extended, as far as they matter here. */
export interface ParentOptions {
  readonly fetch?: unknown
  readonly retry?: unknown
  readonly context?: unknown
  readonly headers?: unknown
}

const checks: Checks = {
  ...operationChecks,
  ...endChecks,
  deadlineMs: [1],
  maxRetryAfterMs: [0],
  maxAttempts: [1, 'whole'],
  budget: 'object',
  whenBudgetIsEmpty: ['wait', 'stop'],
  backoff: 'function',
  fetch: 'function',
  maxRequestBytes: [0],
  maxResponseBytes: [0],
}

/**
 * Takes or makes the key of a write and puts it into its header, where the user's later hooks see it. A key that travels in
 * the URL or the body is put in with them.
 */
function putKey(settings: OperationSettings, call: KyCall, request: Request): void {
  const { contract, clock } = settings
  const { carrier } = contract
  const { method, url, headers, mode } = request
  if (carrier.in !== 'header') return
  const written = readKeyHeader(carrier, headers)
  if (call.key === undefined) {
    const { idempotencyKey: givenKey = written } = call.shown.context
    const described = { method, url, givenKey, conditional: false, isNoCors: mode === 'no-cors' }
    const { key, keyOrigin } = takeKey(settings, described, safeUrl(url), clock.now())
    call.key = key
    call.isGenerated = keyOrigin === 'generated'
  }
  if (call.key !== undefined && call.key !== written) writeKeyHeader(carrier, headers, call.key)
}

/**
 * Makes the writes of a ky instance idempotent: a key for each, kept over every retry, which is made only where it is safe,
 * with the answer's body inside the attempt. For `ky.extend()`, in ky 1.14 and later and ky 2. Reads stay ky's own.
 *
 * ky's own options stay in force: `retry` with what it says of `limit`, `methods`, `statusCodes`, `delay` and so on, `timeout`
 * for each attempt, `totalTimeout`, `throwHttpErrors`, and all hooks. Where `retry.limit` is not set, `maxAttempts` counts. A
 * write that timed out is sent again, as a key makes that safe, unless `retryOnTimeout` is `false`.
 *
 * A key that a later `extend()` sets is not noticed: give keys per call.
 *
 * @throws `TypeError` or `RangeError` for an option that cannot work, an instance whose fetch retries already, or one
 * with a key in its `context` or headers: every call would send the same one.
 *
 * @example
 * ```ts
 * import ky from 'ky'
 * import { idempotency, idempotencyOf } from 'fetch-idempotency/ky'
 *
 * const api = ky.extend(idempotency())
 * const response = await api.post('https://api.example.com/orders', { json: { items: 100 } })
 * console.log(idempotencyOf(response)?.outcome) // 'applied'
 * ```
 */
export function idempotency(
  options: IdempotencyOptions = {},
): ((parent: ParentOptions) => KyIdempotencyOptions) & KyIdempotencyOptions {
  checkOptions('idempotency', options, checks)
  const { deadlineMs, maxRetryAfterMs, maxAttempts, budget, whenBudgetIsEmpty, backoff } = options
  const retry = { deadlineMs, maxRetryAfterMs, maxAttempts, budget, whenBudgetIsEmpty, backoff }
  const settings = copyOperationOptions(options, retry)
  const { maxRequestBytes = defaultMaxBytes, maxResponseBytes = defaultMaxBytes } = options
  const callbacks = { resolve: options.resolve, reconcile: options.reconcile }
  const send = createSend({ operation: settings, callbacks, maxRequestBytes, maxResponseBytes })

  /** @throws `TypeError` for a key on the instance: every call would send the same one. */
  function checkInstance({ context, headers }: ParentOptions): void {
    const { carrier } = settings.contract
    const isInHeaders =
      carrier.in === 'header' && new Headers(headers as HeadersInit | undefined).has(carrier.name)
    if (isInHeaders || (context as { idempotencyKey?: unknown } | undefined)?.idempotencyKey !== undefined)
      throw new TypeError('a key belongs to one call: on an instance, every call would send the same one')
  }

  /** Sees a request that ky is about to hand to our fetch. */
  function see(call: KyCall, request: Request): void {
    call.first ??= request
    silenceKy(call)
    putKey(settings, call, request)
  }

  const isUsers = (hook: KyHook) => hook !== takeOptions && hook !== beforeRequest

  /** ky 2 shows the options of a call as they were given to an `init` hook alone. */
  function takeOptions(given: object): void {
    const own = given as OpenOptions
    const { init = [] } = own.hooks ?? {}
    const at = init.indexOf(takeOptions)
    // ky walks the list of this call as it stands: this hook runs once more, after those that can change the options yet.
    if (at >= 0 && at === init.lastIndexOf(takeOptions) && at < init.length - 1)
      return void init.push(takeOptions)
    const fetch = own.fetch ?? undefined
    const ours = readKyFetch(fetch)
    // It is a call of another `idempotency()`, which was given later.
    if (ours && ours.owner !== takeOptions) return
    // A fetch that was given after ours replaces ours in ky's options: our loop is put around it.
    const isLate = ours === undefined && fetch !== undefined
    const call = openCall(true, own, ours?.pickFetch ?? (() => takeFetch(fetch)()), isLate)
    const hook: KyHook = ({ request, options }: KyHookState) => {
      // A loop of another kind would stand around or in place of ours.
      call.pickFetch()
      call.shown = options
      // A later hook may make a write of it yet.
      if (isKyRead(request.method)) return hideUnset(options.retry)
      see(call, request)
      // A hook could see it.
      if (!call.hasHooks) call.begin = spareCopy(options)
    }
    const lists = Object.values(own.hooks ?? {}) as (readonly KyHook[] | undefined)[]
    call.hasHooks = lists.some((list) => list?.some(isUsers))
    takeOver(call, own)
    const { beforeRequest: list = [] } = own.hooks ?? {}
    // The user may have taken it off for this call.
    const mine = list.includes(beforeRequest)
      ? list.map((one) => (one === beforeRequest ? hook : one))
      : [hook, ...list]
    own.hooks = { ...own.hooks, beforeRequest: mine }
    own.fetch = createCallFetch(takeOptions, call, send)
    // ky 2 has copied them for this call.
    if (typeof own.retry === 'object' && own.retry?.limit === unsetLimit) own.retry.limit = undefined
  }

  /** ky 1 runs it on every attempt. In ky 2, `takeOptions` has put a hook of the call in its place. */
  const beforeRequest: KyBeforeRequest = (request, shown) => {
    if ('request' in request || shown === undefined) return
    const { fetch } = shown as KyOptions
    const isOurs = readKyFetch(fetch) !== undefined
    // A loop of another kind would stand around or in place of ours.
    if (!isOurs) takeFetch(fetch)
    if (isKyRead(request.method)) return hideUnset(shown.retry)
    const known = findCall(shown.context)
    const call = known ?? openCall(false, shown as KyOptions, takeFetch(undefined))
    if (known === undefined) tieCall(shown.context, call)
    if (isOurs) return see(call, request)
    // A fetch that was given after ours may call it. Where it does not, the loop is ky's, behind the gate of the parts.
    tieCall(request, call)
    call.first ??= request
    readRetry(call)
    if (known === undefined) Object.assign(shown.retry, { idempotencyGate: 'default' })
    const { key, keyOrigin } = stamp(settings, request, shown).operation
    call.key = key
    call.isGenerated = keyOrigin === 'generated'
  }

  function extend(parent: ParentOptions, isStatic = false): KyIdempotencyOptions {
    checkInstance(parent)
    const theirs = (
      typeof parent.retry === 'number' ? { limit: parent.retry } : (parent.retry ?? {})
    ) as KyRetryOptions
    const pickFetch = takeFetch(options.fetch ?? parent.fetch)
    return {
      hooks: { init: [takeOptions], beforeRequest: [beforeRequest] },
      retry: {
        ...(isStatic ? {} : { limit: theirs.limit ?? unsetLimit }),
        // For ky the same as `false`, which a user would have to say to be heard.
        retryOnTimeout: theirs.retryOnTimeout ?? (0 as unknown as boolean),
      },
      fetch: createKyFetch(takeOptions, pickFetch, send, isUsers),
    }
  }
  // What is spread into other options cannot say that nobody has set a limit: those who spread set it.
  return Object.assign((parent: ParentOptions) => extend(parent), extend({}, true))
}
