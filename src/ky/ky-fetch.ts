import { openJournalled } from '../loop/journal-call.js'
import { createLaunch } from '../loop/launch.js'
import { identify } from '../loop/call-identity.js'
import { checkCallOptions, type CheckedCallOptions } from '../loop/call-options.js'
import type { EndOptions } from '../loop/end-options.js'
import type { OperationSettings } from '../loop/operation-options.js'
import { isIdempotencyError } from '../errors/any-idempotency-error.js'
import { idempotencyOf, rememberFacts } from '../operation/facts.js'
import { isConditional } from '../operation/is-conditional.js'
import { captureRequest, type CapturedRequest } from '../transport/capture-request.js'
import type { FetchLike } from '../transport/fetch-like.js'
import { isKnownFetch } from '../transport/known-fetch.js'
import { markIdempotentFetch } from '../transport/nesting.js'
import { responsesUpTo } from '../transport/responses.js'
import { readGivenKey } from '../transport/stamp-request.js'
import {
  letKyReplay,
  markKyFetch,
  openCall,
  silenceKy,
  takeHooks,
  type KyCall,
  type KyCalls,
} from './ky-call.js'
import { createTimeoutError, isConnectionFailure, toNetworkFailure } from './ky-errors.js'
import { readBackoff } from './ky-retries.js'
import { isKyRead, type KyOptions } from './ky-shapes.js'
import { openKyTransport } from './ky-transport.js'
import { isRequest, isResponse } from '../transport/web-shapes.js'

/** The option in which an `init` hook of ky 2 hands the options of a call on to its fetch. */
export const callOption = 'idempotencyCall'

/** What the fetch of one `idempotency()` works with. */
export interface KySettings {
  readonly operation: OperationSettings
  readonly ends: EndOptions
  readonly pickFetch: () => FetchLike
  readonly maxRequestBytes: number
  readonly maxResponseBytes: number
}

/** The settings of a `Request` that its copies need, as `fetch` takes them. */
function settingsOf(request: Request, others: RequestInit): RequestInit {
  const { mode, credentials, cache, redirect, referrer, referrerPolicy, integrity, keepalive } = request
  return { mode, credentials, cache, redirect, referrer, referrerPolicy, integrity, keepalive, ...others }
}

/** A fetch of the user's own is called as ky calls it: with a `Request`. */
function asKyCalls(fetch: FetchLike): FetchLike {
  if (isKnownFetch(fetch)) return fetch
  return (url, init = {}) => {
    const { signal } = init
    const pick = (isKnown: boolean) =>
      Object.fromEntries(
        Object.entries(init).filter(([name]) => (name in Request.prototype || name === 'duplex') === isKnown),
      )
    return fetch(new Request(url, pick(true)), { ...pick(false), ...(signal && { signal }) })
  }
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
function readText(call: KyCall, options: KyOptions, input: Request): string | undefined {
  const { hooks, onUploadProgress, body } = options
  if (input !== call.stamped || onUploadProgress || (hooks?.beforeRequest?.length ?? 0) > 1) return undefined
  return call.text ?? (typeof body === 'string' ? body : undefined)
}

/** The fetch that `idempotency()` hands to ky: our loop for writes, and nothing but the user's fetch for reads. */
export function createKyFetch(settings: KySettings, calls: KyCalls) {
  const { operation, ends, pickFetch } = settings
  const { contract, policy } = operation
  const pick = () => asKyCalls(pickFetch())
  const launch = createLaunch<Response>(operation, responsesUpTo(settings.maxResponseBytes))

  async function send(
    call: KyCall,
    options: KyOptions,
    input: Request,
    rest: RequestInit,
  ): Promise<Response> {
    const { idempotency, idempotencyKey } = (options.context ?? {}) as Record<string, unknown>
    const own = readCallOptions(idempotency)
    const text = readText(call, options, input)
    const captured = await captureRequest(
      input,
      { ...settingsOf(input, rest), ...(text !== undefined && { body: text }) },
      { maxRequestBytes: settings.maxRequestBytes, oversizedBody: 'send-once' },
    )
    const request: CapturedRequest = { ...captured, base: undefined }
    const { retry = {} } = call
    const { timeout = 10_000, totalTimeout = false } = options
    const elapsedMs = performance.now() - call.beganAtMs
    const deadlineMs = Math.min(policy.deadlineMs, (totalTimeout || Infinity) - elapsedMs)
    // A key in the URL or the body was not put in by the hook.
    const ownKey = idempotencyKey === undefined ? readGivenKey(contract.carrier, request) : idempotencyKey
    const givenKey = call.key ?? ownKey
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
        attemptTimeoutMs: timeout === false ? Infinity : timeout,
        maxAttempts: retry.limit === undefined ? policy.maxAttempts : retry.limit + 1,
        deadlineMs,
      },
      resendBackoff: readBackoff(retry),
      cutRetryAfterMs: retry.maxRetryAfter,
      writes: own.writes,
      firstSentMs: call.firstSentMs ?? own.firstSentMs,
      attemptsBefore: call.attempts,
      signal: input.signal,
      ends: own.resolve || own.reconcile ? { ...ends, ...own } : ends,
      identity: givenKey === undefined || call.isGenerated ? undefined : identify(request, givenKey, own),
      openJournal: () => openJournalled(operation, request, call.isGenerated ? undefined : givenKey, own),
      openTransport(operation) {
        const sender = { pickFetch: pick, maxResponseBytes, bodyReading: own.response }
        call.key = operation.key
        call.isGenerated = operation.resume().isGenerated === true
        return openKyTransport(
          { call, options, retry, carrier: contract.carrier, sender },
          request,
          operation,
        )
      },
    })
  }

  /** The end of a write in ky's own terms: its errors, with the facts. */
  async function end(call: KyCall, options: KyOptions, input: Request, rest: RequestInit): Promise<Response> {
    const { method, url } = input
    // ky's own time for all of it is over, or would be with the next wait.
    const isOutOfTotal = () => call.stoppedBy === 'deadline' && Boolean(options.totalTimeout)
    const outgoing = () => new Request(url, { method, headers: input.headers })
    try {
      const response = await send(call, options, input, rest)
      const { outcome = 'unknown', attempts = 0 } = idempotencyOf(response) ?? {}
      call.firstSentMs = outcome === 'not-applied' ? undefined : operation.clock.now()
      call.attempts = attempts
      if (isOutOfTotal()) throw withFactsOf(response, createTimeoutError(outgoing()))
      // `ky.stop` and the like: ky runs its own `beforeRetry` hooks after an error only.
      if (call.replay !== undefined && call.stoppedBy === 'user' && call.beforeRetry.length > 0)
        throw response
      return keepFacts(response)
    } catch (error) {
      if (call.replay !== undefined) letKyReplay(call, method)
      if (isIdempotencyError(error) && isOutOfTotal())
        throw withFactsOf(error, createTimeoutError(outgoing()))
      throw toKyError(error, outgoing)
    }
  }

  /** The call that a request belongs to, and its options. */
  function findCall(told: KyOptions | undefined, given: KyOptions | undefined, input: Request) {
    const own = given ?? (isOfCall(told) ? told : undefined)
    const call = calls.byRequest.get(input) ?? (own?.context && calls.byContext.get(own.context))
    if (call !== undefined) return { call, options: own ?? call.given ?? (call.shown as KyOptions) }
    // In ky 1, a hook that gave a request of its own has kept the hooks after it from running.
    return own?.context && { call: openCall(own.context, given), options: own }
  }

  function kyFetch(
    this: KyOptions | undefined,
    input: string | URL | Request,
    init: RequestInit & { [callOption]?: KyOptions } = {},
  ): Promise<Response> {
    const { [callOption]: given, ...rest } = init
    if (!isRequest(input) || isKyRead(input.method)) return pickFetch()(input, rest)
    const found = findCall(this, given, input)
    if (found === undefined) return Promise.reject(new TypeError(hooksGone))
    const { call, options } = found
    calls.byContext.set(call.context, call)
    if (call.isForcing) call.retryCount += 1
    call.isForcing = false
    call.stoppedBy = undefined
    if (!call.isKy2 && options.hooks && !call.isOurs) {
      call.beforeRequest = (options.hooks.beforeRequest ?? []).filter((hook) => !calls.hooks.has(hook))
      Object.assign(options.hooks, takeHooks(call, options.hooks))
    }
    call.shown ??= options as KyCall['shown']
    call.isOurs = true
    silenceKy(call)
    const sent = end(call, options, input, rest)
    return options.timeout === false && !options.totalTimeout ? sent : untimed(sent)
  }
  return markKyFetch(markIdempotentFetch(kyFetch))
}

