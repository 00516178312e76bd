import type { IdempotencyFacts } from '../ky/index.js'
import type { RequestOptions } from './call-options.js'
import type { ResultMeta } from './meta.js'
import type { Writes } from './operations.js'
import type { QURLError, TombstoneInfo } from './qurl-error.js'

/** One call of the API. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Encoded, from `/v1/` on. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** Sent as JSON; `undefined` sends no body. */
  readonly body?: unknown
  /** Headers that the method itself needs. */
  readonly headers?: Readonly<Record<string, string>>
  readonly options?: RequestOptions | undefined
  readonly writes?: Writes
  /** What to do when the outcome is unknown. */
  readonly advice?: string | undefined
  readonly minKeyLength?: number
  /** The caller has to give the key. */
  readonly needsKey?: boolean
  readonly isPublic?: boolean
  /** `false` for a call that only succeeds or fails. @defaultValue `true` */
  readonly readsBody?: boolean
  /** Reads an error answer as a result, when it is one. */
  readonly accepts?: (status: number, data: unknown) => boolean
}

/** The `meta` of the service's envelope. */
export interface EnvelopeMeta {
  readonly request_id: string | undefined
  readonly page_size: number | undefined
  readonly has_more: boolean | undefined
  readonly next_cursor: string | undefined
  readonly found_existing: unknown
}

/** The `meta` of the service's envelope, as the official client names its type. */
export interface Meta {
  request_id?: string
  page_size?: number
  has_more?: boolean
  next_cursor?: string
  tombstone?: TombstoneInfo
}

/** One successful answer. */
export interface Answer {
  readonly status: number
  readonly data: unknown
  readonly envelope: EnvelopeMeta
  /** Where the API is. */
  readonly baseUrl: string
  readonly meta: ResultMeta
  readonly write: IdempotencyFacts | undefined
  /** Makes the error for an answer of the wrong shape; the error keeps the data. */
  readonly refuse: (detail: string, status?: number) => QURLError
  /** Tells the debug log of something odd that is no failure. */
  readonly note: (message: string, more?: Readonly<Record<string, unknown>>) => void
}

/** Sends one call and resolves to its answer, or rejects with a {@link QURLError} or the caller's abort reason. */
export type Send = (call: Call) => Promise<Answer>
