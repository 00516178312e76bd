import type { SeenAnswer } from '../contract/key-evidence.js'
import type { AttemptResult, OnStatus } from './attempted.js'
import type { CapturedRequest } from './capture-request.js'
import { findProblem } from './check-answer.js'
import { watchConnectErrors } from './connect-errors.js'
import type { BodyReading } from './decide-reading.js'
import type { FetchLike } from './fetch-like.js'
import { isRead, isRedirect, landAt, type Landing, type Traveller } from './follow-redirect.js'
import { isKnownFetch, isUndici } from './known-fetch.js'
import { canBeResentBelow, mayHaveDispatcher } from './layer-below.js'
import { excessBytes, readLoss, refuseLength } from './read-loss.js'
import { watchSending } from './sent-below.js'
import { discard, settleResponse, type SettledBody } from './settled-response.js'
import { isSignalRefused } from './transport-failure.js'
import { follow, followerIn, transmit } from './transmit.js'
import { webClass } from './web-shapes.js'

/** How an attempt is sent and its answer read. */
export interface Sender {
  /** What sends now. */
  readonly pickFetch: () => FetchLike
  /** How it is called, where that is not as fetch is. */
  readonly adapt?: ((fetch: FetchLike) => FetchLike) | undefined
  readonly maxResponseBytes: number
  /** What the caller has chosen for the body. @defaultValue what the answer's type and length say */
  readonly bodyReading?: BodyReading | undefined
  /** The fetch knows no signal of the class that this runtime makes. @defaultValue `false` */
  readonly hidesSignal?: boolean
}

/** May put another answer in the place of the one that came. What it throws ends the operation. */
export type Inspect = (response: Response, request: CapturedRequest) => Promise<Response>

/**
 * Sends one attempt and reads its answer, until `signal` aborts. A lost answer is a result, not an exception, and so is what
 * `inspect` throws, and an answer that is no response.
 *
 * `onStatus` is told of the status of an error as soon as it is there: that its body does not end takes nothing from it.
 */
export async function sendAttempt(
  sender: Sender,
  asked: CapturedRequest,
  signal: AbortSignal,
  inspect: Inspect | undefined,
  onStatus?: OnStatus<Response>,
  traveller?: Traveller,
): Promise<AttemptResult<Response>> {
  const request = traveller?.landing === undefined ? asked : landAt(asked, traveller.landing)
  const picked = sender.pickFetch()
  const fetch = sender.adapt?.(picked) ?? picked
  const follower = followerIn(request, picked)
  const isOurs = follower === 'us'
  let isAtLeast = canBeResentBelow(picked, request)
  watchConnectErrors()
  const isWatched = !isKnownFetch(picked) || mayHaveDispatcher(request)
  const watch = isWatched && !isRead(request.method) ? watchSending(picked) : undefined
  const lose = (error: unknown, isCut = false, seen?: SeenAnswer) =>
    readLoss(error, request, follower === 'fetch', isAtLeast, isCut, seen, watch)
  if (Math.abs(excessBytes(request)) > 0 && isUndici(picked)) return refuseLength()
  const given = sender.hidesSignal ? undefined : signal
  let landing: Landing
  try {
    const first = await transmit(fetch, request, given, isOurs)
    landing =
      isOurs && isRedirect(first)
        ? await follow(fetch, request, first, given, traveller)
        : { response: first, isWrite: false }
  } catch (error) {
    // Before anything is sent. Test environments put another `AbortController` in place of the runtime's.
    if (given && !given.aborted && isSignalRefused(error, given))
      return sendAttempt({ ...sender, hidesSignal: true }, asked, signal, inspect, onStatus, traveller)
    return lose(error)
  }
  const { response: answer, isWrite } = landing
  // What follows is our own: where it fails, the answer is not lost.
  const problem = findProblem(answer)
  if (problem !== undefined) return reportProblem(answer, problem)
  const key = answer.status >= 400 ? traveller?.key : undefined
  isAtLeast ||= landing.isAtLeast === true || (key !== undefined && watch?.wasRepeated(key) === true)
  // A fetch that does not heed its signal brings its answer when the attempt is long over.
  if (signal.aborted) {
    discard(answer)
    return lose(signal.reason)
  }
  if (answer.status >= 400) onStatus?.(report({ response: answer, bytes: undefined }, isWrite, isAtLeast))
  let body: SettledBody
  try {
    // An answer to HEAD has no body; what its headers say is about that of a GET.
    body = await readBody(
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
    onStatus?.(report(body, isWrite, isAtLeast), true)
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
        const shown = await readBody(inspected, sender)
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

function readBody(response: Response, sender: Sender): SettledBody | Promise<SettledBody> {
  return settleResponse(response, sender.maxResponseBytes, sender.bodyReading)
}

/** What an answer tells. `isWrite`: it is that of the write, wherever redirects have led. */
function report(
  { response, bytes }: SettledBody,
  isWrite: boolean,
  isAtLeast: boolean,
  failure?: AttemptResult<Response>['failure'],
): AttemptResult<Response> {
  const { status, headers } = response
  const isMoved = response.redirected
  const redirected = isMoved && !isWrite
  const isBodyLost = status >= 400 && bytes === undefined && Boolean(response.body)
  const attempted = { status, headers, bytes, redirected, isMoved, isBodyLost, isAtLeast }
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
