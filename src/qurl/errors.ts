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
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail?: string | undefined
  readonly type?: string | undefined
  readonly instance?: string | undefined
  readonly invalid_fields?: Readonly<Record<string, string>> | null | undefined
  readonly request_id?: string | undefined
  /** Seconds. */
  readonly retry_after?: number | undefined
  readonly tombstone?: TombstoneInfo | undefined
  readonly rate_limit?: RateLimit | undefined
  readonly key?: string | undefined
  readonly attempts?: number | undefined
  readonly outcome?: Outcome | undefined
  /** What to do next: it ends the message. */
  readonly advice?: string | undefined
  readonly cause?: unknown
}

/** Extra facts for an error that no HTTP answer stands behind. */
export interface LocalErrorOptions {
  readonly cause?: unknown
  readonly key?: string | undefined
  readonly attempts?: number | undefined
  readonly outcome?: Outcome | undefined
}

export const ERROR_CODE_CLIENT_VALIDATION = 'client_validation'
export const ERROR_CODE_UNEXPECTED_RESPONSE = 'unexpected_response'
export const ERROR_CODE_NETWORK = 'network_error'
export const ERROR_CODE_TIMEOUT = 'timeout'
export const ERROR_CODE_RUNTIME = 'runtime_error'
export const ERROR_CODE_RESOURCE_NOT_FOUND = 'resource_not_found'
export const ERROR_CODE_AMBIGUOUS_RESOURCE = 'ambiguous_resource'
export const ERROR_CODE_REDIRECT_REFUSED = 'redirect_refused'
export const ERROR_CODE_NOT_MODIFIED = 'not_modified'
export const ERROR_CODE_UNKNOWN = 'unknown'

const brandOf = (name: string): symbol => Symbol.for(`fetch-idempotency/qurl/${name}`)

/** Gives a class its literal name and the brand its guard reads, also across copies of this package. */
function brand(prototype: object, name: string): void {
  Object.defineProperty(prototype, 'name', { value: name, configurable: true, writable: true })
  Object.defineProperty(prototype, brandOf(name), { value: true })
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
  }

  /** The fields as plain data, for logs. The cause stays out: what other libraries put there is not ours to print. */
  toJSON(): Record<string, unknown> {
    return Object.assign({}, { name: this.name, message: this.message }, this as object)
  }
}

/** The input is wrong: found here before sending (`status` 0), or by the service (400, 422). */
export class ValidationError extends QURLError {
  static {
    brand(this.prototype, 'ValidationError')
  }
}

/** 401: the API key or JWT was not accepted. */
export class AuthenticationError extends QURLError {
  static {
    brand(this.prototype, 'AuthenticationError')
  }
}

/** 403: the credential may not do this, or a quota is used up. */
export class AuthorizationError extends QURLError {
  static {
    brand(this.prototype, 'AuthorizationError')
  }
}

/** 404, or a look-up that found nothing. */
export class NotFoundError extends QURLError {
  static {
    brand(this.prototype, 'NotFoundError')
  }
}

/** 409: the state of the resource, or an earlier use of the key, is in the way. */
export class ConflictError extends QURLError {
  static {
    brand(this.prototype, 'ConflictError')
  }
}

/** 410: consumed, expired or closed for good; `tombstone` may tell when. */
export class GoneError extends QURLError {
  static {
    brand(this.prototype, 'GoneError')
  }
}

/** 429: wait `retryAfter` seconds. */
export class RateLimitError extends QURLError {
  static {
    brand(this.prototype, 'RateLimitError')
  }
}

/** 500 and above. On a write look at `outcome`: the work may have been done. */
export class ServerError extends QURLError {
  static {
    brand(this.prototype, 'ServerError')
  }
}

