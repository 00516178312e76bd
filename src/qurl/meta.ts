import { rememberFacts } from '../operation/facts.js'
import { idempotencyOf, type IdempotencyFacts } from '../ky/index.js'
import { ERROR_CODE_UNEXPECTED_RESPONSE } from './error-codes.js'
import { createError } from './errors.js'
import type { QURLError, RateLimit } from './qurl-error.js'

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

const metas = new WeakMap<object, ResultMeta>()

/**
 * Tells what came with a result of the client: request id, status, headers, rate limit. The result itself stays plain data.
 * A row of a list tells of its page. A deletion resolves to nothing, so its promise is what to ask about.
 *
 * @returns `undefined` for anything that is not a result of a call, such as a copy of one.
 *
 * @example
 * ```ts
 * const qurl = await client.create({ target_url: 'https://example.com' })
 * console.log(metaOf(qurl)?.requestId)
 *
 * const deletion = client.deleteResource(qurl.resource_id)
 * await deletion
 * console.log(metaOf(deletion)?.requestId)
 * ```
 */
export const metaOf = (result: unknown): ResultMeta | undefined => metas.get(result as object)

/** Puts the facts of one answer on a result, for {@link metaOf} and `idempotencyOf`. */
export function keepMeta<T>(result: T, meta: ResultMeta | undefined, write: IdempotencyFacts | undefined): T {
  if (typeof result !== 'object' || result === null) return result
  if (meta !== undefined) metas.set(result, meta)
  return keepFacts(result, write)
}

/** Puts the facts of a write on its result, its error, or the reason that it was aborted with. */
export function keepFacts<T>(end: T, write: IdempotencyFacts | undefined): T {
  if (write !== undefined) rememberFacts(end, write)
  return end
}

/** Puts the facts of one result on another that was made from it. */
export const copyMeta = <T>(result: T, from: object): T =>
  keepMeta(result, metas.get(from), idempotencyOf(from))

/** Puts what a page told on one of its rows. */
export function shareMeta<T>(row: T, page: object): T {
  const meta = metas.get(page)
  if (meta !== undefined && typeof row === 'object' && row !== null) metas.set(row, meta)
  return row
}

/** The error for a result that lacks what it is for, and which it keeps. The write behind it may have been done all the same. */
export function refuseResult(detail: string, result: object): QURLError {
  const facts = idempotencyOf(result)
  const known = facts && { ...facts, outcome: 'unknown' as const }
  const error = createError({
    status: 0,
    code: ERROR_CODE_UNEXPECTED_RESPONSE,
    title: 'Unexpected response',
    detail,
    request_id: metas.get(result)?.requestId,
    data: result,
    ...(known && { key: known.key, attempts: known.attempts, outcome: known.outcome }),
  })
  return keepFacts(error, known)
}
