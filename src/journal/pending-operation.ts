import type { Outcome } from '../errors/idempotency-error.js'
import type { CallValue } from './entry-value.js'
import { isPastRetention } from './call-value.js'
import type { StoredEntry } from './store.js'

/** An operation whose outcome is not known yet. */
export interface PendingOperation {
  /** Names the entry: for `resolve` and `forget`. */
  readonly id: string
  /** The id that the call gave, `undefined` for a step of a run. */
  readonly operationId: string | undefined
  readonly run: string | undefined
  readonly step: string | undefined
  readonly lane: string | undefined
  /** The idempotency key, by which the server may tell what became of the write. */
  readonly key: string
  readonly method: string
  /** The target without user info, query and fragment. */
  readonly url: string
  /** `undefined` when it was never sent. */
  readonly firstSentAt: Date | undefined
  /** Attempts that may have been sent. */
  readonly attempts: number
  /**
   * - `active`: a worker has it
   * - `unsent`: it was written down and never sent
   * - `interrupted`: the worker that had it is gone
   * - `unknown`: a call ended without knowing the outcome
   * - `expired`: the server may have forgotten the key, so it is never sent again
   */
  readonly status: 'active' | 'unsent' | 'interrupted' | 'unknown' | 'expired'
  /** What is true of it, as far as is known. */
  readonly outcome: Outcome
  /** The request is kept, so that `recover` can send it. */
  readonly hasRequest: boolean
}

/** What an open entry tells its user. */
export function describePending(
  { id, leaseLeftMs }: Pick<StoredEntry, 'id' | 'leaseLeftMs'>,
  value: CallValue,
  nowMs: number,
): PendingOperation {
  const { operationId, place, lane, key, method, url, firstSentMs, attempts, outcome, request } = value
  const isUnsent = firstSentMs === undefined
  return {
    id,
    operationId,
    run: place?.run,
    step: place?.step,
    lane,
    key,
    method,
    url,
    firstSentAt: isUnsent ? undefined : new Date(firstSentMs),
    attempts,
    status:
      leaseLeftMs > 0
        ? 'active'
        : isUnsent
          ? 'unsent'
          : isPastRetention(value, nowMs)
            ? 'expired'
            : outcome === 'unknown'
              ? 'unknown'
              : 'interrupted',
    outcome: isUnsent ? 'not-applied' : 'unknown',
    hasRequest: request !== undefined,
  }
}
