import type { KyCall, Phase } from './ky-call.js'
import { readOwnOptions, unsetLimit } from './ky-retries.js'
import { createUploadProgress } from './upload-progress.js'
import type { KyHook, KyHookOptions, KyOptions, KyRetryOptions, ShouldRetry } from './ky-shapes.js'

/** Runs a hook for ky. Its last argument holds ky's own count of retries, to which those of our loop are added. */
function run(call: KyCall, hook: KyHook, given: readonly unknown[]): unknown {
  if (call.phase === 'ky') return hook(...(given as never[]))
  const told = given.at(-1) as { readonly retryCount: number }
  const retryCount = told.retryCount + call.ownRetries
  return hook(...([...given.slice(0, -1), { ...told, retryCount }] as never[]))
}

/** Has ky hear of what our loop has ended with, if that is what the phase says. */
function handBack(call: KyCall, from: Phase): unknown {
  if (call.phase !== from) return undefined
  call.phase = 'back'
  // What ky sends now is its own, unless it is a write.
  call.shown.retry.shouldRetry = call.retry?.shouldRetry
  return call.handBack?.()
}

/** ky's options of one call, while they can be changed. */
export type OpenOptions = { -readonly [Name in keyof KyOptions]: KyOptions[Name] }

/** Takes the user's functions over from ky's own loop: those that it puts in their places leave ky what is left for it. */
export function takeOver(call: KyCall, own: OpenOptions): void {
  const { hooks = {}, throwHttpErrors, onUploadProgress } = own
  const { beforeRequest, afterResponse, beforeRetry, beforeError } = hooks
  const inPlaceOf = (list: readonly KyHook[] | undefined, act: (hook: KyHook, given: never[]) => unknown) =>
    list?.map(
      (hook): KyHook =>
        (...given) =>
          act(hook, given),
    )
  const asKy = (hook: KyHook, given: never[]) => run(call, hook, given)
  call.afterResponse = [...(afterResponse ?? [])]
  call.beforeRetry = [...(beforeRetry ?? [])]
  if (call.hasHooks)
    own.hooks = {
      ...hooks,
      // ky 2 runs them once, before our loop.
      beforeRequest: call.isKy2 ? beforeRequest : inPlaceOf(beforeRequest, asKy),
      afterResponse: inPlaceOf(afterResponse, (hook, given) =>
        call.phase === 'ours' || call.phase === 'forced' ? handBack(call, 'forced') : run(call, hook, given),
      ),
      beforeRetry: inPlaceOf(beforeRetry, (hook, given) =>
        call.phase === 'replay' ? handBack(call, 'replay') : run(call, hook, given),
      ),
      beforeError: inPlaceOf(beforeError, asKy),
    }
  // ky hears what was said of the last answer, and does not ask once more.
  if (typeof throwHttpErrors === 'function')
    own.throwHttpErrors = (status) => {
      const { thrown } = call
      call.thrown = undefined
      return thrown?.status === status ? thrown.isThrown : throwHttpErrors(status)
    }
  if (typeof onUploadProgress === 'function') {
    call.progress = createUploadProgress(onUploadProgress)
    own.onUploadProgress = call.progress.take
  }
}

/** What stands for an option that nobody has set is ours alone. */
export function hideUnset(retry: KyRetryOptions): void {
  if (retry.limit === unsetLimit) retry.limit = 2
  retry.retryOnTimeout ||= false
}

/** Reads what the user says of retries, before anything of ours stands in its place. */
export function readRetry(call: KyCall): void {
  call.retry ??= readOwnOptions(call.options.retry)
  hideUnset(call.shown.retry)
}

const never: ShouldRetry = () => false

/** Keeps ky from retrying what our loop retries. Only a hook's `ky.retry()` may still ask for more. */
export function silenceKy(call: KyCall): void {
  readRetry(call)
  call.shown.retry.shouldRetry = never
}

/** Without a retry to prepare for, ky 2 makes no copy of the request. Gives what undoes it. */
export function spareCopy({ retry }: KyHookOptions): () => void {
  const { limit } = retry
  retry.limit = 0
  return () => void (retry.limit = limit)
}

/** Lets ky run `beforeRetry` once more, at once, so that it hears of a `replay`. */
export function letKyReplay(call: KyCall, method: string): void {
  if (call.phase !== 'replay') return
  const { handBack: replay } = call
  const { retry } = call.shown
  const { limit, methods, delay, jitter } = retry
  const ours = { limit: Number.MAX_SAFE_INTEGER, methods: [method.toLowerCase()], shouldRetry: () => true }
  Object.assign(retry, ours, { delay: () => 0, jitter: undefined })
  call.handBack = () => {
    Object.assign(retry, { limit, methods, delay, jitter })
    return replay?.()
  }
}
