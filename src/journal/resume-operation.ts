import type { ErrorFacts, IdempotencyError } from '../errors/idempotency-error.js'
import { JournalError } from '../errors/journal-error.js'
import { findKeyProblem } from '../key/key-rules.js'
import type { JournalCall, OpenedOperation } from '../operation/operation-journal.js'
import { callStore, type Claimed } from './claim-entry.js'
import { giveBackEntry } from './give-back.js'
import { nameless } from './inbox.js'
import type { Lease } from './leases.js'
import { writeValue, type CallValue } from './entry-value.js'
import { heldOperation } from './journalled-operation.js'
import type { JournalSettings } from './journal-settings.js'
import { factsOf, knownFirstSentMs, readCall, sending } from './call-value.js'
import { settledOperation } from './settled-operation.js'

/** The part of a call that follows from its contract, the same for all calls of one wrapper. */
export type CallTerms = Pick<JournalCall, 'keyTtlMs' | 'keyRules' | 'makeKey'>

/** The part of a call that the resuming of an operation needs. */
type Resuming = CallTerms & Pick<JournalCall, 'method' | 'url' | 'signal'>

type Taken = Extract<Claimed, { status: 'taken' }>

/** A claim of an operation that an earlier call has left. */
export interface ResumableClaim extends Taken {
  /** What the entry says since the claim, where it was written down ahead that the operation is sent. */
  readonly begun?: CallValue | undefined
}

/** An operation that was not applied begins again: no answer to it can be about an earlier call. */
const isRestart = ({ outcome }: CallValue) => outcome === 'not-applied'

/** What an entry says while the operation goes on. */
function beginAgain(known: CallValue, { keyTtlMs, keyRules, makeKey }: CallTerms, nowMs: number): CallValue {
  // One that was written down without being sent may have a key that this server does not take.
  const isMisfit = known.firstSentMs === undefined && findKeyProblem(known.key, keyRules) !== undefined
  return sending(
    {
      ...known,
      key: isMisfit ? makeKey() : known.key,
      firstSentMs: isRestart(known) ? undefined : known.firstSentMs,
      keyTtlMs: keyTtlMs === Infinity ? null : keyTtlMs,
    },
    nowMs,
  )
}

/** Writes down that an operation may be sent from now on. @throws {@link JournalError} when it must not be sent. */
async function writeBegun(
  settings: JournalSettings,
  { id, token }: Lease,
  value: CallValue,
  signal: AbortSignal | undefined,
  facts: (cause?: unknown) => ErrorFacts,
): Promise<void> {
  const { store, clock, leases } = settings
  const text = writeValue(value)
  const isOurs = await callStore(settings, signal, () =>
    store.record({ id, token, state: 'open', value: text, nowMs: clock.now(), leaseMs: leases.leaseMs }),
  ).catch((cause: unknown) => {
    signal?.throwIfAborted()
    throw new JournalError('unavailable', facts(cause))
  })
  if (!isOurs) throw new JournalError('lease-lost', facts())
}

/**
 * Writes down ahead that an operation which was never sent may be sent from now on, so that many of them share a wait for the
 * disk. One that was sent before needs no such word.
 *
 * @throws {@link JournalError}, and the signal's reason. The lease is given back then.
 */
export async function beginAhead(
  settings: JournalSettings,
  claimed: Taken,
  terms: CallTerms,
  signal: AbortSignal | undefined,
): Promise<ResumableClaim> {
  const { lease, entry } = claimed
  try {
    const known = readCall(entry, nameless)
    if (known.firstSentMs !== undefined) return claimed
    const begun = beginAgain(known, terms, settings.clock.now())
    await writeBegun(settings, lease, begun, signal, (cause) => factsOf(known, 'unknown', known.key, cause))
    return { ...claimed, begun }
  } catch (error) {
    await giveBackEntry(settings, lease, entry)
    throw error
  }
}

/**
 * Goes on with an operation that an earlier call has left, and whose lease this call has.
 *
 * @throws {@link JournalError}, and what `verify` gives. The lease is given back then.
 */
export async function resumeOperation(
  settings: JournalSettings,
  { lease, entry, begun }: ResumableClaim,
  call: Resuming,
  onEnd: () => void,
  verify: (known: CallValue) => IdempotencyError | undefined,
): Promise<OpenedOperation> {
  const { clock } = settings
  const giveBack = () => giveBackEntry(settings, lease, entry)
  try {
    const known = readCall(entry, factsOf(call, 'unknown'))
    const problem = verify(known)
    if (problem !== undefined) throw problem
    if (known.outcome === 'applied' && known.answer !== undefined) {
      await giveBack()
      return settledOperation(known)
    }
    const firstSentMs = isRestart(known) ? undefined : knownFirstSentMs(known, clock.now())
    const value = begun ?? beginAgain(known, call, clock.now())
    // An entry that says already that it may have been sent need not say so again.
    if (firstSentMs === undefined && begun === undefined)
      await writeBegun(settings, lease, value, call.signal, (cause) =>
        factsOf(call, 'unknown', known.key, cause),
      )
    const before = { value: known, state: entry.state, updatedMs: entry.updatedMs }
    return heldOperation(settings, { lease, value, isNew: false, before, firstSentMs }, onEnd)
  } catch (error) {
    await giveBack()
    throw error
  }
}
