import { checkOptions, type Checks } from '../errors/check-option.js'
import type { FetchLike } from '../transport/fetch-like.js'
import { defaultMaxBytes, takeFetch } from '../fetch/fetch-options.js'
import { endChecks, type EndOptions } from '../loop/conclude.js'
import { rememberFacts } from '../operation/facts.js'
import { copyGuardOptions, guardChecks, type GuardOptions } from '../loop/guard-options.js'
import type { Backoff } from '../backoff/backoff.js'
import type { RetryOptions } from '../retry/retry-policy.js'
import { createAttemptFetch } from './attempt-fetch.js'
import { gatedMethods, gatedStatusCodes, gateRetries, inFrontOf } from './gate-retries.js'
import { findCall } from './ky-call.js'
import {
  sendOption,
  type KyBeforeError,
  type KyBeforeRequest,
  type KyBeforeRetry,
  type KyCallOptions,
  type KyRetryOptions,
  type KySendOptions,
} from './ky-shapes.js'
import { reuseKey } from './reuse-key.js'
import { createStampKey } from './stamp-key.js'

/** Options of {@link idempotency}. How often and how long ky retries are ky's own options. */
export interface IdempotencyOptions
  extends GuardOptions, EndOptions, Pick<RetryOptions, 'deadlineMs' | 'maxRetryAfterMs' | 'budget'> {
  /**
   * How long to wait before a server that is still running is asked again, when it does not say. The waits between
   * ky's attempts are those of its `retry.delay`.
   *
   * @defaultValue `exponentialBackoff()`
   */
  readonly backoff?: Backoff | undefined
  /**
   * What sends. A `fetch` that is given to ky after ours takes its place, and with it what is done within an attempt: the
   * reading of the body, the asking again, `resolve` and `reconcile`. One of your own follows redirects itself: a refused
   * connection to a host name may then be that of where one led, and counts as `unknown` for a write.
   *
   * @defaultValue the `fetch` of the instance that is extended, else `globalThis.fetch`
   */
  readonly fetch?: FetchLike | undefined
  /** Most bytes of a response body that are read within the attempt; a longer one streams. @defaultValue 10 MiB */
  readonly maxResponseBytes?: number | undefined
}

/** ky options that make writes idempotent. */
export interface KyIdempotencyOptions {
  hooks: {
    init: ((options: object) => void)[]
    beforeRequest: KyBeforeRequest[]
    beforeRetry: KyBeforeRetry[]
    beforeError: KyBeforeError[]
  }
  retry: {
    limit?: number
    methods: string[]
    statusCodes: number[]
    retryOnTimeout: boolean
    jitter?: boolean
    maxRetryAfter?: number
    shouldRetry: NonNullable<KyRetryOptions['shouldRetry']>
  }
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
}

/** The options of the instance that is extended, as far as they matter here. */
export interface ParentOptions {
  readonly fetch?: unknown
  readonly retry?: unknown
  readonly context?: unknown
  readonly headers?: unknown
}

/** An `init` hook, which only ky 2 has: tells our fetch what ky 1 tells it by `this`. */
function tellFetch(options: object): void {
  const call = options as KySendOptions & { context?: object; [sendOption]?: KySendOptions }
  const { context = {}, signal, throwHttpErrors, fetch } = call
  call.context = context
  call[sendOption] = { context, signal, throwHttpErrors, fetch }
}

/** An error that ky made for itself, such as of a time limit, answers `idempotencyOf`, too. */
const tellFacts: KyBeforeError = (first) => {
  const { error = first, options } = first as { error?: object; options?: KyCallOptions }
  const call = options && findCall(options.context)
  if (call !== undefined) rememberFacts(error, call.operation.facts())
  // In ky 2 it is the last hook of a call; ky 1 may go on after it.
  if ('error' in first) call?.hold?.(false)
  return error as ReturnType<typeof tellFacts<typeof first>>
}

const checks: Checks = {
  ...guardChecks,
  ...endChecks,
  deadlineMs: [1],
  maxRetryAfterMs: [0],
  budget: 'object',
  backoff: 'function',
  fetch: 'function',
  maxResponseBytes: [0],
}

/**
 * Makes the writes of a ky instance idempotent: a key for each, kept over ky's retries, which are let through only where
 * they are safe, with the answer's body inside the retry. For `ky.extend()`, in ky 1.14 and later and ky 2.
 *
 * ky's own options stay in force: `retry.limit` (2, so three attempts), `retry.delay`, `timeout`, `throwHttpErrors`. A timed-out attempt
 * is retried, as a key makes that safe, unless the extended instance says `retryOnTimeout: false`. Spread into other
 * options (`ky.create({ ...idempotency() })`) it cannot see an instance, nor keep its `fetch` and its retry options.
 *
 * `reconcile` is not asked where ky itself has the last word on a lost answer: its `timeout` ends the last attempt, or a
 * `shouldRetry` of your own refuses the next one. The error then tells that the outcome is unknown.
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
  const { deadlineMs, maxRetryAfterMs, budget, backoff, maxResponseBytes = defaultMaxBytes } = options
  const limits = { deadlineMs, maxRetryAfterMs, budget, backoff }
  const retry = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
  const settings = copyGuardOptions(options, { attemptTimeoutMs: Infinity, ...retry })
  const ends = { resolve: options.resolve, reconcile: options.reconcile }

  /** @throws `TypeError` for a key on the instance: every call would send the same one. */
  function checkInstance({ context, headers }: ParentOptions): void {
    const { carrier } = settings.contract
    const isInHeaders =
      carrier.in === 'header' && new Headers(headers as HeadersInit | undefined).has(carrier.name)
    if (isInHeaders || (context as { idempotencyKey?: unknown } | undefined)?.idempotencyKey !== undefined)
      throw new TypeError('a key belongs to one call: on an instance, every call would send the same one')
  }

  function extend(parent: ParentOptions): KyIdempotencyOptions {
    checkInstance(parent)
    const given = options.fetch ?? parent.fetch
    const theirs = (
      typeof parent.retry === 'number' ? { limit: parent.retry } : (parent.retry ?? {})
    ) as KyRetryOptions
    // Those of gateRetries() are nobody's own.
    const hasOwnMethods = theirs.methods !== undefined && String(theirs.methods) !== String(gatedMethods)
    return {
      hooks: {
        init: [tellFetch],
        beforeRequest: [createStampKey(settings, ends, true)],
        beforeRetry: [reuseKey()],
        beforeError: [tellFacts],
      },
      retry: {
        ...gateRetries(),
        methods: hasOwnMethods ? ['post', 'put', 'patch'] : [...gatedMethods],
        statusCodes: theirs.statusCodes === undefined ? [...gatedStatusCodes] : [],
        retryOnTimeout: theirs.retryOnTimeout ?? true,
        ...(theirs.jitter === undefined && { jitter: true }),
        // ky also waits for `RateLimit-Reset`, up to an hour and more.
        ...(theirs.maxRetryAfter === undefined && { maxRetryAfter: settings.policy.maxRetryAfterMs }),
        ...(theirs.limit !== undefined && { limit: theirs.limit }),
        ...(theirs.shouldRetry !== undefined && { shouldRetry: inFrontOf(theirs.shouldRetry) }),
      },
      fetch: createAttemptFetch(settings, ends, { pickFetch: takeFetch(given), maxResponseBytes }),
    }
  }
  return Object.assign(extend, extend({}))
}
