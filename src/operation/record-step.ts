import type { Verdict } from '../contract/verdict.js'
import type { Outcome } from '../errors/idempotency-error.js'

/** An answer as far as a record keeps it, whatever the host: without anything that only a runtime's `Response` has. */
export interface RecordedAnswer {
  readonly status: number
  readonly headers: Iterable<readonly [string, string]>
  /** The body, `undefined` when it streams. */
  readonly bytes: Uint8Array | undefined
}

/**
 * A step of an operation that a durable record may keep.
 *
 * - `attempt-starting`: nothing of this attempt has been sent. What the record throws here ends the operation: it is not sent.
 * - `attempt-ended`: what the attempt told. What the record throws here, or at `settled`, changes nothing.
 * - `settled`: the last word.
 */
export type RecordStep =
  | { readonly type: 'attempt-starting'; readonly attempt: number }
  | {
      readonly type: 'attempt-ended'
      readonly attempt: number
      readonly verdict: Verdict
      /** What would be true of the operation if this were its end. */
      readonly outcome: Outcome
    }
  | {
      readonly type: 'settled'
      readonly outcome: Outcome
      readonly replayed: boolean
      /** The server ignores keys, and the operation may have been applied twice. */
      readonly mayHaveRunTwice?: true | undefined
      /** The answer that the caller gets, `undefined` when it gets an error. */
      readonly answer: RecordedAnswer | undefined
    }

/** Keeps the steps of one operation. Each is awaited. */
export type Recorder = (step: RecordStep) => Promise<void>
