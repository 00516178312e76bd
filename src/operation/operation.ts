import type { Reading } from '../contract/verdict.js'
import type { Outcome } from '../errors/idempotency-error.js'

/** One logical write, named by its key, as it stands between two attempts. A value: each step gives a new one. */
export interface Operation {
  readonly method: string
  readonly url: string
  readonly key: string | undefined
  readonly keyOrigin: 'generated' | 'given' | 'none'
  /** The request carries a precondition, which its own success can make fail. */
  readonly conditional: boolean
  /** A lost answer may be answered with a resend. */
  readonly resendable: boolean
  /** The earliest time at which the server may have seen the key. */
  readonly firstSentMs: number
  /** Requests sent. */
  readonly attempts: number
  /** Requests that count against `maxAttempts`: asking a server that is still running is free. */
  readonly spent: number
  /** Times that a server was still running. */
  readonly asks: number
  /** An attempt may have been executed. */
  readonly mayHaveRun: boolean
}

/** The operation with one more request on its way. */
export function beginAttempt(operation: Operation): Operation {
  return { ...operation, attempts: operation.attempts + 1, spent: operation.spent + 1 }
}

/** The operation after an attempt was read. */
export function endAttempt(operation: Operation, { verdict, outcome }: Reading): Operation {
  if (verdict === 'running')
    return { ...operation, spent: operation.spent - 1, asks: operation.asks + 1, mayHaveRun: true }
  return verdict === 'unknown' || outcome === 'unknown' ? { ...operation, mayHaveRun: true } : operation
}

/** What is true of an operation when `reading` is its last word. */
export function outcomeOf(operation: Operation, reading: Reading): Outcome {
  if (reading.outcome !== undefined) return reading.outcome
  switch (reading.verdict) {
    case 'done':
    case 'already-done':
      return 'applied'
    case 'unknown':
    case 'running':
    case 'key-expired':
      return 'unknown'
    case 'stored-failure':
      return 'not-applied'
    default:
      return operation.mayHaveRun ? 'unknown' : 'not-applied'
  }
}
