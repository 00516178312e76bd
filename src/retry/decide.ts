import type { Backoff } from '../backoff/backoff.js'
import type { Reading, Verdict } from '../contract/verdict.js'
import type { Operation } from '../operation/operation.js'

/** Why an operation that could have gone on did not. */
export type StopReason =
  | 'final'
  | 'attempts'
  | 'deadline'
  | 'retry-after'
  | 'not-resendable'
  | 'body-used'
  | 'key-age'
  | 'key-ignored'
  | 'key-scope'
  | 'look-up'
  | 'budget'
  | 'user'

/** What to do after an attempt. The loop obeys it. */
export type Decision =
  | { readonly action: 'settle'; readonly why: StopReason }
  | {
      readonly action: 'resend'
      readonly delayMs: number
      readonly reason: Verdict
      /** The retry budget is empty: after `delayMs`, the operation waits until it may probe the server. */
      readonly mustProbe?: boolean
    }

/**
 * What the host's user says of a retry, asked before it is decided: nothing against it; no; or that even a definite failure
 * is to be sent again.
 */
export type Allowance = 'allowed' | 'refused' | 'wanted'

/** What a decision depends on beside the operation and the reading. */
export interface Circumstances {
  readonly maxAttempts: number
  readonly maxRetryAfterMs: number
  readonly backoff: Backoff
  readonly random: () => number
  /** The wall clock, for the age of the key. */
  readonly nowMs: number
  /** The milliseconds that are left until the deadline. */
  readonly leftMs: number
  /** What the server asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** How long the server has been asked already how far it is, in milliseconds. @defaultValue `0` */
  readonly askedForMs?: number | undefined
  /** How long the server remembers the key, in milliseconds. */
  readonly keyTtlMs: number
  /** @defaultValue `'allowed'` */
  readonly allowance?: Allowance | undefined
}

/** No server needs to be asked more often than this how far it is, in milliseconds: asking costs no attempt. */
const minimumAskMs = 100

function settle(why: StopReason): Decision {
  return { action: 'settle', why }
}

/** Whether this reading leaves anything to try, attempts and time permitting. */
function findObstacle(
  operation: Operation,
  reading: Reading,
  allowance: Allowance | undefined,
): StopReason | undefined {
  const { verdict, resend, maxAsks = Infinity } = reading
  // To ask how far the server is does not resend anything that the user could have refused.
  if (verdict === 'running') {
    if (!operation.resendable || operation.key === undefined) return 'not-resendable'
    return operation.asks > maxAsks ? 'attempts' : undefined
  }
  if (allowance === 'refused') return 'user'
  if (verdict === 'not-sent') return undefined
  if (resend === false) return 'final'
  if (verdict === 'refused') return undefined
  if (verdict === 'unknown' || (verdict === 'failed' && resend === true))
    return operation.resendable ? undefined : 'not-resendable'
  const isDefinite = verdict === 'failed' && reading.outcome !== 'unknown'
  return isDefinite && allowance === 'wanted' ? undefined : 'final'
}

/** How long to wait: as the server asks, else by the distance of asks that the contract gives, else by the backoff. */
function chooseDelay(
  operation: Operation,
  { verdict, askEveryMs, minimumWaitMs = 0 }: Reading,
  { backoff, random, retryAfterMs }: Circumstances,
): number {
  const isRunning = verdict === 'running'
  const round = isRunning ? operation.asks : operation.spent
  const askedMs = retryAfterMs && Math.max(retryAfterMs, isRunning ? minimumAskMs : 0)
  const ownMs = isRunning && askEveryMs !== undefined ? askEveryMs * (0.75 + random() / 2) : undefined
  return Math.max(askedMs ?? ownMs ?? backoff(round, random), minimumWaitMs) || 0
}

/**
 * Decides what follows an attempt. `operation` is as it stands after the attempt was read. Pure: no clock, no
 * timer, no state.
 */
export function decide(operation: Operation, reading: Reading, circumstances: Circumstances): Decision {
  const { maxAttempts, maxRetryAfterMs, nowMs, leftMs, retryAfterMs, keyTtlMs } = circumstances
  const { allowance, askedForMs = 0 } = circumstances
  const { verdict, askForMs = Infinity } = reading
  const obstacle = findObstacle(operation, reading, allowance)
  if (obstacle !== undefined) return settle(obstacle)
  if (operation.spent >= maxAttempts) return settle('attempts')
  if (retryAfterMs !== undefined && retryAfterMs > maxRetryAfterMs) return settle('retry-after')
  const delayMs = chooseDelay(operation, reading, circumstances)
  if (verdict === 'running' && askedForMs + delayMs > askForMs) return settle('attempts')
  if (delayMs >= leftMs) return settle('deadline')
  if (operation.key !== undefined && nowMs + delayMs >= operation.firstSentMs + keyTtlMs)
    return settle('key-age')
  return { action: 'resend', delayMs, reason: verdict }
}
