/** Whatever sends as `fetch` does. Wider than `typeof fetch`, which in Bun also asks for functions beside it. */
export type FetchLike = (input: string | URL | Request, init?: RequestInit) => Promise<Response>
