import type { OpenedOperation } from '../operation/operation-journal.js'
import type { CallValue } from './entry-value.js'
import { giveAnswer } from './kept-answer.js'

/** An operation that needs no sending: its answer is on record. */
export function settledOperation(value: CallValue): OpenedOperation {
  const { key, isKeyGiven, firstSentMs, answer, outcome = 'applied', mayHaveRunTwice } = value
  return {
    key,
    isGenerated: !isKeyGiven,
    firstSentMs,
    answer: answer && giveAnswer(answer, { outcome, ...(mayHaveRunTwice && { mayHaveRunTwice }) }),
    record: async () => undefined,
    release: async () => undefined,
  }
}
