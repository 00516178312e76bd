import { parseWait } from '../backoff/parse-wait.js'
import { monotonicNow } from '../clock/clock.js'
import type { Reading } from '../contract/verdict.js'
import type { Operation } from '../operation/operation.js'
import { decide, type Allowance, type Decision } from '../retry/decide.js'
import type { RetryPolicy } from '../retry/retry-policy.js'
import type { Attempted } from '../transport/attempted.js'
import type { Call } from './call.js'
import type { OperationSettings } from './operation-options.js'

/** An attempt that has ended, with what its decision depends on. */
interface Ended {
  readonly reading: Reading
  readonly attempted: Attempted
  readonly allowance: Allowance | undefined
  readonly policy: RetryPolicy
  /** The milliseconds that are left until the deadline. */
  readonly leftMs: number
  /** When the server said for the first time that it is still running, by the monotonic clock. */
  readonly askedSinceMs: number
}

/** Brings together what a decision depends on, and has it made. */
export function decideNext(
  { contract, clock, random }: OperationSettings,
  { resendBackoff, limitWait }: Call,
  operation: Operation,
  { reading, attempted, allowance, policy, leftMs, askedSinceMs }: Ended,
): Decision {
  const nowMs = clock.now()
  return decide(operation, reading, {
    ...policy,
    backoff: (reading.verdict !== 'running' && resendBackoff) || policy.backoff,
    random,
    nowMs,
    leftMs,
    retryAfterMs: readWait(attempted, nowMs, limitWait),
    keyTtlMs: contract.keyTtlMs,
    askedForMs: monotonicNow(clock) - askedSinceMs,
    allowance,
  })
}

/** How long the server asks to wait, in milliseconds, as far as the host's user heeds it. */
function readWait(attempted: Attempted, nowMs: number, limitWait: Call['limitWait']): number | undefined {
  if ('lost' in attempted) return undefined
  const { status, headers } = attempted
  const waitMs = parseWait(status, headers, nowMs)
  return waitMs && limitWait ? limitWait(status, waitMs) : waitMs
}
