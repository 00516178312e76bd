import type { Outcome } from '../errors/idempotency-error.js'
import { JournalError } from '../errors/journal-error.js'
import type { OpenedOperation } from '../operation/operation-journal.js'
import type { RecordStep } from '../operation/record-step.js'
import { callStore } from './claim-entry.js'
import { writeValue, type CallValue } from './entry-value.js'
import { keepAnswer } from './kept-answer.js'
import type { JournalSettings } from './journal-settings.js'
import type { Lease } from './leases.js'
import { persistWrite } from './persist-write.js'
import type { EntryState } from './store.js'

/** An entry that this call has the lease of. */
export interface HeldEntry {
  readonly lease: Lease
  /** As it is in the store. */
  readonly value: CallValue
  /** The call has made the entry, so that it is removed if nothing is sent. */
  readonly isNew: boolean
  /** What the entry was before the call, which it becomes again if nothing is sent. */
  readonly before:
    { readonly value: CallValue; readonly state: EntryState; readonly updatedMs: number } | undefined
  /** When an earlier call may have sent it. */
  readonly firstSentMs: number | undefined
}

const nothing = /* @__PURE__ */ Promise.resolve()

/** An operation that a call works on: what happens to it is written down. */
export function heldOperation(
  settings: JournalSettings,
  held: HeldEntry,
  onEnd: () => void,
): OpenedOperation {
  const { store, clock, leases, closing, active, maxAnswerBytes } = settings
  const { lease, isNew, before, firstSentMs } = held
  const { id, token } = lease
  let value = held.value
  let attemptsHere = 0
  let isOver = false
  let finish!: () => void
  const finished = new Promise<void>((resolve) => (finish = resolve))
  active.set(id, finished)

  const facts = (outcome: Outcome, cause?: unknown) => {
    const { key, method, url } = value
    return { key, attempts: 0, outcome, method, url, cause }
  }
  const end = () => {
    leases.drop(lease)
    active.delete(id)
    finish()
    onEnd()
  }
  /** What was applied is asked for again without being opened again. */
  const stateNow = (): EntryState => (value.outcome === 'applied' ? 'settled' : 'open')
  const write = (next: CallValue, state: EntryState, leaseMs: number, nowMs = clock.now()) => {
    const text = writeValue(next)
    return store.record({ id, token, leaseMs, state, value: text, nowMs })
  }
  /** Does what must not be lost: nothing that has been sent changes by how it goes. */
  const persist = (act: () => Promise<unknown>) => persistWrite(settings, lease, act, end)

  const start = async (attempt: number) => {
    attemptsHere += 1
    // The claim has just written down that one attempt may be sent.
    if (attemptsHere === 1 && leases.isSafe(lease)) return
    const next = { ...value, attempts: value.attempts + (attemptsHere === 1 ? 0 : 1) }
    const outcome = firstSentMs === undefined && attempt === 1 ? 'not-applied' : 'unknown'
    let isOurs: boolean
    try {
      isOurs = await callStore(settings, closing.signal, () => write(next, stateNow(), leases.leaseMs))
    } catch (cause) {
      attemptsHere -= 1
      throw new JournalError('unavailable', facts(outcome, cause))
    }
    if (!isOurs) {
      attemptsHere -= 1
      throw new JournalError('lease-lost', facts('unknown'))
    }
    value = next
  }
  const giveBack = () => {
    isOver = true
    if (isNew) return persist(() => store.remove({ id, token }))
    const {
      value: old,
      state,
      updatedMs,
    } = before ?? { value, state: 'open' as const, updatedMs: clock.now() }
    return persist(() => write(old, state, 0, updatedMs))
  }
  const settle = async ({
    outcome: ended,
    answer,
    mayHaveRunTwice,
  }: Extract<RecordStep, { type: 'settled' }>) => {
    // Nothing was sent, and no look-up has told what became of what was sent earlier.
    if (attemptsHere === 0 && (firstSentMs === undefined || ended === 'unknown')) return giveBack()
    isOver = true
    // What was applied stays applied, whatever becomes of asking for the answer again.
    const outcome = before?.value.outcome === 'applied' ? 'applied' : ended
    const kept = ended === 'applied' ? keepAnswer(answer, maxAnswerBytes) : undefined
    const state = outcome === 'unknown' ? 'open' : 'settled'
    // A request is kept for as long as it may have to be sent.
    const last: CallValue = {
      ...value,
      outcome,
      answer: kept,
      request: outcome === 'applied' ? undefined : value.request,
      // A later call that is answered from the server's store does not undo it.
      mayHaveRunTwice: mayHaveRunTwice ?? value.mayHaveRunTwice,
    }
    return persist(() => write(last, state, 0))
  }

  return {
    key: value.key,
    isGenerated: !value.isKeyGiven,
    firstSentMs,
    knownOutcome: before?.value.outcome === 'applied' ? 'applied' : undefined,
    answer: undefined,
    record(step) {
      if (isOver || step.type === 'attempt-ended') return nothing
      return step.type === 'attempt-starting' ? start(step.attempt) : settle(step)
    },
    async release() {
      if (isOver) return
      if (attemptsHere === 0) return giveBack()
      // The operation ended without an outcome: the next call or `recover()` finds it open, as after a crash.
      isOver = true
      await persist(() => write(value, stateNow(), 0))
    },
  }
}
