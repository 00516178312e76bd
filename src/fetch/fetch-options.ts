import { checkOptions, type Check, type Checks, type Defined } from '../errors/check-option.js'
import { endChecks, type EndOptions } from '../loop/end-options.js'
import {
  copyOperationOptions,
  operationChecks,
  type OperationOptions,
  type OperationSettings,
} from '../loop/operation-options.js'
import type { RetryOptions } from '../retry/retry-policy.js'
import type { BodyLimits } from '../transport/captured-body.js'
import type { Hooks } from './hooks.js'
import type { FetchLike } from '../transport/fetch-like.js'
import type { Sender } from '../transport/send-attempt.js'
import { defaultMaxBytes, takeFetch } from '../transport/take-fetch.js'

/** Options of `createIdempotentFetch`. All are optional, checked and copied when the wrapper is made. */
export interface IdempotentFetchOptions extends OperationOptions, EndOptions {
  /**
   * What sends. One of your own follows redirects itself; for a write, a refused connection to a host name may then be
   * that of where one led, and counts as `unknown`, unless the call says `redirect: 'manual'` or `'error'`.
   *
   * @defaultValue `globalThis.fetch`, looked up at each call
   */
  readonly fetch?: FetchLike | undefined
  /** How often, how long and how hard an operation is retried. */
  readonly retry?: RetryOptions | undefined
  /** Most bytes of a streaming request body that are kept for a retry. @defaultValue 10 MiB */
  readonly maxRequestBytes?: number | undefined
  /**
   * What to do with a streaming request body longer than that: refuse it before anything is sent, or send it in one
   * attempt without retries.
   *
   * @defaultValue `'refuse'`
   */
  readonly oversizedBody?: 'refuse' | 'send-once' | undefined
  /** Most bytes of a response body that are read within the attempt; a longer one streams, and can fail while it is read. @defaultValue 10 MiB */
  readonly maxResponseBytes?: number | undefined
  /** Hooks in ky's shape. @defaultValue none */
  readonly hooks?: Hooks | undefined
}

/** {@link IdempotentFetchOptions} checked and copied. */
export interface FetchSettings extends BodyLimits, Sender {
  readonly operation: OperationSettings
  readonly callbacks: EndOptions
  /** `undefined` when there are none. */
  readonly hooks: Defined<Hooks> | undefined
}

const hookChecks: Readonly<Record<keyof Hooks, Check>> = {
  beforeRequest: 'functions',
  beforeRetry: 'functions',
  afterResponse: 'functions',
}

/** What {@link IdempotentFetchOptions} may be. */
const fetchChecks: Checks = {
  ...operationChecks,
  ...endChecks,
  fetch: 'function',
  retry: 'object',
  maxRequestBytes: [0],
  oversizedBody: ['refuse', 'send-once'],
  maxResponseBytes: [0],
  hooks: 'object',
}

/** @throws `TypeError` or `RangeError` that names the option. */
export function checkFetchOptions(options: IdempotentFetchOptions): FetchSettings {
  checkOptions('createIdempotentFetch', options, fetchChecks)
  const { hooks = {} } = options
  checkOptions('hooks', hooks, hookChecks)
  const lists = Object.keys(hookChecks).map(
    (name) => [name, [...(hooks[name as keyof Hooks] ?? [])]] as const,
  )
  return {
    operation: copyOperationOptions(options, options.retry),
    callbacks: { resolve: options.resolve, reconcile: options.reconcile },
    pickFetch: takeFetch(options.fetch),
    maxRequestBytes: options.maxRequestBytes ?? defaultMaxBytes,
    oversizedBody: options.oversizedBody ?? 'refuse',
    maxResponseBytes: options.maxResponseBytes ?? defaultMaxBytes,
    hooks: lists.some(([, list]) => list.length > 0)
      ? (Object.fromEntries(lists) as unknown as Defined<Hooks>)
      : undefined,
  }
}
