import { isIdempotencyError, type Outcome } from '../errors/idempotency-error.js'

/** What {@link idempotencyOf} tells about an operation. */
export interface IdempotencyFacts {
  /** The key that the operation carried, `undefined` when it had none. */
  readonly key: string | undefined
  /** Requests that were sent, the first one included. */
  readonly attempts: number
  /** The server answered from its store instead of doing the work again. */
  readonly replayed: boolean
  /** What is true of the operation. */
  readonly outcome: Outcome
}

/** `null` marks an object that more than one operation ended with, such as the reason of a shared signal. */
const factsOf = new WeakMap<object, IdempotencyFacts | null>()

/** Ties facts to the response or error that ends an operation. */
export function rememberFacts(end: unknown, facts: IdempotencyFacts): void {
  if (typeof end !== 'object' || end === null) return
  const known = factsOf.get(end)
  const isShared = known === null || (known !== undefined && known.key !== facts.key)
  factsOf.set(end, isShared ? null : facts)
}

/**
 * Tells what happened to the operation that ended with this response or error: its key, how many requests it took,
 * whether the answer was replayed, and its outcome. `undefined` for anything else, and for an abort reason that
 * ended more than one operation.
 *
 * @example
 * ```ts
 * const response = await send('https://api.example.com/orders', { method: 'POST', body: '{}' })
 * console.log(idempotencyOf(response)?.outcome) // 'applied'
 * ```
 */
export function idempotencyOf(end: unknown): IdempotencyFacts | undefined {
  for (let at = end, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth += 1) {
    const facts = factsOf.get(at)
    if (facts !== undefined) return facts ?? undefined
    if (isIdempotencyError(at)) {
      const { key, attempts, outcome } = at
      return { key, attempts, replayed: false, outcome }
    }
    const { response, request, cause } = at as { response?: unknown; request?: unknown; cause?: unknown }
    for (const near of [response, request]) {
      const nearFacts = typeof near === 'object' && near !== null ? factsOf.get(near) : undefined
      if (nearFacts) return nearFacts
    }
    at = cause
  }
  return undefined
}
