import { AlreadyDoneError } from '../errors/already-done-error.js'
import { DeadlineError } from '../errors/deadline-error.js'
import type { IdempotencyError } from '../errors/idempotency-error.js'
import { KeyExpiredError } from '../errors/key-expired-error.js'
import { KeyReusedError } from '../errors/key-reused-error.js'
import { NotAppliedError } from '../errors/not-applied-error.js'
import { OutcomeUnknownError } from '../errors/outcome-unknown-error.js'
import { UnsendableError } from '../errors/unsendable-error.js'
import type { Reading } from '../contract/verdict.js'
import type { Decision, StopReason } from '../retry/decide.js'
import type { TrackedOperation } from './tracked-operation.js'

/** How the last attempt ended. */
export interface LastAttempt<Answer> {
  readonly reading: Reading
  readonly decision: Decision
  readonly answer: Answer | undefined
  readonly error: unknown
}

/** Before the first attempt: all that can happen to an operation then is that its deadline passes. */
export const unsent: LastAttempt<never> = {
  reading: { verdict: 'not-sent' },
  decision: { action: 'settle', why: 'deadline' },
  answer: undefined,
  error: undefined,
}

/** Why there was no further attempt, where that is not plain from the error itself. */
const reasons: Partial<Record<StopReason, string>> = {
  'not-resendable':
    "not sent again: without a key that the server honours, with writes: 'never', or without the reconcile that the contract wants",
  'key-ignored': 'not sent again: the server has shown that it ignores keys',
  'key-scope': "not sent again: a header of the contract's keyScope has changed since",
  'look-up': 'reconcile did not find out what happened',
  'body-used': 'not sent again: its body is a stream, which can be read only once',
  'retry-after': 'the server asked to wait longer than maxRetryAfterMs',
  budget: 'the retry budget is empty',
}

/** The error that tells the truth about an operation that has no answer to give. */
export function toError<Answer>(
  operation: TrackedOperation,
  { answer, error, reading, decision }: LastAttempt<Answer>,
  retry: (() => Promise<Answer>) | undefined,
): IdempotencyError {
  const isResendable = operation.canResend()
  // The errors are typed for responses, which is what the answers of every public host are.
  const response = answer as Response | undefined
  const facts = {
    ...operation.errorFacts(),
    cause: error ?? response,
    retry: retry as (() => Promise<Response>) | undefined,
    isResendable,
  }
  const { verdict, original } = reading
  const why = decision.action === 'settle' ? decision.why : 'final'
  if (verdict === 'key-reused') return new KeyReusedError(facts, response)
  if (verdict === 'key-expired') return new KeyExpiredError({ ...facts, retry: undefined })
  if (why === 'key-age' && facts.outcome === 'unknown') return new KeyExpiredError(facts)
  if (verdict === 'unsendable' && facts.outcome === 'not-applied') return new UnsendableError(facts)
  if (facts.outcome === 'applied') return new AlreadyDoneError(facts, response, original)
  if (why === 'deadline') return new DeadlineError(facts)
  return facts.outcome === 'not-applied'
    ? new NotAppliedError(facts, reasons[why])
    : new OutcomeUnknownError(facts, reasons[why])
}
