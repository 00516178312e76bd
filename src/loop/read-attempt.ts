import { readAnswer } from '../contract/read-answer.js'
import type { Reading } from '../contract/verdict.js'
import type { Operation } from '../operation/operation.js'
import type { Attempted } from '../transport/attempted.js'
import { AnswerInFull } from './answer-in-full.js'
import { reads } from './is-resendable.js'
import type { OperationSettings } from './operation-options.js'

/**
 * A redirect may have turned the write into a GET, after it was applied or instead of it. Only a status that a GET does not
 * get is the write's own for sure, and nothing that went wrong behind a redirect says that the write was not applied.
 */
function readRedirected(reading: Reading, status: number): Reading {
  const isOfWrite = status === 201 || status === 202
  if (reading.verdict === 'done') return isOfWrite ? reading : { ...reading, outcome: 'unknown' }
  return { ...reading, verdict: reading.verdict === 'unknown' ? 'unknown' : 'failed', outcome: 'unknown' }
}

/** What an attempt of an operation tells. */
export function readAttempt(
  contract: OperationSettings['contract'],
  operation: Operation,
  attempted: Attempted,
): Reading {
  if ('lost' in attempted)
    return attempted.isFinal ? { verdict: attempted.lost, resend: false } : { verdict: attempted.lost }
  const reading = readAnswer(contract, new AnswerInFull(attempted, operation))
  const { status, isBodyLost, isMoved } = attempted
  // That a DELETE finds nothing where a redirect has led, such as to a log-in, does not tell that the thing is gone.
  if (isMoved && reading.verdict === 'done' && status >= 400) return { verdict: 'failed', outcome: 'unknown' }
  // Servers refuse a key that they know with these, and only the body tells it from other refusals.
  if (isBodyLost && operation.keyOrigin === 'given' && (status === 400 || status === 409 || status === 422))
    return { ...reading, outcome: reading.outcome ?? 'unknown' }
  return attempted.redirected === true && !reads.has(operation.method)
    ? readRedirected(reading, status)
    : reading
}
