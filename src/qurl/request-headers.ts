const canonicalNames = new Map([
  ['accept', 'Accept'],
  ['authorization', 'Authorization'],
  ['content-type', 'Content-Type'],
  ['user-agent', 'User-Agent'],
])

/** What the headers of a request are made from. */
export interface HeaderFacts {
  readonly credential: string | undefined
  readonly userAgent: string
  readonly hasBody: boolean
  /** Those that the caller gave for this call. */
  readonly given: Headers | undefined
}

/** The headers of one request but for its key, as a plain object, which every stand-in for `fetch` takes. */
export function requestHeaders({
  credential,
  userAgent,
  hasBody,
  given,
}: HeaderFacts): Record<string, string> {
  const headers: Record<string, string> = { Accept: 'application/json', 'User-Agent': userAgent }
  if (credential !== undefined) headers['Authorization'] = `Bearer ${credential}`
  if (hasBody) headers['Content-Type'] = 'application/json'
  if (given === undefined) return headers
  for (const [name, value] of given) {
    // The client's own name, which the caller cannot change.
    if (name !== 'user-agent') headers[canonicalNames.get(name) ?? name] = value
  }
  return headers
}
