import { checkOption, checkOptions, type Check, type Checks, type Defined } from '../errors/check-option.js'
import { endChecks, type EndOptions } from '../loop/conclude.js'
import {
  copyGuardOptions,
  guardChecks,
  writesCheck,
  type GuardOptions,
  type GuardSettings,
} from '../loop/guard-options.js'
import type { OperationJournal } from '../operation/operation-journal.js'
import type { RetryOptions } from '../retry/retry-policy.js'
import type { BodyLimits } from '../transport/capture-request.js'
import type { Hooks } from './hooks.js'
import type { CallOptions } from './idempotent-init.js'
import type { FetchLike } from '../transport/fetch-like.js'
import type { Sender } from '../transport/send-attempt.js'
import { isIdempotentFetch } from '../transport/nesting.js'

/** Options of `createIdempotentFetch`. All are optional, checked and copied when the wrapper is made. */
export interface IdempotentFetchOptions extends GuardOptions, EndOptions {
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
  /** Makes operations durable, as `createJournal` does. @defaultValue none */
  readonly journal?: OperationJournal | undefined
}

/** {@link IdempotentFetchOptions} checked and copied. */
export interface FetchSettings extends BodyLimits, Sender {
  readonly guard: GuardSettings
  readonly ends: EndOptions
  /** `undefined` when there are none. */
  readonly hooks: Defined<Hooks> | undefined
  readonly journal: OperationJournal | undefined
}

const hookChecks: Readonly<Record<keyof Hooks, Check>> = {
  beforeRequest: 'functions',
  beforeRetry: 'functions',
  afterResponse: 'functions',
}

/** What {@link IdempotentFetchOptions} may be. */
const fetchChecks: Checks = {
  ...guardChecks,
  ...endChecks,
  fetch: 'function',
  retry: 'object',
  maxRequestBytes: [0],
  oversizedBody: ['refuse', 'send-once'],
  maxResponseBytes: [0],
  hooks: 'object',
  journal: 'object',
}

const callChecks: Checks = {
  ...endChecks,
  writes: writesCheck,
  retry: 'object',
  firstSentAt: [0],
  operationId: 'string',
  step: 'string',
  lane: 'string',
  journal: 'object',
}

/** Most bytes of a body that are kept, unless told otherwise. */
export const defaultMaxBytes = 10 * 1024 * 1024

/**
 * What sends when no `fetch` is given: the global one that is there at each call, and the one that was there before it
 * where that has become ours.
 *
 * @throws `TypeError` when the given one is ours: stacked retry loops multiply.
 */
export function takeFetch(fetch: unknown): () => FetchLike {
  const taken = fetch === undefined ? globalThis.fetch : fetch
  if (isIdempotentFetch(taken)) throw new TypeError('fetch is wrapped already: give the one that it wraps')
  if (fetch === undefined)
    return () => (isIdempotentFetch(globalThis.fetch) ? (taken as FetchLike) : globalThis.fetch)
  checkOption('fetch', fetch, 'function')
  return () => fetch as FetchLike
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
    guard: copyGuardOptions(options, options.retry),
    ends: { resolve: options.resolve, reconcile: options.reconcile },
    pickFetch: takeFetch(options.fetch),
    maxRequestBytes: options.maxRequestBytes ?? defaultMaxBytes,
    oversizedBody: options.oversizedBody ?? 'refuse',
    maxResponseBytes: options.maxResponseBytes ?? defaultMaxBytes,
    hooks: lists.some(([, list]) => list.length > 0)
      ? (Object.fromEntries(lists) as unknown as Defined<Hooks>)
      : undefined,
    journal: options.journal,
  }
}

/** The options of one call, checked: `firstSentAt` in milliseconds. */
export type CheckedCallOptions = Omit<CallOptions, 'firstSentAt'> & {
  readonly firstSentMs: number | undefined
}

/** @throws `TypeError` or `RangeError` that names the option. */
export function checkCallOptions(options: CallOptions): CheckedCallOptions {
  checkOption('idempotency', options, 'object')
  const { firstSentAt, ...rest } = options
  const firstSentMs = firstSentAt instanceof Date ? firstSentAt.getTime() : firstSentAt
  checkOptions('idempotency', { ...rest, firstSentAt: firstSentMs }, callChecks)
  return { ...rest, firstSentMs }
}
