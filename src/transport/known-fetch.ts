import type { FetchLike } from './fetch-like.js'

const sources = new WeakMap<FetchLike, string>()

function sourceOf(fetch: FetchLike): string {
  const known = sources.get(fetch)
  if (known !== undefined) return known
  const source = Function.prototype.toString.call(fetch)
  sources.set(fetch, source)
  return source
}

/** Whether a fetch is that of undici, as Node brings it or as a package, as far as its source tells. */
export function isUndici(fetch: FetchLike): boolean {
  return !('Bun' in globalThis) && /internal\/deps\/undici|\bfetchImpl\(init, options\)/.test(sourceOf(fetch))
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
