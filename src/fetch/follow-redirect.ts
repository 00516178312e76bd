import { isPlainJavaScript, rebuild } from './settled-response.js'
import { LostBehindRedirect } from './transport-failure.js'

/** A request, as far as a redirect has to do with it. */
export interface RedirectedRequest {
  readonly method: string
  readonly url: string
  readonly headers: HeadersInit
  /** The same body again. */
  readonly body: () => BodyInit | null | undefined | Promise<BodyInit | null | undefined>
}

const bodyHeaders = [
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
  'content-length',
]
const ownHeaders = ['authorization', 'proxy-authorization', 'cookie', 'host']

/** Browsers show no redirects, and do not tell why there is no answer either. */
const showsRedirects = isPlainJavaScript || 'Deno' in globalThis || 'Bun' in globalThis

/** Who follows the redirects of a write: nobody; the fetch that sends it; or we, one request at a time. */
export type Follower = 'nobody' | 'fetch' | 'us'

/**
 * Node's errors name an address and not a host, and Bun's the URL that was asked for first: a connection that is refused
 * where fetch itself followed a redirect, perhaps after the write was applied, cannot be told from one that was refused at
 * once. So we follow, but not for a fetch of the user's own: what it adds to each request must not go to another origin.
 */
export function followerOf(
  method: string,
  redirect: RequestRedirect | undefined,
  isGlobal: boolean,
): Follower {
  if (isRead(method) || (redirect !== undefined && redirect !== 'follow')) return 'nobody'
  return isGlobal && showsRedirects ? 'us' : 'fetch'
}

/** Whether an answer only says where to go. */
export function isRedirect({ status, headers }: Response): boolean {
  return [301, 302, 303, 307, 308].includes(status) && headers.has('location')
}

/** Whether a method only reads. */
export function isRead(method: string): boolean {
  return /^(?:GET|HEAD|OPTIONS)$/i.test(method)
}

/**
 * Sends a write on to where its answer leads, as the fetch standard says (https://fetch.spec.whatwg.org/#http-redirect-fetch).
 *
 * @throws {@link LostBehindRedirect} for whatever goes wrong there.
 */
export async function followRedirect(
  answer: Response,
  request: RedirectedRequest,
  send: (url: string, init: RequestInit) => Promise<Response>,
): Promise<Response> {
  const { status } = answer
  answer.body?.cancel().catch(() => undefined)
  try {
    const from = new URL(answer.url || request.url)
    // A header is read octet by octet; what servers write there is UTF-8.
    const location = answer.headers.get('location') as string
    const octets = Uint8Array.from(location, (letter) => letter.charCodeAt(0))
    const to = new URL(new TextDecoder().decode(octets), from)
    if (!/^https?:$/.test(to.protocol)) throw new TypeError(`a redirect to ${to.protocol}`)
    const headers = new Headers(request.headers)
    if (to.origin !== from.origin) ownHeaders.forEach((name) => headers.delete(name))
    const { method } = request
    const isOver = status === 303 || (status < 303 && /^POST$/i.test(method))
    if (isOver) bodyHeaders.forEach((name) => headers.delete(name))
    const sent = isOver ? { method: 'GET' } : { method, body: (await request.body()) ?? null }
    const response = await send(to.href, { ...sent, headers, redirect: 'follow' })
    return Object.defineProperty(rebuild(response, response.body), 'redirected', { value: true })
  } catch (cause) {
    throw new LostBehindRedirect('fetch failed', { cause })
  }
}

/** The settings of a request that no redirect changes. */
export function settingsOf(base: Request): RequestInit {
  const { mode, credentials, cache, referrer, referrerPolicy, integrity, keepalive } = base
  return { mode, credentials, cache, referrer, referrerPolicy, integrity, keepalive }
}
