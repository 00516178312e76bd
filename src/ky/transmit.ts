import {
  followRedirect,
  followerOf,
  isRead,
  isRedirect,
  type Landing,
  type RedirectedRequest,
} from '../transport/follow-redirect.js'
import type { FetchLike } from '../transport/fetch-like.js'
import { settleResponse } from '../transport/settled-response.js'
import type { KyCall } from './ky-call.js'
import type { Transmitted } from './share-in-flight.js'
import { settingsOf, stampBody } from './stamp-body.js'

/** What an attempt sends. */
export interface Outgoing {
  readonly request: Request
  readonly init: RequestInit
  /** The call's request with its body, not yet stamped. */
  readonly copy: Request | undefined
}

/** What sends, and how much of an answer is read. */
export interface Transmitter {
  readonly pickFetch: () => FetchLike
  readonly maxResponseBytes: number
}

/** Lets go of a body that will not be read: the first releases of ky 1.14 wait for every copy of it before they settle. */
export function discard(request: Request): void {
  request.body?.cancel().catch(() => undefined)
}

/** @throws `LostBehindRedirect` */
function follow(
  { request, init, body }: Outgoing & Pick<RedirectedRequest, 'body'>,
  fetch: FetchLike,
  answer: Response,
  signal: AbortSignal,
): Promise<Landing> {
  const { method, url, headers } = request
  return followRedirect(answer, { method, url, headers, body }, (to, sent) =>
    fetch(new Request(to, { ...settingsOf(request), ...sent }), { ...init, signal }),
  )
}

/**
 * Sends one attempt of a call and reads its answer.
 *
 * @throws what the fetch throws, or the connection while the body arrives.
 */
export async function transmit(
  { pickFetch, maxResponseBytes }: Transmitter,
  call: KyCall,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<Transmitted> {
  const { request, init, copy } = outgoing
  const fetch = pickFetch()
  const isOurs = followerOf(fetch, request.method, request) === 'us'
  // Whoever joins a call goes on without its first caller, who takes the copy along.
  const own = isOurs && (copy === undefined || call.isGiven) ? request.clone() : undefined
  let again: Promise<Blob | null> | undefined
  const read = async () => {
    const bytes = await (own ?? (await stampBody(call, (copy as Request).clone()))).arrayBuffer()
    return bytes.byteLength > 0 ? new Blob([bytes]) : null
  }
  const body = () => (again ??= read())
  let isOk = false
  try {
    let response = await fetch(request, { ...init, ...(isOurs && { redirect: 'manual' }), signal })
    let isWrite = false
    if (isOurs && isRedirect(response))
      ({ response, isWrite } = await follow({ ...outgoing, body }, fetch, response, signal))
    // Reads are streamed to the caller when they succeed; everything else is read to its end within the attempt.
    const settled =
      isRead(request.method) && response.ok
        ? { response, bytes: undefined }
        : await settleResponse(response, maxResponseBytes)
    // A fetch that does not heed its signal brings its answer when nobody waits for it any more.
    if (signal.aborted && settled.bytes === undefined) settled.response.body?.cancel().catch(() => undefined)
    isOk = response.ok
    return { ...settled, redirected: response.redirected && !isWrite }
  } finally {
    // ky itself lets go of the last request alone.
    if (!isOk) discard(request)
    if (own) discard(own)
  }
}
