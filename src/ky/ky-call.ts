import type { FetchLike } from '../transport/fetch-like.js'
import type { StopReason } from '../retry/decide.js'
import type { AttemptResult } from '../transport/attempted.js'
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

/** One call of ky: what its hooks and its fetch know in common. `options.context` is one object for each call, in both majors. */
export interface KyCall {
  readonly context: object
  readonly isKy2: boolean
  /** ky's options: in ky 2 as they were given, to an `init` hook; in ky 1 completed, as its fetch sees them. */
  options?: KyOptions
  /** In ky 2, the fetch that was given after ours. */
  fetch?: FetchLike
  readonly beganAtMs: number
  /** What the user says of retries. */
  retry?: OwnRetryOptions
  /** The options that hooks are shown. */
  shown?: KyHookOptions | undefined
  /** The request as it was when its key was put in for the first time. */
  first?: Request
  /** The body as ky has written it from `json`. */
  text?: string | undefined
  progress?: UploadProgress | undefined
  key?: string | undefined
  isGenerated: boolean
  /** When the key was first sent, where an earlier fetch of this call may have been applied. */
  firstSentMs?: number | undefined
  /** The loop is ours, so that ky's own runs none of the user's hooks: these are they. */
  isOurs: boolean
  beforeRequest: readonly KyHook[]
  afterResponse: readonly KyHook[]
  beforeRetry: readonly KyHook[]
  hasHooks: boolean
  retryCount: number
  /** Requests that were sent before `ky.retry()` asked for more. */
  attempts: number
  stoppedBy?: StopReason | undefined
  last?: LastAttempt
  /** What `throwHttpErrors` has said of the last answer. */
  thrown?: { readonly status: number; readonly isThrown: boolean } | undefined
  /** What an `afterResponse` has given for ky to carry out: `ky.retry()`. */
  forced?: unknown
  /** ky carries it out, by its own loop and with the user's `beforeRetry`. */
  isForcing: boolean
  /** What a `beforeRetry` has done that only ky itself can carry out: give `ky.stop` or a response, or throw. */
  replay?: (() => unknown) | undefined
  /** ky has it, and goes on alone. */
  isReplayed: boolean
}

/** The option in which an `init` hook of ky 2 hands a call on to its hooks and its fetch. */
export const callOption = 'idempotencyCall'

/** A call in ky's options, which are printed and written out with ky's errors: it shows nothing of itself. */
export class CallHandle {
  readonly #call: KyCall

  constructor(call: KyCall) {
    this.#call = call
  }

  get call(): KyCall {
    return this.#call
  }

  toJSON(): undefined {
    return undefined
  }
}

/** Options that may hand on a call. */
export interface HandsOn {
  [callOption]?: CallHandle
}

/** `given` are the options of ky 2. */
export function openCall(context: object, given: KyOptions | undefined): KyCall {
  return {
    context,
    isKy2: given !== undefined,
    ...(given && { options: given }),
    beganAtMs: performance.now(),
    isGenerated: false,
    isOurs: false,
    beforeRequest: [],
    afterResponse: [],
    beforeRetry: [],
    hasHooks: true,
    retryCount: 0,
    attempts: 0,
    isForcing: false,
    isReplayed: false,
  }
}

/** The calls of one `idempotency()`. */
export interface KyCalls {
  readonly byContext: WeakMap<object, KyCall>
  /** By the request that a hook has seen, for a fetch of the user's own that calls ours without ky's options. */
  readonly byRequest: WeakMap<Request, KyCall>
  /** The hooks that belong to it. */
  readonly hooks: WeakSet<object>
}

const brand = Symbol.for('fetch-idempotency.ky-fetch')

/** Marks a fetch as one of ours for ky. */
export function markKyFetch<F extends object>(fetch: F): F {
  return Object.defineProperty(fetch, brand, { value: true })
}

/** Whether a fetch is one of ours for ky, of whichever `idempotency()`. */
export function isKyFetch(fetch: unknown): boolean {
  return (fetch as { [brand]?: boolean } | null | undefined)?.[brand] === true
}
