import { checkOption } from '../errors/check-option.js'
import type { FetchLike } from './fetch-like.js'
import { isIdempotentFetch } from './nesting.js'

/** Most bytes of a body that are kept, unless told otherwise. */
export const defaultMaxBytes = 10 * 1024 * 1024

/**
 * What sends when no `fetch` is given: the global one that is there at each call, and the one that was there before it
 * where that has become ours.
 *
 * @throws `TypeError` when the given one is ours: stacked retry loops multiply.
 */
export function takeFetch(fetch: unknown): () => FetchLike {
  const taken = fetch === undefined ? globalThis.fetch : fetch
  if (isIdempotentFetch(taken))
    throw new TypeError('fetch is already an idempotent fetch; pass the original fetch')
  if (fetch === undefined)
    return () => (isIdempotentFetch(globalThis.fetch) ? (taken as FetchLike) : globalThis.fetch)
  checkOption('fetch', fetch, 'function')
  return () => fetch as FetchLike
}
