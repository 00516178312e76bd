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
      /** Why the answer was lost. */
      readonly error: unknown
      readonly replayed: boolean
    }
  | { readonly type: 'waiting'; readonly delayMs: number; readonly reason: Verdict }
  | { readonly type: 'settled'; readonly outcome: Outcome; readonly replayed: boolean }

/** What happens to an operation, in order: attempts start and end, waits, and one last word. */
export type IdempotencyEvent = EventDetail & {
  readonly key: string | undefined
  readonly method: string
  /** The target without user info, query and fragment. */
  readonly url: string
  /** Requests sent so far. */
  readonly attempts: number
}

/** Hears what happens. One that throws changes nothing. */
export type EventListener = (event: IdempotencyEvent) => void
