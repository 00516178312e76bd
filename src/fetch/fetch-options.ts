import { checkChoice, checkNames, checkNumber, checkType } from '../errors/check-option.js'
import { checkEndOptions, endOptionNames, type EndOptions } from '../guard/conclude.js'
import {
  checkGuardOptions,
  guardOptionNames,
  type GuardOptions,
  type GuardSettings,
} from '../guard/guard-options.js'
import type { RetryOptions } from '../retry/retry-policy.js'
import type { BodyLimits } from './capture-request.js'
import { hookNames, type Hooks } from './hooks.js'
import type { CallOptions } from './idempotent-init.js'
import { isIdempotentFetch } from './nesting.js'

/** Options of `createIdempotentFetch`. All are optional, checked and copied when the wrapper is made. */
export interface IdempotentFetchOptions extends GuardOptions, EndOptions {
  /** What sends. @defaultValue `globalThis.fetch`, looked up at each call */
  readonly fetch?: typeof fetch
  /** How often, how long and how hard an operation is retried. */
  readonly retry?: RetryOptions
  /** Most bytes of a streaming request body that are kept for a retry. @defaultValue 10 MiB */
  readonly maxRequestBytes?: number
  /**
   * What to do with a streaming request body longer than that: refuse it before anything is sent, or send it in one
   * attempt without retries.
   *
   * @defaultValue `'refuse'`
   */
  readonly oversizedBody?: 'refuse' | 'send-once'
  /** Most bytes of a response body that are read within the attempt; a longer one streams, and can fail while it is read. @defaultValue 10 MiB */
  readonly maxResponseBytes?: number
  /** Hooks in ky's shape. */
  readonly hooks?: Hooks
}

/** {@link IdempotentFetchOptions} checked and copied. */
export interface FetchSettings extends BodyLimits {
  readonly guard: GuardSettings
  readonly ends: EndOptions
  readonly fetch: typeof fetch
  readonly maxResponseBytes: number
  readonly hooks: Required<Hooks>
}

const names = [
  ...guardOptionNames,
  ...endOptionNames,
  'fetch',
  'retry',
  'maxRequestBytes',
  'oversizedBody',
  'maxResponseBytes',
  'hooks',
]

const defaultMaxBytes = 10 * 1024 * 1024

/** @throws `TypeError` when `fetch` is one of ours: stacked retry loops multiply. */
export function checkFetch(fetch: unknown): void {
  checkType('fetch', fetch, 'function')
  if (isIdempotentFetch(fetch))
    throw new TypeError(
      'fetch is wrapped already: two retry loops on top of each other multiply their attempts',
    )
}

/** @throws `TypeError` or `RangeError` that names the option. */
export function checkFetchOptions(options: IdempotentFetchOptions): FetchSettings {
  checkType('options', options, 'object')
  checkNames('createIdempotentFetch', options, names)
  const { fetch, retry, maxRequestBytes, oversizedBody, maxResponseBytes, hooks = {} } = options
  checkFetch(fetch)
  checkNumber('maxRequestBytes', maxRequestBytes, 0)
  checkNumber('maxResponseBytes', maxResponseBytes, 0)
  checkChoice('oversizedBody', oversizedBody, ['refuse', 'send-once'])
  checkType('hooks', hooks, 'object')
  checkNames('hooks', hooks, hookNames)
  for (const name of hookNames) {
    const list: unknown = hooks[name] ?? []
    if (!Array.isArray(list) || list.some((hook) => typeof hook !== 'function'))
      throw new TypeError(`hooks.${name} must be an array of functions`)
  }
  return {
    guard: checkGuardOptions(options, retry),
    ends: checkEndOptions(options),
    fetch: fetch ?? ((input, init) => globalThis.fetch(input, init)),
    maxRequestBytes: maxRequestBytes ?? defaultMaxBytes,
    oversizedBody: oversizedBody ?? 'refuse',
    maxResponseBytes: maxResponseBytes ?? defaultMaxBytes,
    hooks: {
      beforeRequest: [...(hooks.beforeRequest ?? [])],
      beforeRetry: [...(hooks.beforeRetry ?? [])],
      afterResponse: [...(hooks.afterResponse ?? [])],
    },
  }
}

/** The options of one call, checked. */
export function checkCallOptions(
  options: CallOptions,
): CallOptions & { readonly firstSentMs: number | undefined } {
  checkType('idempotency', options, 'object')
  checkNames('idempotency', options, [...endOptionNames, 'writes', 'retry', 'firstSentAt'])
  checkChoice('idempotency.writes', options.writes, ['keyed', 'never', 'always'])
  const { firstSentAt } = options
  const firstSentMs = firstSentAt instanceof Date ? firstSentAt.getTime() : firstSentAt
  checkNumber('idempotency.firstSentAt', firstSentMs, 0)
  return { ...options, ...checkEndOptions(options), firstSentMs }
}
