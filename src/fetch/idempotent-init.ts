import type { CallOptions } from '../loop/call-options.js'
import type { FetchMembers } from '../transport/fetch-like.js'
import type { CapturableInit } from '../transport/capture-request.js'

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
export type IdempotentFetch = ((
  input: string | URL | Request,
  init?: IdempotentRequestInit,
) => Promise<Response>) &
  FetchMembers
