import { openJournalled } from '../loop/journal-call.js'
import { createLaunch } from '../loop/launch.js'
import { identify } from '../loop/call-identity.js'
import { checkCallOptions, type CheckedCallOptions } from '../loop/call-options.js'
import type { EndOptions } from '../loop/end-options.js'
import type { OperationSettings } from '../loop/operation-options.js'
import { idempotencyOf } from '../operation/facts.js'
import { isConditional } from '../operation/is-conditional.js'
import { DeadlineError } from '../errors/deadline-error.js'
import { untilEnded } from '../loop/wait-until.js'
import {
  canBeSentOnce,
  captureRequest,
  takesTime,
  type CapturedRequest,
} from '../transport/capture-request.js'
import type { FetchLike } from '../transport/fetch-like.js'
import { markIdempotentFetch } from '../transport/nesting.js'
import { responsesUpTo } from '../transport/responses.js'
import { readGivenKey } from '../transport/stamp-request.js'
import { countRetries, findCall, markKyFetch, openCall, tieCall, type KyCall } from './ky-call.js'
import { createTimeoutError } from './ky-errors.js'
import { toKyEnd, withFactsOf } from './to-ky-error.js'
import { limitWait, readBackoff } from './ky-retries.js'
import { isKyRead, type KyHook, type KyOptions } from './ky-shapes.js'
import { openKyTransport } from './ky-transport.js'
import { hideUnset, letKyReplay, silenceKy, takeOver } from './take-over.js'
import { startHolding, stopHolding, withProgress } from './upload-progress.js'
import { asKyCalls, type KyRequest } from './user-fetch.js'
import { isPromise, isRequest, isResponse } from '../transport/web-shapes.js'

/** What the fetch of one `idempotency()` works with. */
export interface KySettings {
  readonly operation: OperationSettings
  readonly callbacks: EndOptions
  readonly maxRequestBytes: number
  readonly maxResponseBytes: number
}

/** The settings of a `Request` that its copies need, as `fetch` takes them. */
function settingsOf(request: Request, others: RequestInit): RequestInit {
  const { mode, credentials, cache, redirect, referrer, referrerPolicy, integrity, keepalive } = request
  return { mode, credentials, cache, redirect, referrer, referrerPolicy, integrity, keepalive, ...others }
}

/**
 * ky 1 and 2 set a timer before they call a fetch. It would end our loop with its first attempt: with a promise that is taken
 * over at once, ky clears it. Each attempt of ours has the same time.
 */
function untimed(sent: Promise<Response>): Promise<Response> {
  return {
    // oxlint-disable-next-line no-thenable -- ky calls this `then` itself, and nothing else ever gets the object
    then(resolve: (value: Promise<Response>) => void) {
      resolve(sent)
      return Promise.resolve()
    },
  } as never
}

/** The body as text, where ky made the request of one and no hook can have given another: to read it takes longer. */
function readText({ first, options, shown }: KyCall, input: Request): string | undefined {
  const { hooks, onUploadProgress } = options
  if (input !== first || onUploadProgress || (hooks?.beforeRequest?.length ?? 0) > 1) return undefined
  const { body } = shown as KyOptions
  return typeof body === 'string' ? body : undefined
}

/** Sends the writes of one `idempotency()`: a call, the request that ky has made for it, and what ky hands on beside it. */
export type SendForKy = (call: KyCall, input: Request, rest: RequestInit) => Promise<Response>