/** The request could not be sent, or no whole answer arrived: reset, or cut in its headers or its body. */
export class NetworkError extends QURLError {
  static {
    brand(this.prototype, 'NetworkError')
  }
  constructor(message: string, options: LocalErrorOptions = {}) {
    super({ status: 0, code: ERROR_CODE_NETWORK, title: 'Network error', detail: message, ...options })
  }
}

/** An attempt took longer than `timeout`, or the call longer than `deadlineMs`. */
export class TimeoutError extends QURLError {
  static {
    brand(this.prototype, 'TimeoutError')
  }
  constructor(message = 'the request timed out', options: LocalErrorOptions = {}) {
    super({ status: 0, code: ERROR_CODE_TIMEOUT, title: 'Timeout', detail: message, ...options })
  }
}

/** This runtime lacks something the client needs, such as Web Crypto. */
export class RuntimeError extends QURLError {
  static {
    brand(this.prototype, 'RuntimeError')
  }
  constructor(message: string, options: LocalErrorOptions = {}) {
    super({ status: 0, code: ERROR_CODE_RUNTIME, title: 'Runtime error', detail: message, ...options })
  }
}

const classes: Readonly<Record<number, new (data: QURLErrorData) => QURLError>> = {
  400: ValidationError,
  401: AuthenticationError,
  403: AuthorizationError,
  404: NotFoundError,
  409: ConflictError,
  410: GoneError,
  422: ValidationError,
  429: RateLimitError,
}

/** Makes the error whose class fits the data: an unexpected response first, then 5xx, then the table of statuses. */
export function createError(data: QURLErrorData): QURLError {
  if (data.code === ERROR_CODE_UNEXPECTED_RESPONSE) return new ValidationError(data)
  if (data.status >= 500) return new ServerError(data)
  return new (classes[data.status] ?? QURLError)(data)
}

const guard =
  <E extends QURLError>(name: string) =>
  (value: unknown): value is E =>
    typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brandOf(name)] === true

/** Whether a value is any error of this client, from whichever copy of this package. */
export const isQURLError = guard<QURLError>('QURLError')
/**
 * Whether a value is a {@link ValidationError}: wrong input, or with the code `unexpected_response` an answer of the wrong shape,
 * from whichever copy of this package.
 */
export const isValidationError = guard<ValidationError>('ValidationError')
/** Whether a value is an {@link AuthenticationError}: a 401, from whichever copy of this package. */
export const isAuthenticationError = guard<AuthenticationError>('AuthenticationError')
/** Whether a value is an {@link AuthorizationError}: a 403, from whichever copy of this package. */
export const isAuthorizationError = guard<AuthorizationError>('AuthorizationError')
/** Whether a value is a {@link NotFoundError}: a 404, or a look-up that found nothing, from whichever copy of this package. */
export const isNotFoundError = guard<NotFoundError>('NotFoundError')
/** Whether a value is a {@link ConflictError}: a 409, or a key that names another input, from whichever copy of this package. */
export const isConflictError = guard<ConflictError>('ConflictError')
/** Whether a value is a {@link GoneError}: a 410, from whichever copy of this package. */
export const isGoneError = guard<GoneError>('GoneError')
/** Whether a value is a {@link RateLimitError}: a 429, from whichever copy of this package. */
export const isRateLimitError = guard<RateLimitError>('RateLimitError')
/** Whether a value is a {@link ServerError}: a 5xx, after which a write may have been done, from whichever copy of this package. */
export const isServerError = guard<ServerError>('ServerError')
/** Whether a value is a {@link NetworkError}: nothing was sent, or no whole answer arrived, from whichever copy of this package. */
export const isNetworkError = guard<NetworkError>('NetworkError')
/** Whether a value is a {@link TimeoutError}: `timeout` or `deadlineMs` was over, from whichever copy of this package. */
export const isTimeoutError = guard<TimeoutError>('TimeoutError')
/** Whether a value is a {@link RuntimeError}: this runtime lacks something, from whichever copy of this package. */
export const isRuntimeError = guard<RuntimeError>('RuntimeError')
