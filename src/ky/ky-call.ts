import type { StopReason } from '../retry/decide.js'
import { readOwnOptions, type OwnRetryOptions } from './ky-retries.js'
import type { ShouldRetry, KyHook, KyHookOptions, KyOptions } from './ky-shapes.js'

/** One call of ky: what its hooks and its fetch know in common. `options.context` is one object for each call, in both majors. */
export interface KyCall {
  readonly context: object
  /** ky 2: its options as they were given. In ky 1 the fetch sees them, completed, by `this`. */
  readonly given: KyOptions | undefined
  readonly isKy2: boolean
  readonly beganAtMs: number
  /** What the user says of retries. */
  retry?: OwnRetryOptions
  /** The options that hooks are shown. */
  shown?: KyHookOptions | undefined
  /** The request as it was when its key was put in. */
  stamped?: Request
  /** The body as ky has written it from `json`. */
  text?: string | undefined
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
  /** What an `afterResponse` has given for ky to carry out: `ky.retry()`. */
  forced?: unknown
  /** ky carries it out, by its own loop and with the user's `beforeRetry`. */
  isForcing: boolean
  /** What a `beforeRetry` has given that only ky itself can carry out: `ky.stop`, a response, an error. */
  replay?: (() => unknown) | undefined
}

export function openCall(context: object, given: KyOptions | undefined): KyCall {
  return {
    context,
    given,
    isKy2: given !== undefined,
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

/** Hooks that ky runs in place of a user's: the user's own for a read; where the loop is ours, which has run them, what is left for ky. */
function stepBack(
  call: KyCall,
  hooks: readonly KyHook[],
  leftForKy: (given: never[], index: number) => unknown,
): KyHook[] {
  return hooks.map(
    (hook, index) =>
      (...given) =>
        call.isOurs ? leftForKy(given, index) : hook(...given),
  )
}

/** Takes the user's hooks over from ky's own loop. */
export function takeHooks(
  call: KyCall,
  { afterResponse = [], beforeRetry = [] }: NonNullable<KyOptions['hooks']>,
): { afterResponse: KyHook[]; beforeRetry: KyHook[] } {
  call.afterResponse = [...afterResponse]
  call.beforeRetry = [...beforeRetry]
  return {
    afterResponse: stepBack(call, afterResponse, (_, index) => {
      if (index > 0 || call.forced === undefined) return undefined
      const { forced } = call
      call.forced = undefined
      call.isForcing = true
      return forced
    }),
    beforeRetry: stepBack(call, beforeRetry, (given, index) => {
      const { replay } = call
      if (replay === undefined) return call.isForcing ? beforeRetry[index]?.(...given) : undefined
      call.replay = undefined
      return replay()
    }),
  }
}

const never: ShouldRetry = () => false

/** Reads what the user says of retries, before anything of ours stands in its place. */
export function readRetry(call: KyCall): void {
  const { shown, given } = call
  const retry = (given ?? shown)?.retry
  // Another `idempotency()` of the same call has silenced ky already.
  const isOurs = typeof retry === 'object' && retry.shouldRetry === never
  call.retry ??= readOwnOptions(isOurs ? { ...retry, shouldRetry: undefined } : retry)
}

/** Keeps ky from retrying what our loop retries. Only a hook's `ky.retry()` may still ask for more. */
export function silenceKy(call: KyCall): void {
  const { shown, isKy2, hasHooks } = call
  if (shown === undefined) return
  const { retry } = shown
  readRetry(call)
  retry.shouldRetry = never
  // Without a retry to prepare for, ky 2 makes no copy of the request. A hook could see it.
  if (isKy2 && !hasHooks) retry.limit = 0
}

/** Lets ky run its own `beforeRetry` hooks once more, at once, where one of them has given what only ky can carry out. */
export function letKyReplay({ shown }: KyCall, method: string): void {
  if (shown === undefined) return
  Object.assign(shown.retry, {
    limit: Number.MAX_SAFE_INTEGER,
    methods: [method.toLowerCase()],
    shouldRetry: () => true,
    delay: () => 0,
    jitter: undefined,
  })
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
