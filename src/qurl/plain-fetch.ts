const canonicalNames = new Map(
  ['Accept', 'Authorization', 'Content-Type', 'Idempotency-Key', 'User-Agent'].map((name) => [
    name.toLowerCase(),
    name,
  ]),
)

/**
 * Calls a `fetch` the plain way, with a URL string and an init of strings, which is all that many stand-ins for it take; and
 * never lets it follow a redirect, so that neither body nor key nor credential reaches another place.
 */
export function plainFetch(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const request = typeof input === 'object' && 'method' in input ? input : new Request(input, init)
    const body = request.method === 'GET' || request.method === 'DELETE' ? '' : await request.text()
    const headers = Object.fromEntries(
      [...request.headers].map(([name, value]) => [canonicalNames.get(name) ?? name, value]),
    )
    const response = await send(request.url, {
      method: request.method,
      headers,
      ...(body === '' ? {} : { body }),
      signal: init?.signal ?? request.signal,
      redirect: 'manual',
    })
    // A browser hides where it leads; a `fetch` that followed it all the same brings the answer of another place.
    const isRedirected = response.type === 'opaqueredirect' || response.redirected
    if (isRedirected) return new Response(null, { status: 302, statusText: 'Found' })
    return request.method === 'GET' ? readWhole(response) : response
  }
}

/** A read whose answer breaks off must fail here, where it can be sent again; for writes the hooks see to that. */
async function readWhole(response: Response): Promise<Response> {
  if (!response.ok || !response.body) return response
  const { status, statusText, headers } = response
  return new Response(await response.arrayBuffer(), { status, statusText, headers })
}
