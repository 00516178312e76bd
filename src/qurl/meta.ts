import { idempotencyOf as operationOf } from '../ky/index.js'
import type { Outcome, RateLimit } from './errors.js'

/** What an answer told beside its data. */
export interface ResultMeta {
  readonly status: number
  readonly headers: Headers
  /** The service's name for the request; give it to their support. */
  readonly requestId?: string
  readonly rateLimit?: RateLimit
  /** `createResource` found a resource that was there before. */
  readonly foundExisting?: boolean
  /** The service answered from its store: this write had been done before. */
  readonly replayed: boolean
  /** The `Idempotency-Key` of a POST or PATCH. */
  readonly key?: string
  /** Requests sent for this call. */
  readonly attempts: number
}

/** What is known of the write behind a result or an error. */
export interface Idempotency {
  readonly key: string | undefined
  readonly attempts: number
  readonly replayed: boolean
  readonly outcome: Outcome
}

const metas = new WeakMap<object, ResultMeta>()
/** `null` for an abort reason that ended more than one write. */
const writes = new WeakMap<object, Idempotency | null>()

/**
 * Tells what came with a result of the client: request id, status, headers, rate limit. The result itself stays plain data.
 *
 * @returns `undefined` for anything that is not a result of a call, such as a copy of one.
 *
 * @example
 * ```ts
 * const qurl = await client.create({ target_url: 'https://example.com' })
 * console.log(metaOf(qurl)?.requestId)
 * ```
 */
export const metaOf = (result: unknown): ResultMeta | undefined => metas.get(result as object)

/**
 * Tells of a write's result or error: its key, the attempts made, whether the service replayed an earlier answer, and the outcome.
 *
 * Also of the reason that a write was aborted with, unless it ended several.
 *
 * @returns `undefined` for anything else.
 */
export const idempotencyOf = (resultOrError: unknown): Idempotency | undefined =>
  (writes.has(resultOrError as object) ? writes.get(resultOrError as object) : operationOf(resultOrError)) ??
  undefined

/** Puts the facts of one answer on a result, which may be `undefined` or a plain value. */
export function keepMeta<T>(result: T, meta: ResultMeta | undefined, write?: Idempotency): T {
  if (typeof result !== 'object' || result === null) return result
  if (meta !== undefined) metas.set(result, meta)
  if (write !== undefined) writes.set(result, write)
  return result
}

/** Puts the facts of a write on the reason that it was aborted with, and gives the reason. */
export function keepReason(reason: unknown, write: Idempotency | undefined): unknown {
  if (typeof reason === 'object' && reason !== null && write !== undefined) {
    writes.set(reason, writes.has(reason) ? null : write)
  }
  return reason
}

/** Puts the facts of one result on another that was made from it. */
export const copyMeta = <T>(result: T, from: object): T =>
  keepMeta(result, metas.get(from), writes.get(from) ?? undefined)
