import type { AttemptResult } from './attempted.js'
import type { FetchLike } from './fetch-like.js'
import { unused, type CapturedRequest } from './capture-request.js'
import {
  followRedirect,
  followerOf,
  isRead,
  isRedirect,
  type Follower,
  type Landing,
} from './follow-redirect.js'
import { settleResponse, type SettledBody } from './settled-response.js'
import { readFailure } from './transport-failure.js'

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
function readLoss(
  error: unknown,
  request: CapturedRequest,
  mayHaveMoved: boolean,
  isCut: boolean,
): AttemptResult<Response> {
  const verdict = readFailure(error, request.url, mayHaveMoved)
  const lost =
    verdict === 'unknown' && error instanceof TypeError && !isSendable(request) ? 'unsendable' : verdict
  return { attempted: { lost, error, isTimeout: false, isCut }, answer: undefined, error }
}

/** Reads are streamed to the caller when they succeed; everything else is read to its end within the attempt. */
function isBodyRead(method: string, response: Response): boolean {
  return !response.ok || !isRead(method)
}

/**
 * Sends one attempt and reads its answer, until `signal` aborts. A lost answer is a result, not an exception, and so is what
 * `inspect` throws.
 */
export async function sendAttempt(
  sender: Sender,
  request: CapturedRequest,
  signal: AbortSignal,
  inspect: Inspect | undefined,
): Promise<AttemptResult<Response>> {
  const { method } = request
  const fetch = sender.pickFetch()
  const follower = followerIn(request, fetch)
  const isOurs = follower === 'us'
  const read = (response: Response) =>
    isBodyRead(method, response)
      ? settleResponse(response, sender.maxResponseBytes)
      : { response, bytes: undefined }
  let isCut = false
  const lose = (error: unknown) => readLoss(error, request, follower === 'fetch', isCut)
  let answered: Answered
  try {
    answered = await receive()
  } catch (error) {
    return lose(error)
  }
  // Read before it is shown, so that what a hook throws is its own and not the connection's.
  if (inspect !== undefined && !signal.aborted) {
    const { response } = answered
    let inspected: Response
    try {
      inspected = await inspect(response, request)
    } catch (error) {
      return report(answered, { error })
    }
    if (inspected !== response) {
      try {
        const shown = await read(inspected)
        // What a hook puts in the place of a success does not undo what the server has done.
        if (response.ok) return { ...report(answered), answer: shown.response }
        answered = { ...answered, ...shown }
      } catch (error) {
        return response.ok ? report(answered, { error }) : lose(error)
      }
    }
  }
  if (signal.aborted) discard(answered.response)
  return report(answered)

  async function receive(): Promise<Answered> {
    let answer = await transmit(fetch, request, signal, isOurs)
    let isWrite = false
    if (isOurs && isRedirect(answer))
      ({ response: answer, isWrite } = await follow(fetch, request, answer, signal))
    // A fetch that does not heed its signal brings its answer when the attempt is long over.
    if (signal.aborted) {
      discard(answer)
      throw signal.reason
    }
    isCut = true
    const { response, bytes } = await read(answer)
    return { response, bytes, isWrite }
  }
}

function report(
  { response, bytes, isWrite }: Answered,
  failure?: { readonly error: unknown },
): AttemptResult<Response> {
  const { status, headers } = response
  const redirected = response.redirected && !isWrite
  return { attempted: { status, headers, bytes, redirected }, answer: response, error: undefined, failure }
}

/** An answer that was read, and whether it is that of the write. */
interface Answered extends SettledBody {
  readonly isWrite: boolean
}

/** Frees the connection of an answer that nobody will read. */
export function discard(response: Response | undefined): void {
  if (response?.body && !response.bodyUsed) response.body.cancel().catch(() => undefined)
}
