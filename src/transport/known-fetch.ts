import type { FetchLike } from './fetch-like.js'

const known = new WeakMap<FetchLike, boolean>()

function sourceOf(fetch: FetchLike): string {
  return Function.prototype.toString.call(fetch)
}

/** Whether a fetch is that of undici, as Node brings it or as a package, as far as its source tells. */
export function isUndici(fetch: FetchLike): boolean {
  if ('Bun' in globalThis) return false
  let found = known.get(fetch)
  if (found === undefined) {
    found = /internal\/deps\/undici|\bfetchImpl\(init, options\)/.test(sourceOf(fetch))
    known.set(fetch, found)
  }
  return found
}

/**
 * Whether a fetch is one of undici or Bun. Another, put in its place, may add to each request what must not reach another
 * origin.
 */
export function isKnownFetch(fetch: FetchLike): boolean {
  return 'Bun' in globalThis
    ? sourceOf(fetch).includes('[native code]') && Object.hasOwn(fetch, 'preconnect')
    : isUndici(fetch)
}
