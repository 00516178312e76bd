import type { Backoff } from '../backoff/backoff.js'
import type { Reading } from '../contract/verdict.js'
import type { Decision } from '../retry/decide.js'
import type { RetryPolicy } from '../retry/retry-policy.js'
import type { WritePolicy } from './guard-options.js'

/** One call, as far as the guard needs to know it. */
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
  /** How long the host waits before it resends, where it has a backoff of its own. */
  readonly resendBackoff?: Backoff | undefined
  /** When this key was first sent, in milliseconds since the epoch: there may have been attempts before this call. */
  readonly firstSentMs?: number | undefined
}

/** The end of an attempt: what it told, and what to do. */
export interface Ended {
  readonly reading: Reading
  readonly decision: Decision
}
