import { brand } from './error-brand.js'
import {
  ERROR_CODE_CONNECTOR_RESOURCE_OUTCOME_UNKNOWN,
  ERROR_CODE_CRID_MISMATCH,
  ERROR_CODE_DELEGATED_BATCH_OUTCOME_UNKNOWN,
  ERROR_CODE_INVALID_CRID,
  ERROR_CODE_INVALID_CRID_KEY,
  ERROR_CODE_MISSING_CRID,
  ERROR_CODE_NETWORK,
  ERROR_CODE_RUNTIME,
  ERROR_CODE_TIMEOUT,
  ERROR_CODE_UNEXPECTED_RESPONSE,
} from './error-codes.js'
import { QURLError, type LocalErrorOptions, type QURLErrorData } from './qurl-error.js'

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

/** What is known of a write that may have been carried out, from the failure that it ended with. */
const unknownOf = (cause: QURLError, code: string, title: string, detail: string): QURLErrorData => ({
  status: 0,
  code,
  title,
  detail,
  outcome: 'unknown',
  request_id: cause.requestId,
  key: cause.key,
  attempts: cause.attempts,
  data: cause.data,
  cause,
})

/**
 * `ensureConnectorResource` or `deleteConnectorResource` may have been carried out: its answer was lost, was a 5xx, or cannot
 * be used.
 */
export class ConnectorResourceOutcomeUnknownError extends QURLError {
  static {
    brand(this.prototype, 'ConnectorResourceOutcomeUnknownError')
  }
  declare readonly code: typeof ERROR_CODE_CONNECTOR_RESOURCE_OUTCOME_UNKNOWN
  /** The failure itself, with its status. */
  declare readonly cause: QURLError

  constructor(cause: QURLError, detail = `it may have been done; ${cause.detail}`) {
    const code = ERROR_CODE_CONNECTOR_RESOURCE_OUTCOME_UNKNOWN
    super(unknownOf(cause, code, 'Connector resource outcome unknown', detail))
  }
}

/**
 * `createDelegatedQurlBatch` may have been accepted: its answer was lost, was not definite, or cannot be used. Call again with
 * the same idempotencyKey and input, or read the batch by its `batchId` where there is one.
 */
export class DelegatedBatchOutcomeUnknownError extends QURLError {
  static {
    brand(this.prototype, 'DelegatedBatchOutcomeUnknownError')
  }
  declare readonly code: typeof ERROR_CODE_DELEGATED_BATCH_OUTCOME_UNKNOWN
  /** The failure itself, with its status. */
  declare readonly cause: QURLError
  /** The batch, where the answer named one. */
  declare readonly batchId?: string

  constructor(cause: QURLError, batchId?: string, detail = `it may have been accepted; ${cause.detail}`) {
    const code = ERROR_CODE_DELEGATED_BATCH_OUTCOME_UNKNOWN
    super(unknownOf(cause, code, 'Delegated batch outcome unknown', detail))
    if (batchId !== undefined) this.batchId = batchId
  }
}

/** Why {@link ShareLink.verifyCrid} refuses a key. */
export type CRIDVerificationErrorCode =
  | typeof ERROR_CODE_MISSING_CRID
  | typeof ERROR_CODE_INVALID_CRID
  | typeof ERROR_CODE_INVALID_CRID_KEY
  | typeof ERROR_CODE_CRID_MISMATCH

/** A key is not the one that a CRID was made from, or the two cannot be compared. */
export class CRIDVerificationError extends QURLError {
  static {
    brand(this.prototype, 'CRIDVerificationError')
  }
  declare readonly code: CRIDVerificationErrorCode

  constructor(code: CRIDVerificationErrorCode, message: string) {
    super({ status: 0, code, title: 'CRID verification failed', detail: message })
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
