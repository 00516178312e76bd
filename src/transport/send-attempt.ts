import type { SeenAnswer } from '../contract/key-evidence.js'
import type { AttemptResult } from './attempted.js'
import { findProblem } from './check-answer.js'
import { findHeader } from './capture-headers.js'
import { isSentOnce } from './captured-body.js'
import type { BodyReading } from './decide-reading.js'
import { watchConnectErrors } from './connect-errors.js'
import type { FetchLike } from './fetch-like.js'
import { classOf, unused, type CapturedRequest } from './capture-request.js'
import {
  followRedirect,
  followerOf,
  isRead,
  isRedirect,
  type Follower,
  type Landing,
} from './follow-redirect.js'
import { isKnownFetch, isUndici } from './known-fetch.js'
import { canBeResentBelow, sendOnceInit } from './layer-below.js'
import { watchSending } from './sent-below.js'
import { discard, settleResponse, type SettledBody } from './settled-response.js'
import { isDeterministic, isSignalRefused, readFailure } from './transport-failure.js'
import { isBytes, isTypeError, webClass } from './web-shapes.js'

/** How an attempt is sent and its answer read. */
export interface Sender {
  /** What sends now. */
  readonly pickFetch: () => FetchLike
  readonly maxResponseBytes: number
  /** What the caller has chosen for the body. @defaultValue what the answer's type and length say */
  readonly bodyReading?: BodyReading | undefined
  /** The fetch knows no signal of the class that this runtime makes. @defaultValue `false` */
  readonly hidesSignal?: boolean
}

/** May put another answer in the place of the one that came. What it throws ends the operation. */
export type Inspect = (response: Response, request: CapturedRequest) => Promise<Response>

/** Bytes in a form that Node 20 and 22, too, can send on to where a redirect leads. */
function asBlob(bytes: Uint8Array): Blob {
  return new Blob([bytes as BlobPart])
}

function followerIn({ method, rest, base }: CapturedRequest, fetch: FetchLike): Follower {
  if (base === undefined) return followerOf(fetch, method, rest)
  const follower = followerOf(fetch, method, { redirect: rest.redirect ?? base.redirect })
  // A `Request` may hold what cannot be seen, such as a dispatcher.
  return follower === 'us' ? 'fetch' : follower
}

function transmit(
  fetch: FetchLike,
  request: CapturedRequest,
  signal: AbortSignal | undefined,
  isOurs: boolean,
): Promise<Response> {
  const { method, url, headers, body, rest, base } = request
  const init: RequestInit & { duplex?: 'half' } = {
    ...rest,
    method,
    headers,
    // Not given counts as `undefined`; `null` would take away that of a `Request`.
    signal: signal as AbortSignal,
    ...sendOnceInit(request),
  }
  if (isOurs) init.redirect = 'manual'
  if (body !== null && body !== undefined) init.body = body as BodyInit
  if (isSentOnce(body)) init.duplex = 'half'
  if (base === undefined) return fetch(url, init)
  // That of node-fetch 2 cannot stream a `Blob`.
  if (isBytes(body) && 'formData' in base) init.body = asBlob(body)
  // A `Request` that is made from another forgets whom to name as its referrer.
  const { referrer, referrerPolicy } = base
  const Class = classOf(base)
  const made = new Class(url === base.url ? base : new Class(url, unused(base)), {
    ...init,
    referrer,
    referrerPolicy,
    ...rest,
  })
  return fetch(made, rest)
}

/** @throws `LostBehindRedirect` */
function follow(
  fetch: FetchLike,
  request: CapturedRequest,
  answer: Response,
  signal: AbortSignal | undefined,
): Promise<Landing> {
  // A stream is used up by now.
  const body = () =>
    (isBytes(request.body) ? asBlob(request.body) : (request.body ?? null)) as BodyInit | null
  return followRedirect(answer, { ...request, body }, (url, init) =>
    fetch(url, { ...request.rest, ...init, signal: signal as AbortSignal }),
  )
}

