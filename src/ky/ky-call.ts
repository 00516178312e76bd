import type { TrackedOperation } from '../loop/tracked-operation.js'
import type { StopReason } from '../retry/decide.js'
import type { AttemptResult } from '../transport/attempted.js'
import type { FetchLike } from '../transport/fetch-like.js'
import type { OwnRetryOptions } from './ky-retries.js'
import type { KyHook, KyHookOptions, KyOptions } from './ky-shapes.js'
import type { UploadProgress } from './upload-progress.js'

/** How an attempt ended, and the error that the user's functions are shown for it. */
export interface LastAttempt {
  readonly result: AttemptResult<Response>
  shown?: Error
  /** `shouldRetry` has said yes. */
  isWanted?: boolean
}

/**
 * Who has a call, which says what becomes of a user's hook that ky comes to.
 *
 * - `ky`: ky, and no loop of ours has run. Reads stay here.
 * - `ours`: our loop, which runs the hooks. When it has ended, nothing is left for ky to run.
 * - `forced`: our loop has ended with the `ky.retry()` of an `afterResponse`, which ky is to hear of.
 * - `replay`: our loop has ended with what a `beforeRetry` has done and only ky can carry out: it gave `ky.stop`, a response
 *   or a read, or has thrown. ky is to hear of it.
 * - `back`: ky has heard of it, and goes on with the hooks. If it sends a write, that is `ours`.
 */
export type Phase = 'ky' | 'ours' | 'forced' | 'replay' | 'back'

/** One call of ky: what its hooks and its fetch know in common. */
export interface KyCall {
  phase: Phase
  /** What ky is to hear of, when it is `forced` or a `replay`. */
  handBack?: () => unknown
  readonly isKy2: boolean
  /** ky's options: in ky 2 as they were given, to an `init` hook; in ky 1 completed, as hooks are shown them. */
  readonly options: KyOptions
  /** What sends. In ky 1 the fetch tells, when it is called. */
  pickFetch: () => FetchLike
  /** It was given after ours, and may call ours. */
  readonly isLate: boolean
  readonly beganAtMs: number
  /** What the user says of retries. */
  retry?: OwnRetryOptions
  /** The options that hooks are shown. In ky 2 they are there when the first of our hooks runs. */
  shown: KyHookOptions
  /** The request as it was when its key was put in for the first time. */
  first?: Request
  progress?: UploadProgress
  key?: string | undefined
  isGenerated: boolean
  /** When the key was first sent, where an earlier fetch of this call may have been applied. */
  firstSentMs?: number | undefined
  /** The user's hooks that our loop runs. Only ky 1 runs `beforeRequest` on every attempt. */
  beforeRequest: readonly KyHook[]
  afterResponse: readonly KyHook[]
  beforeRetry: readonly KyHook[]
  hasHooks: boolean
  /** Runs when our loop begins. */
  begin?: () => void
  /** Retries that our loop has made. */
  ownRetries: number
  /** Those that ky has made itself, because a hook wanted it to. It counts no others. */
  kyRetries: number
  /** Requests that were sent before a hook asked ky for more. */
  attempts: number
  /** What our loop has sent last, and the URL that ky gave. */
  sent?: { readonly url: string; readonly operation: TrackedOperation }
  stoppedBy?: StopReason | undefined
  last?: LastAttempt
  /** What `throwHttpErrors` has said of the last answer. */
  thrown?: { readonly status: number; readonly isThrown: boolean } | undefined
}

export function openCall(
  isKy2: boolean,
  options: KyOptions,
  pickFetch: () => FetchLike,
  isLate = false,
): KyCall {
  return {
    phase: 'ky',
    isKy2,
    options,
    shown: options as KyHookOptions,
    pickFetch,
    isLate,
    beganAtMs: performance.now(),
    isGenerated: false,
    beforeRequest: [],
    afterResponse: [],
    beforeRetry: [],
    hasHooks: true,
    ownRetries: 0,
    kyRetries: 0,
    attempts: 0,
  }
}

/** The retries that the user has been told of. */
export function countRetries({ ownRetries, kyRetries }: KyCall): number {
  return ownRetries + kyRetries
}

const tag = Symbol('fetch-idempotency.ky-call')

/** Ties a call to what ky hands on, out of sight: its context in ky 1, a request, an `init`. */
export function tieCall<T extends object>(to: T, call: KyCall): T {
  return Object.defineProperty(to, tag, { value: call, configurable: true })
}

export function findCall(from: object | undefined): KyCall | undefined {
  return (from as { [tag]?: KyCall } | undefined)?.[tag]
}

const brand = Symbol.for('fetch-idempotency.ky-fetch')

/** What sends within a fetch of ours, and the `idempotency()` that the fetch belongs to. */
interface KyFetchFacts {
  readonly owner: object
  readonly pickFetch: () => FetchLike
}

/** Marks a fetch as one of ours for ky. */
export function markKyFetch<F extends object>(fetch: F, facts: KyFetchFacts): F {
  return Object.assign(fetch, { [brand]: facts })
}

/** What there is to know of a fetch of ours for ky; `undefined` for any other. */
export function readKyFetch(fetch: unknown): KyFetchFacts | undefined {
  return (fetch as { [brand]?: KyFetchFacts } | null | undefined)?.[brand]
}
