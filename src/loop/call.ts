import type { Backoff } from '../backoff/backoff.js'
import type { OpenedOperation } from '../operation/operation-journal.js'
import type { RetryPolicy } from '../retry/retry-policy.js'
import type { WritePolicy } from './operation-options.js'

/** One call, as far as its operation needs to know it. */
export interface Call {
  /** In upper case. */
  readonly method: string
  readonly url: string
  /** The key that the caller gave, in whichever way. */
  readonly givenKey: unknown
  /** It was made for an earlier call, which this one goes on with. */
  readonly isGenerated?: boolean | undefined
  /** A precondition keeps the request from being executed twice. */
  readonly conditional: boolean
  /** A browser drops every header of ours from the request, the key among them. */
  readonly isNoCors?: boolean
  /** Overrides for this call. */
  readonly policy?: RetryPolicy | undefined
  readonly writes?: WritePolicy | undefined
  /** A contract may want a lost answer to be looked up before the write is resent. */
  readonly callbacks?: { readonly reconcile?: unknown } | undefined
  /** How long the host waits before it resends, where it has a backoff of its own. */
  readonly resendBackoff?: Backoff | undefined
  /** What the host's user makes of a wait that the server asks for, in milliseconds; `undefined` where it is not heeded. */
  readonly limitWait?: ((status: number, waitMs: number) => number | undefined) | undefined
  /** When this key was first sent, in milliseconds since the epoch: there may have been attempts before this call. */
  readonly firstSentMs?: number | undefined
  /** Where a redirect has led an earlier call with this key, which may have been executed there. */
  readonly landing?: string | undefined
  /** Another call with this key has ended: this one asks the server for its answer. */
  readonly isFollowing?: boolean | undefined
  /** What a journal knows of the operation: past the retention of its key, it is looked up before it is refused. */
  readonly opened?: Pick<OpenedOperation, 'knownOutcome'> | undefined
  /** Requests that earlier calls have sent for the same write, where the host counts them together. */
  readonly attemptsBefore?: number | undefined
  /** When the call has to end, by the monotonic clock, where it began before now. */
  readonly deadlineAtMs?: number | undefined
}
