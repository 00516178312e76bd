import { isResponse } from '../transport/web-shapes.js'
import type { KyCall } from './ky-call.js'
import { readOwnOptions, unsetLimit } from './ky-retries.js'
import type { KyHook, KyOptions, KyRetryOptions, ShouldRetry } from './ky-shapes.js'

type Hooks = NonNullable<KyOptions['hooks']>

/** What ky tells a hook, with the retries that our loop has made: ky counts none of them. It stands in the last argument. */
function recount(given: readonly unknown[], retryCount: number): never[] {
  return [...given.slice(0, -1), { ...(given.at(-1) as object), retryCount }] as never[]
}

/** Hooks that ky runs in place of a user's: the user's own for a read; where our loop has run them, what is left for ky. */
function stepBack(
  call: KyCall,
  hooks: readonly KyHook[] = [],
  leftForKy: (hook: KyHook, given: never[], index: number) => unknown,
): KyHook[] {
  return hooks.map((hook, index) => (...given) => {
    if (!call.isOurs) return hook(...given)
    return call.isReplayed ? hook(...recount(given, call.retryCount)) : leftForKy(hook, given, index)
  })
}

/** Takes the user's hooks over from ky's own loop. */
export function takeHooks(call: KyCall, hooks: Hooks): Hooks {
  const { beforeRequest, afterResponse, beforeRetry, beforeError } = hooks
  call.afterResponse = [...(afterResponse ?? [])]
  call.beforeRetry = [...(beforeRetry ?? [])]
  return {
    // Once our loop runs, only ky 1 calls them, for what `ky.retry()` asks for.
    beforeRequest: call.isKy2
      ? beforeRequest
      : stepBack(call, beforeRequest, (hook, given) => hook(...recount(given, call.retryCount + 1))),
    afterResponse: stepBack(call, afterResponse, (_, __, index) => {
      if (index > 0 || call.forced === undefined) return undefined
      const { forced } = call
      call.forced = undefined
      call.isForcing = true
      return forced
    }),
    beforeRetry: stepBack(call, beforeRetry, async (hook, given) => {
      const { replay } = call
      if (replay === undefined) {
        const result = call.isForcing && (await hook(...recount(given, call.retryCount + 1)))
        // ky goes on alone with a response that a hook has made.
        call.isReplayed = isResponse(result)
        if (call.isReplayed) call.retryCount += 1
        return result || undefined
      }
      call.replay = undefined
      call.isReplayed = true
      return replay()
    }),
    beforeError: stepBack(call, beforeError, (hook, given) => hook(...recount(given, call.retryCount))),
  }
}

/** Has ky hear what `throwHttpErrors` has said of the last answer, and not ask once more. */
export function takeThrowHttpErrors(
  call: KyCall,
  theirs: KyOptions['throwHttpErrors'],
): KyOptions['throwHttpErrors'] {
  if (typeof theirs !== 'function') return theirs
  return (status) => {
    const { thrown } = call
    call.thrown = undefined
    return thrown?.status === status ? thrown.isThrown : theirs(status)
  }
}

const never: ShouldRetry = () => false

/** Reads what the user says of retries, before anything of ours stands in its place. */
export function readRetry(call: KyCall): void {
  const { shown, options = shown } = call
  const { retry } = options ?? {}
  // Another `idempotency()` of the same call has silenced ky already.
  const isOurs = typeof retry === 'object' && retry.shouldRetry === never
  call.retry ??= readOwnOptions(isOurs ? { ...retry, shouldRetry: undefined } : retry)
  hideUnset(shown?.retry)
}

/** ky 1: what stands for a limit that nobody has set is ours alone. */
export function hideUnset(retry: KyRetryOptions | undefined): void {
  if (retry?.limit === unsetLimit) retry.limit = 2
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

/** Lets ky run `beforeRetry` once more, at once, where one of its hooks has done what only ky can carry out. */
export function letKyReplay(call: KyCall, method: string): void {
  const { shown, replay } = call
  if (shown === undefined || replay === undefined) return
  const { retry } = shown
  const { limit, methods, delay, jitter } = retry
  const ours = { limit: Number.MAX_SAFE_INTEGER, methods: [method.toLowerCase()], shouldRetry: () => true }
  Object.assign(retry, ours, { delay: () => 0, jitter: undefined })
  call.replay = () => {
    Object.assign(retry, { limit, methods, delay, jitter, shouldRetry: never })
    return replay()
  }
}
