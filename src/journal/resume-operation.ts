import type { IdempotencyError } from '../errors/idempotency-error.js'
import { JournalError } from '../errors/journal-error.js'
import { findKeyProblem } from '../key/key-rules.js'
import type { JournalCall, OpenedOperation } from '../operation/operation-journal.js'
import { callStore, type Claimed } from './claim-entry.js'
import { giveBackEntry } from './give-back.js'
import { writeValue, type CallValue } from './entry-value.js'
import { heldOperation } from './journalled-operation.js'
import type { JournalSettings } from './journal-settings.js'
import { factsOf, knownFirstSentMs, readCall, sending } from './call-value.js'
import { settledOperation } from './settled-operation.js'

/** The part of a call that the resuming of an operation needs. */
type Resuming = Pick<JournalCall, 'method' | 'url' | 'signal' | 'keyTtlMs' | 'keyRules' | 'makeKey'>

/**
 * Goes on with an operation that an earlier call has left, and whose lease this call has.
 *
 * @throws {@link JournalError}, and what `verify` gives. The lease is given back then.
 */
export async function resumeOperation(
  settings: JournalSettings,
  { lease, entry }: Extract<Claimed, { status: 'taken' }>,
  call: Resuming,
  onEnd: () => void,
  verify: (known: CallValue) => IdempotencyError | undefined,
): Promise<OpenedOperation> {
  const { store, clock, leases } = settings
  const { id, token } = lease
  const giveBack = () => giveBackEntry(settings, lease, entry)
  try {
    const known = readCall(entry, factsOf(call, 'unknown'))
    const problem = verify(known)
    if (problem !== undefined) throw problem
    if (known.outcome === 'applied' && known.answer !== undefined) {
      await giveBack()
      return settledOperation(known)
    }
    // An operation that was not applied begins again: no answer to it can be about an earlier call.
    const isRestart = known.outcome === 'not-applied'
    const firstSentMs = isRestart ? undefined : knownFirstSentMs(known, clock.now())
    const { keyTtlMs } = call
    // One that was written down without being sent may have a key that this server does not take.
    const isMisfit = known.firstSentMs === undefined && findKeyProblem(known.key, call.keyRules) !== undefined
    const value = sending(
      {
        ...known,
        key: isMisfit ? call.makeKey() : known.key,
        firstSentMs: isRestart ? undefined : known.firstSentMs,
        keyTtlMs: keyTtlMs === Infinity ? null : keyTtlMs,
      },
      clock.now(),
    )
    // An entry that says already that it may have been sent need not say so again.
    if (firstSentMs === undefined) {
      const isOurs = await callStore(settings, call.signal, () =>
        store.record({
          id,
          token,
          state: 'open',
          value: writeValue(value),
          nowMs: clock.now(),
          leaseMs: leases.leaseMs,
        }),
      ).catch((cause: unknown) => {
        call.signal?.throwIfAborted()
        throw new JournalError('unavailable', factsOf(call, 'unknown', known.key, cause))
      })
      if (!isOurs) throw new JournalError('lease-lost', factsOf(call, 'unknown', known.key))
    }
    const before = { value: known, state: entry.state, updatedMs: entry.updatedMs }
    return heldOperation(settings, { lease, value, isNew: false, before, firstSentMs }, onEnd)
  } catch (error) {
    await giveBack()
    throw error
  }
}
