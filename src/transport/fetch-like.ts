/** Whatever sends as `fetch` does. Wider than `typeof fetch`, which in Bun also asks for functions beside it. */
export type FetchLike = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** A fetch of a package that has its own types for what it takes and gives, as undici and node-fetch do. */
export type ForeignFetch = (input: never, init?: never) => Promise<{ readonly status: number }>

/** What stands beside the call on the runtime's own fetch: in Bun, `preconnect`. */
export type FetchMembers = Pick<typeof globalThis.fetch, keyof typeof globalThis.fetch>
