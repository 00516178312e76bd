import type { QURLError } from './errors.js'
import type { IdempotencyFacts } from '../ky/index.js'
import type { ResultMeta } from './meta.js'
import type { Writes } from './operations.js'
import type { RequestOptions } from './call-options.js'

/** One call of the API. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Encoded, from `/v1/` on. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** Sent as JSON; `undefined` sends no body. */
  readonly body?: unknown
  readonly options?: RequestOptions | undefined
  readonly writes?: Writes
  readonly minKeyLength?: number
  readonly isPublic?: boolean
  /** `false` for a call that only succeeds or fails. @defaultValue `true` */
  readonly readsBody?: boolean
  readonly accepts?: (status: number, data: unknown) => boolean
}

/** The `meta` of the service's envelope. */
export interface EnvelopeMeta {
  readonly request_id?: string
  readonly page_size?: number
  readonly has_more?: boolean
  readonly next_cursor?: string
  readonly found_existing?: boolean
}

/** One successful answer. */
export interface Answer {
  readonly status: number
  readonly data: unknown
  readonly envelope: EnvelopeMeta
  readonly meta: ResultMeta
  readonly write: IdempotencyFacts | undefined
  /** Makes the error for an answer of the wrong shape. */
  readonly refuse: (detail: string) => QURLError
}

/** Sends one call and resolves to its answer, or rejects with a {@link QURLError} or the caller's abort reason. */
export type Send = (call: Call) => Promise<Answer>
