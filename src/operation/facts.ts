import { isIdempotencyError } from '../errors/any-idempotency-error.js'
import type { Outcome } from '../errors/idempotency-error.js'

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

/**
 * Where the facts are kept: on the response or error itself, out of sight, so that they are found by every copy of the
 * package in a process. `null` marks an object that more than one operation ended with, such as a shared signal's reason.
 */
export const factsTag = Symbol.for('fetch-idempotency.facts')

/** What an operation has ended with. */
export interface Tagged {
  [factsTag]?: IdempotencyFacts | null | undefined
}

const ownerOf = new WeakMap<IdempotencyFacts, object>()

/**
 * Ties facts to the response or error that ends an operation. `owner` tells operations apart where the object is the
 * caller's and may end several that have the same key or none.
 */
export function rememberFacts(end: unknown, facts: IdempotencyFacts, owner?: object): void {
  if (typeof end !== 'object' || end === null) return
  if (owner !== undefined) ownerOf.set(facts, owner)
  const known = (end as Tagged)[factsTag]
  const isShared = known === null || (known && (known.key !== facts.key || ownerOf.get(known) !== owner))
  replaceFacts(end, isShared ? null : facts)
}

/** Ties facts to an end in place of those that it has, such as those of a look-up. `null` marks it as shared. */
export function replaceFacts(end: object, value: IdempotencyFacts | null): void {
  if (end instanceof Response) {
    try {
      // Nobody lists the properties of a response, and to define one takes longer than to set it.
      ;(end as Tagged)[factsTag] = value
      return
    } catch {
      // Frozen, or tagged by a copy of the package that lets nobody else.
    }
  }
  Reflect.defineProperty(end, factsTag, { value, configurable: true, writable: true })
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
    const {
      [factsTag]: facts,
      response,
      request,
      cause,
    } = at as Tagged & { [near: string]: Tagged | undefined }
    if (facts !== undefined) return facts ?? undefined
    if (isIdempotencyError(at)) {
      const { key, attempts, outcome } = at
      return { key, attempts, replayed: false, outcome }
    }
    const near = response?.[factsTag] ?? request?.[factsTag]
    if (near) return near
    at = cause
  }
  return undefined
}
