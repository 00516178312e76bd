import type { ErrorFacts, IdempotencyError } from '../errors/idempotency-error.js'
import { JournalError } from '../errors/journal-error.js'
import type { JournalCall, OpenedOperation } from '../operation/operation-journal.js'
import { factsOf, freshValue, readCall, sending, type NamedCall } from './call-value.js'
import { claimEntry, type ClaimGoal } from './claim-entry.js'
import { writeValue, type CallValue } from './entry-value.js'
import { heldOperation } from './journalled-operation.js'
import type { JournalSettings } from './journal-settings.js'
import { resumeOperation } from './resume-operation.js'
import { settledOperation } from './settled-operation.js'

/** What is opened: the entry's name, and what it says beside the call. */
export interface Opening extends NamedCall {
  readonly id: string
  /** The lane of the entry in the store. */
  readonly lane: string | undefined
  /** Compares what is on record with what is called. */
  readonly check: (found: CallValue, fresh: CallValue, facts: ErrorFacts) => IdempotencyError | undefined
  readonly onEnd: () => void
}

/**
 * Finds an operation, or writes it down, before its first attempt.
 *
 * @throws {@link JournalError}, what `check` gives, and the signal's reason.
 */
export async function openOperation(
  settings: JournalSettings,
  call: JournalCall,
  opening: Opening,
): Promise<OpenedOperation> {
  const { clock } = settings
  const { id, lane, check, onEnd } = opening
  const fresh = await freshValue(settings, call, opening)
  const { method, url } = fresh
  const facts: ErrorFacts = { key: undefined, attempts: 0, outcome: 'unknown', method, url }
  const created = sending(fresh, clock.now())
  const goal: ClaimGoal = {
    id,
    lane,
    value: writeValue(created),
    waitMs: Math.min(call.waitMs, settings.waitMs),
    limitMs: call.waitMs,
    signal: call.signal,
    facts,
  }
  let claimed = await claimEntry(settings, goal)
  if (claimed.status === 'settled') {
    const known = readCall(claimed.entry, facts)
    const problem = check(known, fresh, factsOf(call, 'not-applied', known.key))
    if (problem !== undefined) throw problem
    if (known.outcome === 'applied' && known.answer !== undefined) return settledOperation(known)
    // The server is asked again under the same key, or told again what it did not do.
    claimed = await claimEntry(settings, { ...goal, takeSettled: true })
  }
  if (claimed.status === 'created') {
    const held = {
      lease: claimed.lease,
      value: created,
      isNew: true,
      before: undefined,
      firstSentMs: undefined,
    }
    return heldOperation(settings, held, onEnd)
  }
  if (claimed.status !== 'taken') throw new JournalError('lease-lost', facts)
  return resumeOperation(settings, claimed, call, onEnd, (known) =>
    check(known, fresh, factsOf(call, 'not-applied', known.key)),
  )
}
