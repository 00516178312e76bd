// The whole set, and its parts
export {
  idempotency,
  type IdempotencyOptions,
  type KyIdempotencyOptions,
  type ParentOptions,
} from './idempotency.js'
export { stampKey, type StampKeyOptions } from './stamp-key.js'
export { reuseKey } from './reuse-key.js'
export { gateRetries, type GatedRetryOptions, type GateRetriesOptions } from './gate-retries.js'
export type { KyBeforeRequest, KyBeforeRetry } from './ky-shapes.js'

// What happened
export { idempotencyOf, type IdempotencyFacts } from '../operation/facts.js'
export type { EventListener, IdempotencyEvent } from '../loop/events.js'
export type { Outcome } from '../errors/idempotency-error.js'
export type { KeyEvidence } from '../contract/key-evidence.js'

// Errors that the hooks throw, by their guards
export { AlreadyDoneError, isAlreadyDoneError } from '../errors/already-done-error.js'
export { DeadlineError, isDeadlineError } from '../errors/deadline-error.js'
export { KeyExpiredError, isKeyExpiredError } from '../errors/key-expired-error.js'
export { KeyInvalidError, isKeyInvalidError } from '../errors/key-invalid-error.js'
export { KeyReusedError, isKeyReusedError } from '../errors/key-reused-error.js'
export { UnsendableError, isUnsendableError } from '../errors/unsendable-error.js'
export { isIdempotencyError, type AnyIdempotencyError } from '../errors/any-idempotency-error.js'

// What its options are made of
export { exponentialBackoff, type Backoff } from '../backoff/backoff.js'
export { createRetryBudget, type RetryBudget } from '../retry/retry-budget.js'
export type { OperationSummary, Reconcile, ResolveOriginal } from '../loop/end-options.js'
export type { WritePolicy } from '../loop/operation-options.js'
export type { FetchLike } from '../transport/fetch-like.js'
