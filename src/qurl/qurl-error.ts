import { brand } from './error-brand.js'

/** What is true of a write at the end: it happened, it did not, or nobody here can know. */
export type Outcome = 'applied' | 'not-applied' | 'unknown'

/** When and how an already removed resource was closed, as a 410 tells it. */
export interface TombstoneInfo {
  readonly tombstoned_at: string
  readonly final_access_count?: number
}

/** The rate-limit headers of an answer. `reset` is a unix time in seconds. */
export interface RateLimit {
  readonly limit?: number
  readonly remaining?: number
  readonly reset?: number
}

/** What a {@link QURLError} is made from; the fields of the service's error document keep their wire names. */
export interface QURLErrorData {
  status: number
  code: string
  title: string
  detail?: string | undefined
  type?: string | undefined
  instance?: string | undefined
  invalid_fields?: Readonly<Record<string, string>> | null | undefined
  request_id?: string | undefined
  /** Seconds. */
  retry_after?: number | undefined
  tombstone?: TombstoneInfo | undefined
  rate_limit?: RateLimit | undefined
  key?: string | undefined
  attempts?: number | undefined
  outcome?: Outcome | undefined
  /** What to do next: it ends the message. */
  advice?: string | undefined
  cause?: unknown
  /** What the answer held, when it could not be used. It may hold secrets, so it is shown nowhere. */
  data?: unknown
}

/** Extra facts for an error that no HTTP answer stands behind. */
export interface LocalErrorOptions {
  readonly cause?: unknown
  readonly key?: string | undefined
  readonly attempts?: number | undefined
  readonly outcome?: Outcome | undefined
}

/**
 * Every failure of the client. `code` is the field to program against; `status` is the HTTP status, or 0 when there was no
 * answer. A failed write also tells its `key`, the `attempts` made and its `outcome`: only `not-applied` means that
 * nothing happened.
 */
export class QURLError extends Error {
  static {
    brand(this.prototype, 'QURLError')
  }

  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  declare readonly type?: string
  declare readonly instance?: string
  /** Field to complaint, as the service named them. */
  declare readonly invalidFields?: Readonly<Record<string, string>>
  declare readonly requestId?: string
  /** Seconds that the service asked to wait. */
  declare readonly retryAfter?: number
  /** On a 410, when the service says when the resource was closed. */
  declare readonly tombstone?: TombstoneInfo
  declare readonly rateLimit?: RateLimit
  /**
   * The `Idempotency-Key` that the write carried. Where the method honours keys, the same call with it finishes an `unknown` one;
   * elsewhere look before you call again. The message says which.
   */
  declare readonly key?: string
  /** Requests sent for this call. */
  declare readonly attempts?: number
  declare readonly outcome?: Outcome
  /**
   * With the code `unexpected_response`: what the answer held. It may hold what the service shows only once, such as links and
   * secrets, so it stands in no message, in no `toJSON()` and in nothing that Node prints.
   */
  get data(): unknown {
    return this.#data
  }
  // Not even `inspect` with `showHidden`, which is what `%o` does, shows a private field.
  readonly #data: unknown

  constructor(data: QURLErrorData) {
    const detail = data.detail || data.title || `HTTP ${data.status}`
    const message = `${data.title} (${data.status}): ${detail}`
    super(
      data.advice === undefined ? message : `${message.replace(/\.$/, '')}. ${data.advice}`,
      data.cause === undefined ? undefined : { cause: data.cause },
    )
    this.status = data.status
    this.code = data.code
    this.title = data.title
    this.detail = detail
    const optional = {
      type: data.type,
      instance: data.instance,
      invalidFields: data.invalid_fields ?? undefined,
      requestId: data.request_id,
      retryAfter: data.retry_after,
      tombstone: data.tombstone,
      rateLimit: data.rate_limit,
      key: data.key,
      attempts: data.attempts,
      outcome: data.outcome,
    }
    for (const [name, value] of Object.entries(optional)) {
      if (value !== undefined) Object.assign(this, { [name]: value })
    }
    this.#data = data.data
  }

  /** The fields as plain data, for logs. The cause stays out: what other libraries put there is not ours to print. */
  toJSON(): Record<string, unknown> {
    return Object.assign({}, { name: this.name, message: this.message }, this as object)
  }
}
