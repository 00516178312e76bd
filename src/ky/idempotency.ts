import { isIdempotencyError } from '../errors/idempotency-error.js'
import { checkNames, checkNumber, checkType } from '../errors/check-option.js'
import { checkFetch } from '../fetch/fetch-options.js'
import { checkEndOptions, endOptionNames, type EndOptions } from '../guard/conclude.js'
import { checkGuardOptions, guardOptionNames, type GuardOptions } from '../guard/guard-options.js'
import type { RetryOptions } from '../retry/retry-policy.js'
import { createAttemptFetch } from './attempt-fetch.js'
import { gatedMethods, gatedStatusCodes, gateRetries } from './gate-retries.js'
import { contextOption } from './ky-call.js'
import type { KyBeforeRequest, KyBeforeRetry, KyRetryOptions, ShouldRetry } from './ky-shapes.js'
import { createReuseKey } from './reuse-key.js'
import { createStampKey } from './stamp-key.js'

/** Options of {@link idempotency}. How often and how long ky retries are ky's own options. */
export interface IdempotencyOptions
  extends
    GuardOptions,
    EndOptions,
    Pick<RetryOptions, 'deadlineMs' | 'maxRetryAfterMs' | 'budget' | 'backoff'> {
  /** What sends. @defaultValue the `fetch` of the instance that is extended, else `globalThis.fetch` */
  readonly fetch?: typeof fetch
  /** Most bytes of a response body that are read within the attempt; a longer one streams. @defaultValue 10 MiB */
  readonly maxResponseBytes?: number
}

/** ky options that make writes idempotent. */
export interface KyIdempotencyOptions {
  hooks: {
    init: ((options: object) => void)[]
    beforeRequest: KyBeforeRequest[]
    beforeRetry: KyBeforeRetry[]
  }
  retry: {
    limit?: number
    methods: string[]
    statusCodes: number[]
    retryOnTimeout: boolean
    jitter?: boolean
    shouldRetry: NonNullable<KyRetryOptions['shouldRetry']>
  }
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
}

/** The options of the instance that is extended, as far as they matter here. */
interface ParentOptions {
  readonly fetch?: unknown
  readonly retry?: unknown
  readonly context?: unknown
}

/** Until a call is there to judge by, all that is certain is that our own errors end it. */
function inFrontOf(theirs: ShouldRetry): ShouldRetry {
  return (state) => (isIdempotencyError(state.error) ? false : theirs(state))
}

const names = [
  ...guardOptionNames,
  ...endOptionNames,
  'deadlineMs',
  'maxRetryAfterMs',
  'budget',
  'backoff',
  'fetch',
  'maxResponseBytes',
]

/**
 * Makes the writes of a ky instance idempotent: a key for each, kept over ky's retries, which are let through only where
 * they are safe, with the answer's body inside the retry. For `ky.extend()`, in ky 1.14 and later and ky 2.
 *
 * ky's own options stay in force: `retry.limit` (2, so three attempts), `timeout`, `throwHttpErrors`. A timed-out attempt
 * is retried, as a key makes that safe, unless the extended instance says `retryOnTimeout: false`.
 *
 * @throws `TypeError` or `RangeError` for an option that cannot work, an instance whose fetch retries already, or one
 * whose `context` holds a key: every call would send the same one.
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
  checkType('options', options, 'object')
  checkNames('idempotency', options, names)
  const { deadlineMs, maxRetryAfterMs, budget, backoff, maxResponseBytes = 10 * 1024 * 1024 } = options
  checkNumber('maxResponseBytes', maxResponseBytes, 0)
  const given = { deadlineMs, maxRetryAfterMs, budget, backoff }
  const retry = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const settings = checkGuardOptions(options, { attemptTimeoutMs: Infinity, ...retry })
  const ends = checkEndOptions(options)

  function extend(parent: ParentOptions): KyIdempotencyOptions {
    const { context } = parent
    if ((context as { idempotencyKey?: unknown } | undefined)?.idempotencyKey !== undefined)
      throw new TypeError(
        'context.idempotencyKey belongs to one call: on an instance, every call would send the same key',
      )
    const base = (options.fetch ?? parent.fetch) as typeof fetch | undefined
    checkFetch(base)
    const theirs = (
      typeof parent.retry === 'number' ? { limit: parent.retry } : (parent.retry ?? {})
    ) as KyRetryOptions
    return {
      hooks: {
        init: [
          (options) => {
            const call = options as Record<string, unknown>
            call['context'] ??= {}
            call[contextOption] = call['context']
          },
        ],
        beforeRequest: [createStampKey(settings, ends, true)],
        beforeRetry: [createReuseKey(settings)],
      },
      retry: {
        ...gateRetries(),
        methods: theirs.methods === undefined ? [...gatedMethods] : ['post', 'put', 'patch'],
        statusCodes: theirs.statusCodes === undefined ? [...gatedStatusCodes] : [],
        retryOnTimeout: theirs.retryOnTimeout ?? true,
        ...(theirs.jitter === undefined && { jitter: true }),
        ...(theirs.limit !== undefined && { limit: theirs.limit }),
        ...(theirs.shouldRetry !== undefined && { shouldRetry: inFrontOf(theirs.shouldRetry) }),
      },
      fetch: createAttemptFetch(
        settings,
        base ?? ((input, init) => globalThis.fetch(input, init)),
        maxResponseBytes,
      ) as KyIdempotencyOptions['fetch'],
    }
  }
  return Object.assign(extend, extend({}))
}
