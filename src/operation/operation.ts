import type { Reading, Verdict } from '../contract/verdict.js'
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
  /** A layer below may have sent more requests than are counted. @defaultValue `false` */
  readonly isLowerBound?: boolean
  /** The first attempt with a new key was answered from the server's store: a layer below has sent it twice. @defaultValue `false` */
  readonly hiddenResend?: boolean
}

/** The operation with one more request on its way. */
export function beginAttempt(operation: Operation): Operation {
  return { ...operation, attempts: operation.attempts + 1, spent: operation.spent + 1 }
}

/** The operation after an attempt was read. `isAtLeast`: a layer below may have sent the request more than once. */
export function endAttempt(operation: Operation, reading: Reading, isAtLeast = false): Operation {
  const { verdict, outcome, replayed } = reading
  const { attempts, spent, asks, keyOrigin, mayHaveRun } = operation
  let ended = operation
  if (verdict === 'running') ended = { ...ended, spent: spent - 1, asks: asks + 1, mayHaveRun: true }
  else if (verdict === 'unknown' || outcome === 'unknown') ended = { ...ended, mayHaveRun: true }
  if (isAtLeast) ended = { ...ended, isLowerBound: true }
  if (replayed === true && attempts === 1 && keyOrigin === 'generated' && !mayHaveRun)
    ended = { ...ended, hiddenResend: true }
  return ended
}

/** What is true of an operation when `reading` is its last word. A request that nobody saw may have been executed. */
export function outcomeOf(operation: Operation, reading: Reading): Outcome {
  const outcome = reading.outcome ?? outcomeByVerdict(operation, reading.verdict)
  const isPromised = operation.isLowerBound !== true || reading.verdict === 'unsendable'
  return outcome === 'not-applied' && !isPromised ? 'unknown' : outcome
}

function outcomeByVerdict(operation: Operation, verdict: Verdict): Outcome {
  switch (verdict) {
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
