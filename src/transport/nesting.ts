const brand = Symbol.for('fetch-idempotency.fetch')

/** Marks a fetch as one that retries, in a way that survives two copies of the package in one process. */
export function markIdempotentFetch<F extends object>(fetch: F): F {
  return Object.defineProperty(fetch, brand, { value: true })
}

/** Whether a fetch retries already. */
export function isIdempotentFetch(fetch: unknown): boolean {
  return (fetch as { [brand]?: boolean } | null | undefined)?.[brand] === true
}
