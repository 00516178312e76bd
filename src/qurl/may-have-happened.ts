import {
  ERROR_CODE_CLIENT_VALIDATION,
  ERROR_CODE_RUNTIME,
  ERROR_CODE_UNEXPECTED_RESPONSE,
} from './error-codes.js'
import { isQURLError } from './error-guards.js'
import type { QURLError } from './qurl-error.js'

/**
 * Whether a failed write may have been carried out: everything after sending but a definite refusal.
 *
 * @param isRefusal - Whether an HTTP status says that nothing was done.
 */
export function mayHaveHappened(
  error: unknown,
  isRefusal: (error: QURLError) => boolean,
): error is QURLError {
  if (!isQURLError(error)) return false
  const { code, outcome, status } = error
  if (code === ERROR_CODE_CLIENT_VALIDATION || code === ERROR_CODE_RUNTIME) return false
  if (code === ERROR_CODE_UNEXPECTED_RESPONSE || outcome === 'unknown') return true
  return status > 0 && !isRefusal(error)
}
