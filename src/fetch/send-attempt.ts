import { startTimer } from '../clock/start-timer.js'
import type { Attempted } from '../guard/call.js'
import type { FetchLike } from './idempotent-init.js'
import { unused, type CapturedRequest } from './capture-request.js'
import type { Run } from './run.js'
import {
  followRedirect,
  followerOf,
  isRead,
  isRedirect,
  type Follower,
  type Landing,
} from './follow-redirect.js'
import { settleResponse } from './settled-response.js'
import { readFailure } from './transport-failure.js'

/** What an attempt gave the host, beside what it tells the guard. */
export interface AttemptResult {
  readonly attempted: Attempted
  readonly response: Response | undefined
  readonly error: unknown
}

/** How an attempt is sent and its answer read. */
export interface Sender {
  /** What sends now. */
  readonly pickFetch: () => FetchLike
  readonly maxResponseBytes: number
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
  signal: AbortSignal,
  isOurs: boolean,
): Promise<Response> {
  const { method, url, headers, body, rest, base } = request
  const init: RequestInit & { duplex?: 'half' } = { ...rest, method, headers, signal }
  if (isOurs) init.redirect = 'manual'
  if (body !== null && body !== undefined) init.body = body as BodyInit
  if (body instanceof ReadableStream) init.duplex = 'half'
  if (base === undefined) return fetch(url, init)
  if (body instanceof Uint8Array) init.body = asBlob(body)
  // A `Request` that is made from another forgets whom to name as its referrer.
  const { referrer, referrerPolicy } = base
  const made = new Request(url === base.url ? base : new Request(url, unused(base)), {
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
  signal: AbortSignal,
): Promise<Landing> {
  // A stream is used up by now.
  const body = () =>
    (request.body instanceof Uint8Array ? asBlob(request.body) : (request.body ?? null)) as BodyInit | null
  return followRedirect(answer, { ...request, body }, (url, init) =>
    fetch(url, { ...request.rest, ...init, signal }),
  )
}

/** Whether the request is one that `fetch` takes at all. The URL may be for a fetch that knows what it is relative to. */
function isSendable({ method, headers, body }: CapturedRequest): boolean {
  try {
    return new Request('http://a', { method, headers, ...(body != null && { body: '' }) }).method !== ''
  } catch {
    return false
  }
}

/** A lost answer. */
function readLoss(error: unknown, request: CapturedRequest, mayHaveMoved: boolean): AttemptResult {
  const verdict = readFailure(error, request.url, mayHaveMoved)
  const lost =
    verdict === 'unknown' && error instanceof TypeError && !isSendable(request) ? 'unsendable' : verdict
  return { attempted: { lost, error, isTimeout: false }, response: undefined, error }
}

/** Reads are streamed to the caller when they succeed; everything else is read to its end within the attempt. */
function isBodyRead(method: string, response: Response): boolean {
  return !response.ok || !isRead(method)
}

/**
 * Sends one attempt and reads its answer, both within `timeoutMs`. A lost answer is a result, not an exception.
 *
 * @throws the reason of the run's stop, and what `inspect` throws.
 */
export function sendAttempt(
  sender: Sender,
  request: CapturedRequest,
  timeoutMs: number,
  run: Run,
  inspect: Inspect | undefined,
): Promise<AttemptResult> {
  return new Promise((resolve, reject) => {
    if (run.isStopped) return reject(run.reason)
    const controller = new AbortController()
    const { signal } = controller
    const expire = () => {
      const reason = new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError')
      const attempted = { lost: 'unknown', error: reason, isTimeout: true } as const
      resolve({ attempted, response: undefined, error: reason })
      controller.abort(reason)
    }
    const { method } = request
    const fetch = sender.pickFetch()
    const follower = followerIn(request, fetch)
    const timer = startTimer(expire, timeoutMs)
    run.attempt = controller
    run.timer = timer
    run.reject = reject

    const read = (response: Response) =>
      isBodyRead(method, response)
        ? settleResponse(response, sender.maxResponseBytes)
        : { response, bytes: undefined }
    const receive = async () => {
      const isOurs = follower === 'us'
      let answer = await transmit(fetch, request, signal, isOurs)
      let isWrite = false
      if (isOurs && isRedirect(answer))
        ({ response: answer, isWrite } = await follow(fetch, request, answer, signal))
      // A fetch that does not heed its signal brings its answer when the attempt is long over.
      if (signal.aborted) return answer.body?.cancel()
      let { response, bytes } = await read(answer)
      if (inspect !== undefined && !signal.aborted) {
        // Read before it is shown, so that what a hook throws is its own and not the connection's.
        const inspected = await inspect(response, request).catch((error: unknown) => {
          clearTimeout(timer)
          reject(error)
          controller.abort(error)
        })
        if (inspected === undefined) return
        if (inspected !== response) ({ response, bytes } = await read(inspected))
      }
      if (signal.aborted) return response.body?.cancel()
      clearTimeout(timer)
      const { status, headers } = response
      const redirected = response.redirected && !isWrite
      run.isStreaming = bytes === undefined && response.body !== null
      resolve({ attempted: { status, headers, bytes, redirected }, response, error: undefined })
    }
    receive().catch((error: unknown) => {
      clearTimeout(timer)
      resolve(readLoss(error, request, follower === 'fetch'))
    })
  })
}