const hooksGone =
  'the hooks of idempotency() have not seen this request: ky.create({ …, hooks }).extend(idempotency()) keeps them, and in ' +
  'ky 1 a fetch around ours has to hand on its `this` where a hook gives a request of its own'

/** Whether these are the options of one call, as ky 1 completes them: an instance has options, too, of which a fetch may be called as a method. */
function isOfCall(options: KyOptions | undefined): options is KyOptions {
  const { retry, signal } = (options ?? {}) as { retry?: object; signal?: AbortSignal }
  return signal !== undefined && retry !== undefined && 'afterStatusCodes' in retry
}

/** @throws `TypeError` or `RangeError` for what cannot work in ky. */
function readCallOptions(options: unknown): CheckedCallOptions {
  if (options === false)
    throw new TypeError(
      'context.idempotency: false has no effect in ky; call an instance without idempotency()',
    )
  const own = checkCallOptions(options ?? {})
  if (own.retry !== undefined)
    throw new TypeError("context.idempotency.retry has no effect in ky; use ky's own retry options")
  return own
}

/** Ties the facts of a response to its copies, too, which are what the hooks of ky are given and often give back. */
function keepFacts(response: Response): Response {
  const { clone } = response
  const value = () => {
    const copy = clone.call(response)
    const facts = idempotencyOf(response)
    if (facts !== undefined) rememberFacts(copy, facts)
    return keepFacts(copy)
  }
  // A mock may be frozen.
  Reflect.defineProperty(response, 'clone', { value, configurable: true, writable: true })
  return response
}

/** A lost answer is ky's to tell; what only we can know is told by our own errors. */
function toKyError(error: unknown, outgoing: () => Request): unknown {
  if (!isIdempotencyError(error)) return error
  const { code, cause, attempts } = error
  // What was not sent at all is no lost answer.
  if (attempts === 0) return error
  const isLost = code === 'outcome_unknown' || code === 'not_applied' || code === 'unsendable'
  if (!isLost || cause === undefined || isResponse(cause)) return error
  if ((cause as { name?: unknown }).name === 'TimeoutError')
    return withFactsOf(error, createTimeoutError(outgoing()))
  const isOther = code !== 'unsendable' && !isConnectionFailure(cause)
  return withFactsOf(error, isOther ? cause : toNetworkFailure(cause))
}

/** An error of ky's, or of the user's fetch, that answers `idempotencyOf` as `end` does. */
function withFactsOf(end: object, error: unknown): unknown {
  const facts = idempotencyOf(end)
  if (facts !== undefined) rememberFacts(error, facts, end)
  return error
}
