import { maxTimerMs } from '../clock/clock.js'
import { followerOf, isRead } from '../transport/follow-redirect.js'
import { markIdempotentFetch } from '../transport/nesting.js'
import { readFailure } from '../transport/transport-failure.js'
import type { Ended } from '../loop/call.js'
import { conclude, type EndOptions, type LastAttempt } from '../loop/conclude.js'
import { idempotencyOf, rememberFacts, type IdempotencyFacts } from '../operation/facts.js'
import type { GuardSettings } from '../loop/guard-options.js'
import { isRetried, readWait } from './ky-retries.js'
import { bindGate } from './gate-retries.js'
import { beginAttempt, endAttempt, findCallOfRequest, markAttemptFetch, type KyCall } from './ky-call.js'
import { sendOption, type KyCallOptions, type KySendOptions } from './ky-shapes.js'
import {
  findFlight,
  holdKey,
  identify,
  joinFlight,
  openFlight,
  type Holds,
  type InFlight,
} from './share-in-flight.js'
import { stampBody } from './stamp-body.js'
import { openCall, stampHeaders } from './stamp-key.js'
import { streamUntil } from './stream-until.js'
import { discard, transmit, type Transmitter } from './transmit.js'
import { within } from './within.js'

/** A fetch for ky. ky 1 calls it as a method of its options. */
export type AttemptFetch = (
  this: unknown,
  input: string | URL | Request,
  init?: RequestInit,
) => Promise<Response>

const overdue: LastAttempt = {
  reading: { verdict: 'not-sent' },
  decision: { action: 'settle', why: 'deadline' },
  response: undefined,
  error: undefined,
}

/** A lost answer as an error that ky 2 takes for one, by its message, and would retry. */
function asNetworkError(error: unknown): unknown {
  const { name, message } = error as TypeError
  const isKnown =
    error instanceof TypeError &&
    name === 'TypeError' &&
    /^(?:fetch failed|terminated|Failed to fetch)$/.test(message)
  return isKnown ? error : new TypeError('fetch failed', { cause: error })
}

/** Ties facts to a response and to its copies, which are what the hooks of ky are given and often give back. */
function keepFacts(response: Response, facts: IdempotencyFacts): Response {
  rememberFacts(response, facts)
  const { clone } = response
  const value = () => keepFacts(clone.call(response), idempotencyOf(response) ?? facts)
  return Object.defineProperty(response, 'clone', { value, configurable: true })
}

/** Ties facts to what the caller aborts with while ky waits: ky 1 lets nobody know. */
function watchWait(call: KyCall, signal: AbortSignal): void {
  const tell = () => {
    rememberFacts(signal.reason, call.operation.facts())
    call.hold?.(false)
  }
  signal.addEventListener('abort', tell)
  call.unwatch = () => signal.removeEventListener('abort', tell)
}

/**
 * Whether these are the options of one call, as ky 1 completes them: an instance has options, too, of which a fetch may
 * be called as a method, and no key must ever belong to an instance.
 */
function isOfCall(options: object): options is KyCallOptions {
  const { retry, signal } = options as { retry?: object; signal?: AbortSignal }
  return signal !== undefined && 'method' in options && retry !== undefined && 'afterStatusCodes' in retry
}

/** Whether ky 2 shows nothing of the call, as where the hooks that tell of it have been replaced. */
function isBare(told: object): boolean {
  return !('hooks' in told || 'context' in told)
}

/** A callback that has nothing more to say once `signal` has aborted: the call has ended without it. */
function silence<Given, Found>(
  callback: ((given: Given) => Found | Promise<Found>) | undefined,
  signal: AbortSignal,
): ((given: Given) => Promise<Found>) | undefined {
  return (
    callback &&
    (async (given) => {
      try {
        return await callback(given)
      } finally {
        if (signal.aborted) await new Promise(() => undefined)
      }
    })
  )
}

/** Says the last word on an operation. ky has errors of its own for a lost answer: the facts go with them. */
async function settle(call: KyCall, last: LastAttempt, signal: AbortSignal): Promise<Response> {
  const { operation, ends } = call
  const { resolve, reconcile } = ends
  const told = { resolve: silence(resolve, signal), reconcile: silence(reconcile, signal) }
  try {
    const response = await conclude(operation, last, told, undefined, signal)
    return keepFacts(response, idempotencyOf(response) ?? operation.facts())
  } catch (thrown) {
    const isTold = last.error === undefined || (thrown as { code?: unknown }).code === 'already_done'
    const end = isTold ? thrown : last.error
    rememberFacts(end, operation.facts())
    throw end
  }
}

/**
 * The fetch that `idempotency()` hands to ky: it reads the body within the attempt, so that ky can retry a lost one;
 * sends again itself where ky cannot, as to a server that is still running; and turns the end of an operation into what
 * is true of it.
 */
