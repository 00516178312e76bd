import { findHeader } from './capture-headers.js'
import type { CapturedRequest } from './capture-request.js'
import type { FetchLike } from './fetch-like.js'
import { isKnownFetch } from './known-fetch.js'
import { LostBehindRedirect } from './transport-failure.js'

/** Whether a method only reads. */
export function isRead(method: string): boolean {
  return method !== 'POST' && /^(?:GET|HEAD|OPTIONS)$/i.test(method)
}

/** Whether an answer only says where to go. */
export function isRedirect({ status, headers }: Response): boolean {
  return [301, 302, 303, 307, 308].includes(status) && headers.has('location')
}

/** Who follows the redirects of a write: nobody; the fetch that sends it; or we, one request at a time. */
export type Follower = 'nobody' | 'fetch' | 'us'

/**
 * Node's errors name an address and not a host, and Bun's the URL that was asked for first: a connection that is refused
 * where fetch itself followed a redirect, perhaps after the write was applied, cannot be told from one that was refused at
 * once. So we follow where we can do it as fetch does.
 */
export function followerOf(
  fetch: FetchLike,
  method: string,
  {
    redirect = 'follow',
    mode = 'cors',
    integrity = '',
  }: Pick<RequestInit, 'redirect' | 'mode' | 'integrity'>,
): Follower {
  if (redirect !== 'follow' || isRead(method)) return 'nobody'
  return mode === 'cors' && integrity === '' && isKnownFetch(fetch) ? 'us' : 'fetch'
}

/** A request, as far as a redirect has to do with it. */
export interface RedirectedRequest {
  readonly method: string
  readonly url: string
  readonly headers: HeadersInit
  /** The same body again. */
  readonly body: () => BodyInit | null | Promise<BodyInit | null>
}

/** The operation that an attempt belongs to, as far as a redirect has to do with it. */
export interface Traveller {
  readonly key: string | undefined
  /** Whether the write may be sent on: another server knows no key that it has never been sent. */
  readonly mayMoveTo: (url: string, isOtherServer: boolean) => boolean
  /** The URL at another server where it has been sent on to, and may have been executed: it is sent there at once. */
  readonly landing: string | undefined
}

/** Where redirects have led. */
export interface Landing {
  readonly response: Response
  /** The write itself went there, not a GET in its place: the answer is that of the write. */
  readonly isWrite: boolean
  /** A 302 has sent a write on that some servers have executed by then: they say so to a browser, which would send a GET. */
  readonly isAtLeast?: boolean
}

const bodyHeaders = ['encoding', 'language', 'location', 'type', 'length'].map((name) => `content-${name}`)
const ownHeaders = ['authorization', 'proxy-authorization', 'cookie', 'host']

/** The request as a redirect has led it to another server. */
export function landAt(request: CapturedRequest, url: string): CapturedRequest {
  const headers = { ...request.headers }
  for (const name of ownHeaders) delete headers[findHeader(headers, name) ?? name]
  return { ...request, url, headers }
}

/** As many redirects as fetch follows. */
const maxRedirects = 20

/**
 * Sends a write on to where its answer leads, as the fetch standard says (https://fetch.spec.whatwg.org/#http-redirect-fetch).
 *
 * @throws {@link LostBehindRedirect} for whatever goes wrong there.
 */
export async function followRedirect(
  answer: Response,
  { method, url, headers: given, body }: RedirectedRequest,
  send: (url: string, init: RequestInit) => Promise<Response>,
  traveller?: Traveller,
): Promise<Landing> {
  let response = answer
  let isWrite = true
  let isAtLeast = false
  try {
    let from = new URL(url)
    const headers = new Headers(given)
    for (let count = 1; isWrite && isRedirect(response); count += 1) {
      const { status } = response
      const to = locationOf(response, from)
      const staysWrite = status !== 303 && (status > 303 || !/^POST$/i.test(method))
      if (staysWrite && traveller?.mayMoveTo(to.href, !isSameServer(from, to)) === false) break
      response.body?.cancel().catch(() => undefined)
      if (count > maxRedirects) throw new TypeError(`more than ${maxRedirects} redirects`)
      if (to.origin !== from.origin) ownHeaders.forEach((name) => headers.delete(name))
      isWrite = staysWrite
      isAtLeast ||= staysWrite && status === 302
      if (!isWrite) bodyHeaders.forEach((name) => headers.delete(name))
      response = await (isWrite
        ? send(to.href, { method, headers, body: await body(), redirect: 'manual' })
        : send(to.href, { method: 'GET', headers, redirect: 'follow' }))
      from = to
    }
  } catch (cause) {
    throw new LostBehindRedirect('fetch failed', { cause })
  }
  // Where the write must not go, the redirect itself is the answer.
  if (response !== answer) Object.defineProperty(response, 'redirected', { value: true })
  return { response, isWrite, isAtLeast }
}

/** Whether a redirect leads back to the server that gave it, or to its secure port. */
function isSameServer(from: URL, to: URL): boolean {
  return (
    to.origin === from.origin ||
    (to.hostname === from.hostname && to.protocol === 'https:' && from.protocol === 'http:')
  )
}

/** @throws `TypeError` for what fetch does not go to. */
function locationOf({ headers }: Response, from: URL): URL {
  // A header is read octet by octet; what servers write there is UTF-8.
  const octets = Uint8Array.from(headers.get('location') ?? '', (letter) => letter.charCodeAt(0))
  const to = new URL(new TextDecoder().decode(octets), from)
  if (!/^https?:$/.test(to.protocol))
    throw new TypeError(`the server redirects to ${to.protocol}, where fetch does not go`)
  if (to.username !== '' || to.password !== '')
    throw new TypeError('the server redirects to a URL with credentials')
  return to
}