export function createSend(settings: KySettings): SendForKy {
  const { operation, callbacks } = settings
  const { contract, policy, clock } = operation
  const limits = { maxRequestBytes: settings.maxRequestBytes, oversizedBody: 'send-once' } as const
  const launch = createLaunch<Response>(operation, responsesUpTo(settings.maxResponseBytes))

  function send(call: KyCall, input: Request, rest: RequestInit): Promise<Response> {
    const { progress, options } = call
    const text = readText(call, input)
    const init = settingsOf(input, rest)
    if (text !== undefined) init.body = text
    if (progress) startHolding(progress)
    const stop = takesTime(input, init) ? new AbortController() : undefined
    const captured = captureRequest(input, init, limits, stop?.signal)
    const begin = (whole: CapturedRequest) => {
      if (progress) stopHolding(progress, canBeSentOnce(whole))
      const request = { ...whole, base: undefined }
      const isUnused = text !== undefined || whole.body === null
      const unused = { request: isUnused ? input : undefined, captured: request, rest }
      return launchCall(call, input, unused)
    }
    if (!isPromise(captured)) return begin(captured)
    const { attemptTimeoutMs, deadlineMs } = readTimes(call)
    const isDeadline = deadlineMs <= attemptTimeoutMs && !options.totalTimeout
    const limit = {
      leftMs: Math.min(attemptTimeoutMs, deadlineMs),
      late: () => createLateError(call, input, isDeadline),
    }
    return untilEnded(captured, input.signal, limit, (reason) => stop?.abort(reason)).then(begin)
  }

  /** How long an attempt, and all that is left of the call, may take. */
  function readTimes({ beganAtMs, options: { timeout = 10_000, totalTimeout } }: KyCall) {
    const totalMs = Math.min(policy.deadlineMs, totalTimeout || Infinity)
    return {
      // ky ends an attempt of no time a moment later.
      attemptTimeoutMs: timeout === false ? Infinity : Math.max(0.1, timeout),
      deadlineMs: totalMs - (performance.now() - beganAtMs),
    }
  }

  /** What ends a call whose body was not there in time. Nothing was sent by this fetch. */
  function createLateError(call: KyCall, { method, url, headers }: Request, isDeadline: boolean): unknown {
    const outcome = call.firstSentMs === undefined ? 'not-applied' : 'unknown'
    const error = new DeadlineError({ key: call.key, attempts: call.attempts, outcome, method, url })
    return isDeadline ? error : withFactsOf(error, createTimeoutError(new Request(url, { method, headers })))
  }

  function launchCall(call: KyCall, input: Request, unused: KyRequest): Promise<Response> {
    const { captured: request } = unused
    const { options, retry = {}, progress } = call
    const fetch = call.pickFetch()
    const { idempotency, idempotencyKey } = call.shown.context
    const own = idempotency === undefined ? noOptions : readCallOptions(idempotency)
    // A key in the URL or the body was not put in by the hook.
    const givenKey = call.key ?? idempotencyKey ?? readGivenKey(contract.carrier, request)
    const { method, url, headers } = request
    const maxResponseBytes = options.onDownloadProgress ? -1 : settings.maxResponseBytes
    return launch({
      method,
      url,
      givenKey,
      isGenerated: call.isGenerated,
      conditional: isConditional(method, (name) => headers[name]),
      isNoCors: input.mode === 'no-cors',
      policy: {
        ...policy,
        ...readTimes(call),
        maxAttempts: Math.max(1, Math.floor(retry.limit ?? policy.maxAttempts - 1) + 1 - countRetries(call)),
        maxRetryAfterMs: retry.maxRetryAfter ?? policy.maxRetryAfterMs,
      },
      resendBackoff: readBackoff(retry),
      limitWait: (status, waitMs) => limitWait(retry, call, status, waitMs),
      writes: own.writes,
      firstSentMs: call.firstSentMs ?? own.firstSentMs,
      landing: call.sent?.url === url ? call.sent.operation.landing : undefined,
      attemptsBefore: call.attempts,
      signal: input.signal,
      callbacks: own.resolve || own.reconcile ? { ...callbacks, ...own } : callbacks,
      // What a hook has asked for is not held against what was sent before.
      identity:
        givenKey === undefined || call.isGenerated || call.attempts > 0
          ? undefined
          : identify(request, givenKey, own, fetch),
      openJournal: () => openJournalled(operation, request, call.isGenerated ? undefined : givenKey, own),
      openTransport(operation) {
        const sender = {
          pickFetch: () => fetch,
          adapt(fetch: FetchLike) {
            const asked = asKyCalls(fetch, call, unused)
            return progress ? withProgress(asked, progress, request.body) : asked
          },
          maxResponseBytes,
          bodyReading: own.response,
        }
        call.sent = { url, operation }
        call.key = operation.key
        call.isGenerated = operation.resume().isGenerated === true
        return openKyTransport(call, settings.operation, sender, request, operation)
      },
    })
  }

  /** A write, with its end in ky's own terms: an error where ky has to go on, as its `beforeRetry` runs after one only. */
  async function sendForKy(call: KyCall, input: Request, rest: RequestInit): Promise<Response> {
    let end: unknown
    try {
      const answer = await send(call, input, rest)
      end = toKyEnd(call, answer, input)
      if (end === answer && call.phase === 'ours') return answer
    } catch (error) {
      end = toKyEnd(call, error, input)
      if (call.phase === 'ours') throw end
    }
    // ky may send more requests of this call.
    const { outcome = 'unknown', attempts = call.attempts } = idempotencyOf(end) ?? {}
    call.firstSentMs = outcome === 'not-applied' ? undefined : clock.now()
    call.attempts = attempts
    letKyReplay(call, input.method)
    if (call.phase === 'forced' && isResponse(end)) return end
    throw end
  }

  return (call, input, rest) => {
    const { timeout, totalTimeout } = call.options
    if (call.phase === 'back') call.kyRetries += 1
    call.phase = 'ours'
    call.stoppedBy = undefined
    call.begin?.()
    silenceKy(call)
    const sent = sendForKy(call, input, rest)
    return timeout === false && !totalTimeout ? sent : untimed(sent)
  }
}

