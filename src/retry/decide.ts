import type { Backoff } from '../backoff/backoff.js'
import type { Reading, Verdict } from '../contract/verdict.js'
import type { Operation } from '../operation/operation.js'

/** Why an operation that could have gone on did not. */
export type StopReason =
  'final' | 'attempts' | 'deadline' | 'retry-after' | 'not-resendable' | 'body-used' | 'key-age' | 'budget'

/** What to do after an attempt. The host obeys it and decides nothing itself. */
export type Decision =
  | { readonly action: 'settle'; readonly why: StopReason }
  | { readonly action: 'resend'; readonly delayMs: number; readonly reason: Verdict }

/** What a decision depends on beside the operation and the reading. */
export interface Circumstances {
  readonly maxAttempts: number
  readonly maxRetryAfterMs: number
  readonly backoff: Backoff
  readonly random: () => number
  readonly nowMs: number
  /** What the server asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** How long the server remembers the key, in milliseconds. */
  readonly keyTtlMs: number
}

/** No server needs to be asked more often than this how far it is, in milliseconds: asking costs no attempt. */
const minimumAskMs = 100

function settle(why: StopReason): Decision {
  return { action: 'settle', why }
}

/** Whether this reading leaves anything to try, attempts and time permitting. */
function canHelp(operation: Operation, reading: Reading): StopReason | undefined {
  const { verdict, resend, maxAsks = Infinity } = reading
  if (verdict === 'running') {
    if (!operation.resendable || operation.key === undefined) return 'not-resendable'
    return operation.asks > maxAsks ? 'attempts' : undefined
  }
  if (verdict === 'not-sent') return undefined
  if (resend === false) return 'final'
  if (verdict === 'refused') return undefined
  if (verdict === 'unknown' || (verdict === 'failed' && resend === true))
    return operation.resendable ? undefined : 'not-resendable'
  return 'final'
}

/**
 * Decides what follows an attempt. `operation` is as it stands after the attempt was read. Pure: no clock, no
 * timer, no state.
 */
export function decide(operation: Operation, reading: Reading, circumstances: Circumstances): Decision {
  const { maxAttempts, maxRetryAfterMs, backoff, random, nowMs, retryAfterMs, keyTtlMs } = circumstances
  const { verdict, minimumWaitMs = 0 } = reading
  const obstacle = canHelp(operation, reading)
  if (obstacle !== undefined) return settle(obstacle)
  if (operation.spent >= maxAttempts) return settle('attempts')
  if (retryAfterMs !== undefined && retryAfterMs > maxRetryAfterMs) return settle('retry-after')
  const round = verdict === 'running' ? operation.asks : operation.spent
  const askedMs = retryAfterMs && Math.max(retryAfterMs, verdict === 'running' ? minimumAskMs : 0)
  const delayMs = Math.max(askedMs ?? backoff(round, random), minimumWaitMs) || 0
  if (nowMs + delayMs >= operation.deadlineAtMs) return settle('deadline')
  if (operation.key !== undefined && nowMs + delayMs >= operation.firstSentMs + keyTtlMs)
    return settle('key-age')
  return { action: 'resend', delayMs, reason: verdict }
}
