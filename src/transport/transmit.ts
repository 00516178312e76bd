import { classOf, unused, type CapturedRequest } from './capture-request.js'
import { isSentOnce } from './captured-body.js'
import type { FetchLike } from './fetch-like.js'
import { followRedirect, followerOf, type Follower, type Landing, type Traveller } from './follow-redirect.js'
import { sendOnceInit } from './layer-below.js'
import { isBytes } from './web-shapes.js'

/** Bytes in a form that Node 20 and 22, too, can send on to where a redirect leads. */
function asBlob(bytes: Uint8Array): Blob {
  return new Blob([bytes as BlobPart])
}

/** Who follows the redirects of a request. */
export function followerIn({ method, rest, base }: CapturedRequest, fetch: FetchLike): Follower {
  if (base === undefined) return followerOf(fetch, method, rest)
  const follower = followerOf(fetch, method, { redirect: rest.redirect ?? base.redirect })
  // A `Request` may hold what cannot be seen, such as a dispatcher.
  return follower === 'us' ? 'fetch' : follower
}

/** Sends the first request of an attempt. */
export function transmit(
  fetch: FetchLike,
  request: CapturedRequest,
  signal: AbortSignal | undefined,
  isOurs: boolean,
): Promise<Response> {
  const { method, url, headers, body, rest, base } = request
  // Not given counts as `undefined`; `null` would take away that of a `Request`.
  const init: RequestInit & { duplex?: 'half' } = { method, headers, signal: signal as AbortSignal }
  // Not spread: V8 takes microseconds for an object that is spread first and then added to.
  Object.assign(init, rest, sendOnceInit(request))
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

/**
 * Sends the request on to where its answer leads.
 *
 * @throws `LostBehindRedirect`
 */
export function follow(
  fetch: FetchLike,
  request: CapturedRequest,
  answer: Response,
  signal: AbortSignal | undefined,
  traveller: Traveller | undefined,
): Promise<Landing> {
  // A stream is used up by now.
  const body = () =>
    (isBytes(request.body) ? asBlob(request.body) : (request.body ?? null)) as BodyInit | null
  const send = (url: string, init: RequestInit) =>
    fetch(url, { ...request.rest, ...init, signal: signal as AbortSignal })
  return followRedirect(answer, { ...request, body }, send, traveller)
}