export function createAttemptFetch(
  settings: GuardSettings,
  ends: EndOptions,
  transmitter: Transmitter,
): AttemptFetch {
  const { pickFetch } = transmitter
  const inFlight: InFlight = new Map()
  const holds: Holds = new Map()

  /** The end of an operation, or of an attempt that ky may follow with another. */
  async function send(
    call: KyCall,
    input: Request,
    init: RequestInit,
    told: KySendOptions,
    copy: Request | undefined,
  ): Promise<Response> {
    const { operation } = call
    const signals = told.signal ? [input.signal, told.signal] : [input.signal]
    const findAborted = () => signals.find(({ aborted }) => aborted)
    const abandon = (reason: unknown): never => {
      if (findAborted()) call.abortReason = reason
      rememberFacts(reason, operation.facts())
      call.hold?.(false)
      throw reason
    }
    const untilAborted = <T>(work: (signal: AbortSignal) => Promise<T>) =>
      within(signals, new AbortController(), work).catch(abandon)
    const letGo = () => {
      call.hold?.(false)
      call.hold = undefined
    }
    const end = (last: LastAttempt) => untilAborted((signal) => settle(call, last, signal)).finally(letGo)
    const { request, identity } = await untilAborted(async () => {
      const stamped = await stampBody(call, input)
      return { request: stamped, identity: call.isGiven ? await identify(call, stamped) : undefined }
    })
    if (identity) holdKey(holds, identity, call)
    let spare: Request | undefined
    const sendIn = async (signal: AbortSignal) => {
      if (spare === undefined) return transmit(transmitter, call, { request, init, copy }, signal)
      const again = spare.clone()
      const outgoing = { request: await stampBody(call, again), init, copy }
      return transmit(transmitter, call, outgoing, signal).finally(() => discard(again))
    }
    // What the caller aborts goes straight to a read that nobody shares, which needs no listener while its body streams.
    const isLone = identity === undefined && isRead(input.method)
    for (;;) {
      const aborted = findAborted()
      if (aborted) abandon(aborted.reason)
      const joined = identity && findFlight(inFlight, identity, call)
      // Where another fetch stands around this one, the hooks have begun the first attempt.
      const isBegun = !call.hasFetch && call.attempt !== undefined
      const leftMs = isBegun ? Infinity : beginAttempt(call, input)
      call.hasFetch = true
      const controller = call.attempt as AbortController
      if (leftMs <= 0) return end(overdue)
      const stop = () => controller.abort(new DOMException('the deadline has passed', 'TimeoutError'))
      const timer = leftMs <= maxTimerMs ? setTimeout(stop, leftMs) : undefined
      let ended: Ended
      let response: Response | undefined
      let error: unknown
      try {
        const answer = await within(signals, controller, (signal) => {
          if (identity === undefined) return sendIn(isLone ? AbortSignal.any([...signals, signal]) : signal)
          return joinFlight(joined ?? openFlight(inFlight, identity, sendIn), signal)
        })
        const { bytes, redirected } = answer
        response =
          bytes === undefined && !isLone ? streamUntil(answer.response, signals, controller) : answer.response
        const { status, headers } = response
        ended = endAttempt(call, { status, headers, bytes, redirected })
      } catch (caught) {
        // The caller has aborted, or ky has timed out and gone on.
        if (call.attempt !== controller || findAborted()) abandon(caught)
        error = asNetworkError(caught)
        const follower = followerOf(pickFetch(), input.method, input)
        const lost = readFailure(caught, request.url, follower === 'fetch')
        ended = endAttempt(call, { lost, error: caught, isTimeout: controller.signal.aborted })
      } finally {
        clearTimeout(timer)
      }
      const { reading } = ended
      let { decision } = ended
      // ky knows no retry for a server that is still running, or that asks for one with a status of its choice.
      const isBeyondKy = reading.verdict === 'running' || reading.verdict === 'failed'
      spare = isBeyondKy ? copy : undefined
      if (decision.action === 'resend' && spare !== undefined) {
        const { delayMs } = decision
        await untilAborted((signal) => settings.clock.sleep(delayMs, signal))
        // ky has timed out and gone on meanwhile.
        if (call.ended?.reading !== reading) abandon(undefined)
        continue
      }
      const isResent = decision.action === 'resend' && isRetried(call, told, input.method, response?.status)
      if (isResent && response !== undefined && readWait(call, response) >= operation.leftMs()) {
        decision = { action: 'settle', why: 'deadline' }
        call.ended = { reading, decision }
      } else if (isResent) {
        rememberFacts(error, operation.facts())
        watchWait(call, input.signal)
        if (response === undefined) throw error
        return keepFacts(response, operation.facts())
      }
      const cause = controller.signal.aborted ? undefined : error
      return end({ reading, decision, response, error: cause })
    }
  }

  async function attemptFetch(
    this: unknown,
    input: string | URL | Request,
    init: RequestInit & { readonly [sendOption]?: KySendOptions } = {},
  ): Promise<Response> {
    const { [sendOption]: told = (this ?? {}) as KySendOptions, ...rest } = init
    if (!(input instanceof Request)) return pickFetch()(input, rest)
    let call = findCallOfRequest(input, told.context)
    // In ky 1, a hook that gave a request of its own has kept the hooks after it from running.
    if (call === undefined && isOfCall(told)) {
      call = await openCall(settings, ends, input, told)
      bindGate(call, told.retry, input.method, true)
    }
    if (call === undefined) {
      if (told.fetch === fetch && isBare(told) && !isRead(input.method) && input.method !== 'DELETE')
        throw new TypeError(
          'the hooks of idempotency() are gone: ky.create({ …, hooks }).extend(idempotency()) keeps both',
        )
      return pickFetch()(input, rest)
    }
    stampHeaders(call, input.headers)
    const copy = call.operation.key === undefined ? undefined : input.clone()
    return send(call, input, rest, told, copy).finally(() => copy && discard(copy))
  }
  const fetch = markAttemptFetch(markIdempotentFetch(attemptFetch))
  return fetch
}
