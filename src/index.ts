// The wrapper
export { createIdempotentFetch } from './fetch/create-idempotent-fetch.js'
export type { IdempotentFetchOptions } from './fetch/fetch-options.js'
export type { CallOptions } from './loop/call-options.js'
export type { FetchLike, ForeignFetch } from './transport/fetch-like.js'
export type { IdempotentFetch, IdempotentRequestInit } from './fetch/idempotent-init.js'
export type {
  AfterResponseHook,
  BeforeRequestHook,
  BeforeRetryHook,
  Hooks,
  HookOptions,
} from './fetch/hooks.js'
export type { OperationOptions, WritePolicy } from './loop/operation-options.js'
export type { RetryOptions } from './retry/retry-policy.js'

// Work that the server goes on with after a 202
export {
  awaitCompletion,
  type AwaitCompletionOptions,
  type CompletionStatus,
} from './fetch/await-completion.js'

// What happened
export { idempotencyOf, type IdempotencyFacts } from './operation/facts.js'
export type { EventListener, IdempotencyEvent } from './loop/events.js'
export type { EndOptions, OperationSummary, Reconcile, ResolveOriginal } from './loop/end-options.js'
export type { Outcome } from './errors/idempotency-error.js'
export type { Verdict } from './contract/verdict.js'
export type { KeyEvidence } from './contract/key-evidence.js'

// Errors and their guards
export { IdempotencyError, type ErrorFacts, type IdempotencyErrorCode } from './errors/idempotency-error.js'
export { isIdempotencyError, type AnyIdempotencyError } from './errors/any-idempotency-error.js'
export { AlreadyDoneError, isAlreadyDoneError, type Original } from './errors/already-done-error.js'
export { BodyTooLargeError, isBodyTooLargeError } from './errors/body-too-large-error.js'
export { DeadlineError, isDeadlineError } from './errors/deadline-error.js'
export { KeyExpiredError, isKeyExpiredError } from './errors/key-expired-error.js'
export { KeyInvalidError, isKeyInvalidError } from './errors/key-invalid-error.js'
export { KeyReusedError, isKeyReusedError } from './errors/key-reused-error.js'
export { NotAppliedError, isNotAppliedError } from './errors/not-applied-error.js'
export { OutcomeUnknownError, isOutcomeUnknownError } from './errors/outcome-unknown-error.js'
export { UnsendableError, isUnsendableError } from './errors/unsendable-error.js'

// Parts
export { exponentialBackoff, type Backoff, type ExponentialBackoffOptions } from './backoff/backoff.js'
export { createRetryBudget, type RetryBudget, type RetryBudgetOptions } from './retry/retry-budget.js'
export type { Clock, Random } from './clock/clock.js'
export type { Contract, ServerContract } from './contract/server-contract.js'
