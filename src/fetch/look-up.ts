import type { FetchLike } from '../transport/fetch-like.js'
import { isRedirect } from '../transport/follow-redirect.js'
import { discard } from '../transport/settled-response.js'

/** As many redirects as fetch follows. */
const maxRedirects = 20

/** Asks a URL. `headers` may hold credentials: they go to `origin` alone, wherever redirects lead; nowhere without one. */
export async function lookUp(
  send: FetchLike,
  url: URL,
  headers: NonNullable<RequestInit['headers']>,
  origin: string | undefined,
  signal: AbortSignal,
): Promise<Response> {
  let at = url
  for (let count = 0; at.origin === origin; count += 1) {
    const answer = await send(at, { headers, signal, redirect: 'manual' })
    // A browser does not show where a redirect leads. It asks another server before it sends such headers there.
    if (answer.type === 'opaqueredirect') return send(at, { headers, signal })
    if (!isRedirect(answer) || count === maxRedirects) return answer
    discard(answer)
    at = new URL(answer.headers.get('location') as string, at)
  }
  return send(at, { signal })
}