/** Whether the request is one that `fetch` takes at all. The URL may be for a fetch that knows what it is relative to. */
function isSendable({ method, headers, body, rest }: CapturedRequest): boolean {
  const { mode, credentials, cache, redirect, referrerPolicy } = rest
  const settings = { mode, credentials, cache, redirect, referrerPolicy } as RequestInit
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
  try {
    const init = { ...given, method, headers, ...(body != null && { body: '' }) }
    return new (webClass('Request'))('http://a', init).method !== ''
  } catch {
    return false
  }
}

/** By how many bytes the body is longer than its `content-length`; `NaN` where one of them is not known. */
function excessBytes({ headers, body }: CapturedRequest): number {
  const name = findHeader(headers, 'content-length')
  if (name === undefined || body === null || body === undefined || isSentOnce(body)) return NaN
  const length =
    typeof body === 'string'
      ? new TextEncoder().encode(body).length
      : isBytes(body)
        ? body.byteLength
        : body.size
  return length - parseInt(headers[name] as string)
}

/** What undici says of another length than that of the body, unless it waits for ever, or sends a part first. */
function refuseLength(): AttemptResult<Response> {
  const code = 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'
  const cause = Object.assign(new Error('the body is not as long as its content-length says'), { code })
  const error = new TypeError('fetch failed', { cause })
  return { attempted: { lost: 'unsendable', error, isTimeout: false }, answer: undefined, error }
}

/** A lost answer. */
function readLoss(
  error: unknown,
  request: CapturedRequest,
  mayHaveMoved: boolean,
  isAtLeast: boolean,
  isCut: boolean,
  seen: SeenAnswer | undefined,
  wasSent: ReturnType<typeof watchSending>,
): AttemptResult<Response> {
  const verdict = readFailure(error, request.url, mayHaveMoved)
  const told = verdict === 'unknown' && isTypeError(error) && !isSendable(request) ? 'unsendable' : verdict
  const isFinal = isDeterministic(error)
  // A part of a body that is shorter than it should be, or that streams, may have been sent.
  const isPartlySent =
    verdict === 'unsendable' && isFinal && (isSentOnce(request.body) || excessBytes(request) < 0)
  const isResent = told !== 'unknown' && URL.canParse(request.url) && wasSent?.(request.method, request.url)
  // What is told of the last request says nothing of those that were sent before it.
  const isOpen = isPartlySent || isResent || (isAtLeast && (told === 'not-sent' || isFinal))
  const attempted = {
    lost: isOpen ? 'unknown' : told,
    error,
    isTimeout: false,
    isCut,
    seen,
    isFinal,
    isAtLeast: isAtLeast || isResent === true,
  } as const
  return { attempted, answer: undefined, error }
}

/**
 * Sends one attempt and reads its answer, until `signal` aborts. A lost answer is a result, not an exception, and so is what
 * `inspect` throws, and an answer that is no response.
 *
 * `onStatus` is told of an answer whose status holds whatever becomes of its body, as soon as it is there: that an error's body
 * does not end takes nothing from its status.
 */
