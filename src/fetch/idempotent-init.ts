import type { EndOptions } from '../loop/conclude.js'
import type { WritePolicy } from '../loop/guard-options.js'
import type { OperationJournal } from '../operation/operation-journal.js'
import type { CapturableInit } from '../transport/capture-request.js'
import type { RetryOptions } from '../retry/retry-policy.js'

/** What can be set for one call, over the options of the wrapper. */
export interface CallOptions extends EndOptions {
  /**
   * How far retries may go for this call after a lost answer or a 5xx: `'keyed'`, `'never'`, or `'always'`, which
   * resends even without a key. **`'always'` can apply a write twice**: choose it only for a server that drops
   * duplicates in some other way.
   *
   * @defaultValue that of the wrapper, which is `'keyed'` unless set
   */
  readonly writes?: WritePolicy | undefined
  /**
   * How often, how long and how hard this call is retried. ky has options of its own for that, and does not read this one.
   *
   * @defaultValue each option that is left out is that of the wrapper
   */
  readonly retry?: RetryOptions | undefined
  /**
   * When this key was first sent, as a date or in milliseconds since the epoch. Give it when an earlier call, maybe of
   * another process, may have sent it: the key's age counts from then, and no answer is taken for a definite "not applied".
   *
   * @defaultValue the time inside a UUIDv7, else now
   */
  readonly firstSentAt?: Date | number | undefined
  /** Names the operation for ever: the same id, in whichever process or job, is the same write. Needs a journal. @defaultValue none */
  readonly operationId?: string | undefined
  /** The name of this step, inside of a run. @defaultValue counted per method and path */
  readonly step?: string | undefined
  /** Operations of one lane are recovered in their order. @defaultValue none */
  readonly lane?: string | undefined
  /** The journal of this call, such as a run. @defaultValue that of the wrapper */
  readonly journal?: OperationJournal | undefined
}

/** What {@link IdempotentFetch} takes beside everything that `fetch` takes. */
export interface IdempotentRequestInit extends CapturableInit {
  /** The key of this operation. @defaultValue the key that the request carries already, else a new one */
  idempotencyKey?: string | undefined
  /**
   * What is different for this call; `false` sends it as the wrapped fetch would: no key, no retries, no limits.
   *
   * @defaultValue the options of the wrapper
   */
  idempotency?: false | CallOptions | undefined
}

/**
 * A `fetch` that sends each write as often as the network needs, and has it happen once. Assignable to `typeof fetch`.
 *
 * It rejects with the caller's own reason when the call is aborted, and else with an `IdempotencyError`, or what a hook or
 * a body function has thrown:
 *
 * @throws {@link OutcomeUnknownError} when the last answer was lost and the write may have been applied.
 * @throws {@link NotAppliedError} when there is no answer and the write was certainly not applied.
 * @throws {@link DeadlineError} when `deadlineMs` ends the operation and there is no answer to give.
 * @throws {@link UnsendableError} when the request itself is at fault: its URL, a header, a certificate, a used body.
 * @throws {@link BodyTooLargeError} when a streaming body is longer than `maxRequestBytes`.
 * @throws {@link KeyInvalidError} when the key is one that the contract or HTTP does not allow.
 * @throws {@link KeyReusedError} when the key already names another payload.
 * @throws {@link KeyExpiredError} when the key is older than the server keeps it.
 * @throws {@link AlreadyDoneError} when the server says that this was done before, and there is no `resolve` that
 * gives the original.
 * @throws `TypeError` or `RangeError` for an option of the call that cannot work.
 */
export type IdempotentFetch = (
  input: string | URL | Request,
  init?: IdempotentRequestInit,
) => Promise<Response>
