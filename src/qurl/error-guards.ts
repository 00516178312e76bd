import { brandOf } from './error-brand.js'
import type {
  AuthenticationError,
  AuthorizationError,
  CRIDVerificationError,
  ConflictError,
  ConnectorResourceOutcomeUnknownError,
  DelegatedBatchOutcomeUnknownError,
  GoneError,
  NetworkError,
  NotFoundError,
  RateLimitError,
  RuntimeError,
  ServerError,
  TimeoutError,
  ValidationError,
} from './errors.js'
import type { QURLError } from './qurl-error.js'

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
/** Whether a value is a {@link ConnectorResourceOutcomeUnknownError}: the call may have been carried out, from whichever copy of this package. */
export const isConnectorResourceOutcomeUnknownError = guard<ConnectorResourceOutcomeUnknownError>(
  'ConnectorResourceOutcomeUnknownError',
)
/** Whether a value is a {@link DelegatedBatchOutcomeUnknownError}: the batch may have been accepted, from whichever copy of this package. */
export const isDelegatedBatchOutcomeUnknownError = guard<DelegatedBatchOutcomeUnknownError>(
  'DelegatedBatchOutcomeUnknownError',
)
/** Whether a value is a {@link CRIDVerificationError}: a key does not fit a CRID, from whichever copy of this package. */
export const isCRIDVerificationError = guard<CRIDVerificationError>('CRIDVerificationError')