export async function sendAttempt(
  sender: Sender,
  request: CapturedRequest,
  signal: AbortSignal,
  inspect: Inspect | undefined,
  onStatus?: (result: AttemptResult<Response>) => void,
): Promise<AttemptResult<Response>> {
  const fetch = sender.pickFetch()
  const follower = followerIn(request, fetch)
  const isOurs = follower === 'us'
  const isAtLeast = canBeResentBelow(fetch, request)
  watchConnectErrors()
  const wasSent = isRead(request.method) || isKnownFetch(fetch) ? undefined : watchSending()
  const lose = (error: unknown, isCut = false, seen?: SeenAnswer) =>
    readLoss(error, request, follower === 'fetch', isAtLeast, isCut, seen, wasSent)
  let answer: Response
  let isWrite = false
  if (Math.abs(excessBytes(request)) > 0 && isUndici(fetch)) return refuseLength()
  const given = sender.hidesSignal ? undefined : signal
  try {
    answer = await transmit(fetch, request, given, isOurs)
    if (isOurs && isRedirect(answer))
      ({ response: answer, isWrite } = await follow(fetch, request, answer, given))
  } catch (error) {
    // Before anything is sent. Test environments put another `AbortController` in place of the runtime's.
    if (given && !given.aborted && isSignalRefused(error))
      return sendAttempt({ ...sender, hidesSignal: true }, request, signal, inspect, onStatus)
    return lose(error)
  }
  // What follows is our own: where it fails, the answer is not lost.
  const problem = findProblem(answer)
  if (problem !== undefined) return reportProblem(answer, problem)
  // A fetch that does not heed its signal brings its answer when the attempt is long over.
  if (signal.aborted) {
    discard(answer)
    return lose(signal.reason)
  }
  if (answer.status >= 400)
    onStatus?.(report({ response: answer, bytes: undefined, isBodyLost: true }, isWrite, isAtLeast))
  let body: SettledBody
  try {
    // An answer to HEAD has no body; what its headers say is about that of a GET.
    body = await settle(
      answer,
      /^head$/i.test(request.method) ? { ...sender, bodyReading: 'stream' } : sender,
    )
  } catch (error) {
    return lose(error, true)
  }
  const { cut, bytes, failure } = body
  if (cut !== undefined) {
    const { status, headers, redirected } = answer
    // What a redirect led to may be the answer of another request.
    const seen = redirected && !isWrite ? undefined : { status, headers, bytes }
    return lose(cut.error, true, seen)
  }
  if (failure !== undefined) return report(body, isWrite, isAtLeast, failure)
  // Read before it is shown, so that what a hook throws is its own and not the connection's.
  if (inspect !== undefined && !signal.aborted) {
    const { response } = body
    let inspected: Response
    try {
      inspected = await inspect(response, request)
      const problem = findProblem(inspected)
      if (problem !== undefined) throw problem
    } catch (error) {
      return report(body, isWrite, isAtLeast, { error })
    }
    if (inspected !== response) {
      try {
        const shown = await settle(inspected, sender)
        if (shown.cut !== undefined) throw shown.cut.error
        // What a hook puts in the place of a success does not undo what the server has done.
        if (response.ok) return { ...report(body, isWrite, isAtLeast), answer: shown.response }
        body = shown
      } catch (error) {
        return response.ok ? report(body, isWrite, isAtLeast, { error }) : lose(error, true)
      }
    }
  }
  if (signal.aborted) discard(body.response)
  return report(body, isWrite, isAtLeast)
}

function settle(response: Response, sender: Sender): SettledBody | Promise<SettledBody> {
  return settleResponse(response, sender.maxResponseBytes, sender.bodyReading)
}

/** What an answer tells. `isWrite`: it is that of the write, wherever redirects have led. */
function report(
  { response, bytes, isBodyLost = false }: SettledBody,
  isWrite: boolean,
  isAtLeast: boolean,
  failure?: AttemptResult<Response>['failure'],
): AttemptResult<Response> {
  const { status, headers } = response
  const redirected = response.redirected && !isWrite
  const attempted = { status, headers, bytes, redirected, isBodyLost, isAtLeast }
  return { attempted, answer: response, error: undefined, failure }
}

/** What is no response ends the operation, with the outcome that its status tells, if it has one. */
function reportProblem(answer: { status?: unknown } | undefined, error: TypeError): AttemptResult<Response> {
  const status = error.cause === undefined ? answer?.status : undefined
  const attempted =
    typeof status === 'number'
      ? { status, headers: new (webClass('Headers'))(), bytes: undefined }
      : ({ lost: 'unknown', error, isTimeout: false } as const)
  return { attempted, answer: undefined, error, failure: { error } }
}
