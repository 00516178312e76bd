import type { AlreadyDoneError } from './already-done-error.js'
import type { BodyTooLargeError } from './body-too-large-error.js'
import type { DeadlineError } from './deadline-error.js'
import type { JournalError } from './journal-error.js'
import type { KeyExpiredError } from './key-expired-error.js'
import type { KeyInvalidError } from './key-invalid-error.js'
import type { KeyReusedError } from './key-reused-error.js'
import type { NotAppliedError } from './not-applied-error.js'
import type { OutcomeUnknownError } from './outcome-unknown-error.js'
import type { RunDivergedError } from './run-diverged-error.js'
import type { UnsendableError } from './unsendable-error.js'
import { hasErrorCode } from './idempotency-error.js'

/** Every error of this package, to be told apart by `code`. */
export type AnyIdempotencyError =
  | AlreadyDoneError
  | BodyTooLargeError
  | DeadlineError
  | JournalError
  | KeyExpiredError
  | KeyInvalidError
  | KeyReusedError
  | NotAppliedError
  | OutcomeUnknownError
  | RunDivergedError
  | UnsendableError

/** Whether a value is any error of this package, from whichever copy of it. */
export const isIdempotencyError: (value: unknown) => value is AnyIdempotencyError = hasErrorCode()
