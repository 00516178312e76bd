import type { KeyEvidence } from '../contract/key-evidence.js'
import type { Verdict } from '../contract/verdict.js'
import type { Outcome } from '../errors/idempotency-error.js'

/** What an event tells beside its operation. */
export type EventDetail =
  | { readonly type: 'attempt-started' }
  | {
      readonly type: 'attempt-ended'
      readonly verdict: Verdict
      /** Absent when the answer was lost. */
      readonly status: number | undefined
      /** Why the answer was lost. Read it by name: it is not listed when the event is printed, as it may quote a credential. */
      readonly error: unknown
      readonly replayed: boolean
    }
  | {
      readonly type: 'waiting'
      /** How long the operation waits, in milliseconds. */
      readonly delayMs: number
      readonly reason: Verdict
      /** The retry budget is empty: the operation then waits until it may probe the server, or until the server is back. */
      readonly mustProbe: boolean
    }
  | {
      readonly type: 'key-ignored'
      /** What has shown that the server ignores keys. */
      readonly evidence: KeyEvidence
      /**
       * The keys of operations that ended before, at this server, with a success after a resend: they may have been applied twice
       * as well. Each is told once, and at most the last hundred are.
       */
      readonly doubtful: readonly string[]
    }
  | {
      readonly type: 'settled'
      readonly outcome: Outcome
      readonly replayed: boolean
      /** Absent unless the server ignores keys, and more than one attempt may have been executed. */
      readonly mayHaveRunTwice?: true
    }

/**
 * What happens to an operation, in order: an attempt starts and ends, then a wait before the next one, and at every end one
 * last word, `settled`. Between the end of the last attempt and `settled` there may be a `key-ignored`.
 */
export type IdempotencyEvent = EventDetail & {
  /** Tells operations apart: the same for all events of one call, another one for each call. */
  readonly operation: string
  readonly key: string | undefined
  readonly method: string
  /** The target without user info, query and fragment. */
  readonly url: string
  /** Requests sent so far. */
  readonly attempts: number
}

/** Hears what happens. One that throws changes nothing. */
export type EventListener = (event: IdempotencyEvent) => void
