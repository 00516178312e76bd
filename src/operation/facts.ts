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
  /** A layer below `fetch` may have sent more requests than `attempts` counts. Absent where none is known to. */
  readonly isLowerBound?: true
  /** The first attempt with a new key was answered from the server's store: a layer below has sent it twice. Absent otherwise. */
  readonly hiddenResend?: true
  /**
   * The server has shown that it ignores keys, and more than one attempt may have been executed: the write may have been applied
   * twice. Absent otherwise.
   */
  readonly mayHaveRunTwice?: true
  /**
   * Nobody documents how long this server keeps keys: the contract assumes it. Absent where it is documented, and without a key.
   * It is read by name, and not listed when the facts are printed.
   */
  readonly ttlAssumed?: true
}

/**
 * The facts under a contract whose retention is assumed. As that is so for all of its operations, it stands on the prototype:
 * printed or compared, facts are the same under every contract.
 */
export class AssumedFacts {
  declare readonly key: string | undefined
  declare readonly attempts: number
  declare readonly replayed: boolean
  declare readonly outcome: Outcome

  constructor(key: string | undefined, attempts: number, replayed: boolean, outcome: Outcome) {
    this.key = key
    this.attempts = attempts
    this.replayed = replayed
    this.outcome = outcome
  }

  get ttlAssumed(): true {
    return true
  }
}
Object.defineProperty(AssumedFacts.prototype, 'constructor', { value: Object })

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
  const known = readMember(end, factsTag) as Tagged[typeof factsTag]
  const isShared = known === null || (known && (known.key !== facts.key || ownerOf.get(known) !== owner))
  replaceFacts(end, isShared ? null : facts)
}

/** Ties facts to an end in place of those that it has, such as those of a look-up. `null` marks it as shared. */
export function replaceFacts(end: object, value: IdempotencyFacts | null): void {
  try {
    // A response of any class, or what had facts before. Nobody lists its properties, and to define one takes longer than to set it.
    const isNew = !(factsTag in end)
    if (!isNew || Object.prototype.toString.call(end) === '[object Response]') {
      ;(end as Tagged)[factsTag] = value
      if (isNew) tellCopies(end as Response)
      return
    }
  } catch {
    // Frozen, or tagged by a copy of the package that lets nobody else.
  }
  try {
    Reflect.defineProperty(end, factsTag, { value, configurable: true, writable: true })
  } catch {
    // A proxy that was revoked.
  }
}

/** Has the copies of a response answer for its facts, too: a hook or a library often gives its caller a copy. */
function tellCopies(response: Response & Tagged): void {
  const { clone } = response
  if (typeof clone !== 'function') return
  const value = () => {
    const copy: Response & Tagged = clone.call(response)
    copy[factsTag] = response[factsTag]
    tellCopies(copy)
    return copy
  }
  Reflect.defineProperty(response, 'clone', { value, configurable: true, writable: true })
}

/** Where errors keep what they were made of: `cause`, and the names that known libraries have for it. These are looked at first. */
const places =
  'response,request,cause,detail,networkError,originalError,error,reason,raw,inner,graphQLErrors,errors'.split(
    ',',
  )

/** A member, or nothing where it cannot be read. */
function readMember(from: object, name: PropertyKey): unknown {
  try {
    return (from as Record<PropertyKey, unknown>)[name]
  } catch {
    return undefined
  }
}

/** How many values are looked at before the search is given up. */
const maxLooks = 100

/** The values inside an error, nearest first. */
function* walk(end: unknown): Generator<object> {
  const seen = new Set<unknown>()
  const queue = [end]
  for (let next = 0; next < queue.length && next < maxLooks; next += 1) {
    const at = queue[next]
    if (typeof at !== 'object' || at === null || seen.has(at)) continue
    seen.add(at)
    yield at
    for (const name of [...places, ...listMembers(at)]) {
      const inside = readMember(at, name)
      if (Array.isArray(inside)) queue.push(...inside.slice(0, maxLooks))
      else if (typeof inside === 'object') queue.push(inside)
    }
  }
}

/** The names of what a value holds. Those of bytes would be as many as there are bytes. */
function listMembers(value: object): readonly string[] {
  try {
    return ArrayBuffer.isView(value) ? [] : Object.getOwnPropertyNames(value).slice(0, maxLooks)
  } catch {
    // A proxy that was revoked.
    return []
  }
}

/**
 * Tells what happened to the operation that ended with this response or error, a copy of it, or an error that a library has
 * made of it: its key, how many requests it took,
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
  // Most have them themselves: to begin the search takes longer than to look.
  const own = typeof end === 'object' && end !== null ? readMember(end, factsTag) : undefined
  if (own) return own as IdempotencyFacts
  for (const at of walk(end)) {
    const facts = readMember(at, factsTag) as IdempotencyFacts | null | undefined
    if (facts !== undefined) return facts ?? undefined
    if (isIdempotencyError(at)) {
      const { key, attempts, outcome } = at
      return { key, attempts, replayed: false, outcome }
    }
  }
  return undefined
}