/** The fetch of one call of ky 2, whose `init` hook knows the call: our loop for a write, the user's fetch for a read. */
export function createCallFetch(owner: object, call: KyCall, send: SendForKy) {
  const { pickFetch } = call
  const kyFetch: FetchLike = (input, init = {}) =>
    isRequest(input) && !isKyRead(input.method) ? send(call, input, init) : pickFetch()(input, init)
  return markKyFetch(kyFetch, { owner, pickFetch })
}

/** The fetch that `idempotency()` hands to ky. In ky 1 it finds the call by the options that it is a method of. */
export function createKyFetch(
  owner: object,
  pickFetch: () => FetchLike,
  send: SendForKy,
  isUsers: (hook: KyHook) => boolean,
) {
  function kyFetch(
    this: KyOptions | undefined,
    input: string | URL | Request,
    init: RequestInit = {},
  ): Promise<Response> {
    if (!isRequest(input) || isKyRead(input.method)) {
      if (typeof this?.retry === 'object') hideUnset(this.retry)
      return pickFetch()(input, init)
    }
    const own = isOfCall(this) ? this : undefined
    const known = findCall(input) ?? findCall(init) ?? findCall(own?.context)
    // In ky 2 our loop stands around a fetch that was given after ours, and which calls this one.
    if (known?.isKy2) return pickFetch()(input, init)
    // In ky 1, a hook that gave a request of its own has kept the hooks after it from running.
    const call = known ?? (own && openCall(false, showOptions(own), pickFetch))
    if (call === undefined) return Promise.reject(new TypeError(hooksGone))
    if (own && call.phase === 'ky') {
      tieCall(own.context as object, call)
      call.beforeRequest = (own.hooks?.beforeRequest ?? []).filter(isUsers)
      takeOver(call, own)
    }
    call.pickFetch = pickFetch
    return send(call, input, init)
  }
  return markKyFetch(markIdempotentFetch(kyFetch), { owner, pickFetch })
}

const hooksGone =
  'the hooks of idempotency() have not seen this request: `hooks: undefined` takes them off, ' +
  'ky.create({ …, hooks }).extend(idempotency()) keeps them, and in ky 1 a fetch around ours has to hand on its `this` ' +
  'where a hook gives a request of its own'

/** Whether these are the options of one call, as ky 1 completes them: an instance has options, too, of which a fetch may be called as a method. */
function isOfCall(options: KyOptions | undefined): options is KyOptions {
  const { retry, signal } = (options ?? {}) as { retry?: object; signal?: AbortSignal }
  return signal !== undefined && retry !== undefined && 'afterStatusCodes' in retry
}

/** The options as ky 1 shows them to the hooks that come after ours: without the hooks. */
function showOptions({ hooks: _, ...shown }: KyOptions): KyOptions {
  return Object.freeze(shown)
}

const noOptions: CheckedCallOptions = { firstSentMs: undefined }

/** @throws `TypeError` or `RangeError` for what cannot work in ky. */
function readCallOptions(options: unknown): CheckedCallOptions {
  if (options === false)
    throw new TypeError(
      'context.idempotency: false has no effect in ky; call an instance without idempotency()',
    )
  const own = checkCallOptions(options as object)
  if (own.retry !== undefined)
    throw new TypeError("context.idempotency.retry has no effect in ky; use ky's own retry options")
  return own
}
