import type { EndOptions } from '../guard/conclude.js'
import type { WritePolicy } from '../guard/guard-options.js'
import type { RetryOptions } from '../retry/retry-policy.js'

/** What can be set for one call, over the options of the wrapper. */
export interface CallOptions extends EndOptions {
  /** How far retries may go for this call. */
  readonly writes?: WritePolicy
  /** How often, how long and how hard this call is retried. */
  readonly retry?: RetryOptions
  /**
   * When this key was first sent, as a date or in milliseconds since the epoch. Give it when an earlier call, maybe of
   * another process, may have sent it: the key's age counts from then, and no answer is taken for a definite "not applied".
   *
   * @defaultValue the time inside a UUIDv7, else now
   */
  readonly firstSentAt?: Date | number
}

/** What {@link IdempotentFetch} takes beside everything that `fetch` takes. */
export interface IdempotentRequestInit extends Omit<RequestInit, 'body'> {
  /** The body, or a function that makes it anew for each attempt (for streams too large to keep). It must give the same bytes each time. */
  body?: BodyInit | null | (() => BodyInit | Promise<BodyInit>)
  /** The key of this operation. @defaultValue the key that the request carries already, else a new one */
  idempotencyKey?: string | undefined
  /** `false` sends this call as the wrapped fetch would: no key, no retries, no limits. */
  idempotency?: false | CallOptions
  /** For streams, as `fetch` wants it. */
  duplex?: 'half'
}

/** A `fetch` that sends each write as often as the network needs, and has it happen once. Assignable to `typeof fetch`. */
export type IdempotentFetch = (
  input: string | URL | Request,
  init?: IdempotentRequestInit,
) => Promise<Response>
