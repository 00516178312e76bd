import { rememberFacts } from '../operation/facts.js'
import type { IdempotencyFacts } from '../ky/index.js'
import { answerOf, keepAnswer, type KeptAnswer } from './kept-answer.js'
import type { QURLError, RateLimit } from './qurl-error.js'
import { unexpected } from './validate.js'

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
export const metaOf = (result: unknown): ResultMeta | undefined => answerOf(result)?.meta

/** Puts an answer on the result that was made from it, for {@link metaOf} and `idempotencyOf`. */
export function keepMeta<T>(result: T, answer: KeptAnswer): T {
  if (typeof result !== 'object' || result === null) return result
  keepAnswer(result, answer)
  return keepFacts(result, answer.write)
}

/** Puts the facts of a write on its result, its error, or the reason that it was aborted with. */
export function keepFacts<T>(end: T, write: IdempotencyFacts | undefined): T {
  if (write !== undefined) rememberFacts(end, write)
  return end
}

/** Puts the answer behind one result on another that was made from it. */
export function copyMeta<T>(result: T, from: object): T {
  const answer = answerOf(from)
  return answer === undefined ? result : keepMeta(result, answer)
}

/** Puts what a page told on its rows. */
export function shareMeta(rows: readonly unknown[], page: object): void {
  const { meta } = answerOf(page) ?? {}
  if (meta === undefined) return
  // No more than that, or each row would keep its whole page alive.
  const answer = { meta }
  for (const row of rows) keepMeta(row, answer)
}

/** The error for a result that lacks what it is for. The write behind it may have been done all the same. */
export const refuseResult = (detail: string, result: object): QURLError =>
  answerOf(result)?.refuse?.(detail) ?? unexpected(detail)
