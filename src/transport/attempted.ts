import type { SeenAnswer } from '../contract/key-evidence.js'
import type { FailureVerdict } from './transport-failure.js'

/** An attempt that was answered. */
export interface AnsweredAttempt {
  readonly status: number
  readonly headers: Headers
  /** The body, `undefined` when it was left to stream. */
  readonly bytes: Uint8Array | undefined
  /** The answer came from where a redirect led: to a write, it may be the answer of another request. */
  readonly redirected?: boolean
  /** A redirect has led to the answer, be it that of the write itself. */
  readonly isMoved?: boolean
  /** The body of an error was not read to its end: the status is all that the answer tells. */
  readonly isBodyLost?: boolean
  /** A layer below may have sent the request more than once. */
  readonly isAtLeast?: boolean
}

/** An attempt without an answer, and the reason why there is none. */
export interface LostAttempt {
  readonly lost: FailureVerdict
  readonly error: unknown
  readonly isTimeout: boolean
  /** The answer had begun: it was cut in its body. */
  readonly isCut?: boolean
  /** What came of the answer to the write before it was cut. */
  readonly seen?: SeenAnswer | undefined
  /** It would be lost in the same way again: to send again cannot help. */
  readonly isFinal?: boolean
  /** Nothing was sent, and nothing may be: a header that the server makes part of the key has changed. */
  readonly stop?: 'key-scope'
  /** A layer below may have sent the request more than once. */
  readonly isAtLeast?: boolean
}

/** What an attempt brought: an answer, or the reason why there is none. */
export type Attempted = AnsweredAttempt | LostAttempt

/** What an attempt gave the host, beside what is read of it. `Answer` is what the host's callers get. */
export interface AttemptResult<Answer> {
  readonly attempted: Attempted
  readonly answer: Answer | undefined
  readonly error: unknown
  /** A hook has thrown after the answer came: that ends the operation, with the outcome that the answer tells. */
  readonly failure?: { readonly error: unknown } | undefined
}

/**
 * Hears of an answer whose status counts even if the time runs out while its body is read, and of one that is there as a whole
 * (`isWhole`), before hooks look at it.
 */
export type OnStatus<Answer> = (result: AttemptResult<Answer>, isWhole?: boolean) => void
