import type { StopReason } from '../retry/decide.js'
import { readOwnOptions, type OwnRetryOptions } from './ky-retries.js'
import type { ShouldRetry, KyHook, KyHookOptions, KyOptions } from './ky-shapes.js'

/** One call of ky: what its hooks and its fetch know in common. `options.context` is one object for each call, in both majors. */
export interface KyCall {
  readonly context: object
  /** ky 2: its options as they were given. In ky 1 the fetch sees them, completed, by `this`. */
  given: KyOptions | undefined
  readonly isKy2: boolean
  readonly beganAtMs: number
  /** What the user says of retries. */
  retry: OwnRetryOptions | undefined
  /** The options that hooks are shown. */
  shown: KyHookOptions | undefined
  /** The request as it was when its key was put in. */
  stamped: Request | undefined
  /** The body as ky has written it from `json`. */
  text: string | undefined
  key: string | undefined
  isGenerated: boolean
  /** When the key was first sent, where an earlier fetch of this call may have been applied. */
  firstSentMs: number | undefined
  /** The loop is ours, so that ky's own runs none of the user's hooks: these are they. */
  afterResponse: readonly KyHook[]
  beforeRetry: readonly KyHook[]
  isOurs: boolean
  retryCount: number
  /** Requests that were sent before `ky.retry()` asked for more. */
  attempts: number
  stoppedBy: StopReason | undefined
  /** What one of them has given that only ky itself can carry out: `ky.retry()`, `ky.stop`, an error. */
  replay: (() => unknown) | undefined
}

export function openCall(context: object, given: KyOptions | undefined): KyCall {
  return {
    context,
    given,
    isKy2: given !== undefined,
    beganAtMs: performance.now(),
    retry: undefined,
    shown: undefined,
    stamped: undefined,
    text: undefined,
    key: undefined,
    isGenerated: false,
    firstSentMs: undefined,
    afterResponse: [],
    beforeRetry: [],
    isOurs: false,
    retryCount: 0,
    attempts: 0,
    stoppedBy: undefined,
    replay: undefined,
  }
}

/** The calls of one `idempotency()`. */
export interface KyCalls {
  readonly byContext: WeakMap<object, KyCall>
  /** By the request that a hook has seen, for a fetch of the user's own that calls ours without ky's options. */
  readonly byRequest: WeakMap<Request, KyCall>
  /** The fetches that belong to it. */
  readonly fetches: WeakSet<object>
}

/**
 * Hooks that ky runs in place of a user's: nothing where the loop is ours, which has run them, except for what only ky can carry
 * out; for a read, the user's own.
 */
function stepBack(call: KyCall, hooks: readonly KyHook[]): KyHook[] {
  return hooks.map((hook, index) => (...given) => {
    if (!call.isOurs) return hook(...given)
    const { replay } = call
    if (index > 0 || replay === undefined) return undefined
    call.replay = undefined
    return replay()
  })
}

/** Takes the user's hooks over from ky's own loop. */
export function takeHooks(
  call: KyCall,
  { afterResponse = [], beforeRetry = [] }: NonNullable<KyOptions['hooks']>,
): {
  afterResponse: KyHook[]
  beforeRetry: KyHook[]
} {
  call.afterResponse = [...afterResponse]
  call.beforeRetry = [...beforeRetry]
  return { afterResponse: stepBack(call, afterResponse), beforeRetry: stepBack(call, beforeRetry) }
}

const never: ShouldRetry = () => false

/** Reads what the user says of retries, before anything of ours stands in its place. */
export function readRetry(call: KyCall): void {
  const { shown, given } = call
  call.retry ??= readOwnOptions(given === undefined ? shown?.retry : given.retry)
}

/** Keeps ky from retrying what our loop retries. Only a hook's `ky.retry()` may still ask for more. */
export function silenceKy(call: KyCall): void {
  const { shown, isKy2, afterResponse, beforeRetry } = call
  if (shown === undefined) return
  const { retry } = shown
  readRetry(call)
  retry.shouldRetry = never
  // Without a retry to prepare for, ky 2 makes no copy of the request.
  if (isKy2 && afterResponse.length === 0 && beforeRetry.length === 0) retry.limit = 0
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
