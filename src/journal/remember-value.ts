import { JournalError } from '../errors/journal-error.js'
import { RunDivergedError, type Divergence } from '../errors/run-diverged-error.js'
import { callStore, claimEntry } from './claim-entry.js'
import { readValue, writeValue, type NoteValue } from './entry-value.js'
import { giveBackEntry } from './give-back.js'
import type { Lease } from './leases.js'
import { keepRunLease, takePlace, type StoredRun } from './run-turn.js'

/** The value that a run has under a name: made once, and read from then on. */
export async function rememberValue<T>(run: StoredRun, name: string, make: () => T | Promise<T>): Promise<T> {
  const { settings, id, lane, history } = run
  const { naming, clock, store, leases, waitMs } = settings
  const step = `value ${name}`
  const facts = {
    key: undefined,
    attempts: 0,
    outcome: 'not-applied',
    method: 'remember',
    url: name,
  } as const
  const refuse = (divergence: Divergence) => new RunDivergedError(divergence, id, step, facts)
  const met = history.meet(step)
  if (met !== undefined) throw refuse(met)
  let isDone = false
  try {
    const place = await takePlace(run, step, 'value', refuse)
    await keepRunLease(run, (problem, cause) => new JournalError(problem, { ...facts, cause }))
    const note: NoteValue = { kind: 'note', place }
    const entryId = naming.name('value', id, name)
    const goal = { id: entryId, lane, waitMs, signal: undefined, facts }
    const leave = (lease: Lease) =>
      giveBackEntry(settings, lease, { state: 'open', value: writeValue(note), updatedMs: clock.now() })
    const readKept = async () => {
      const found = await claimEntry(settings, { ...goal, value: writeValue(note), waitMs: 0 })
      if ('lease' in found) await leave(found.lease)
      return found.status === 'settled' ? (readValue(found.entry) as NoteValue).json : undefined
    }
    const claimed = await claimEntry(settings, { ...goal, value: writeValue(note) })
    if (claimed.status === 'settled') {
      isDone = true
      return JSON.parse((readValue(claimed.entry) as NoteValue).json as string) as T
    }
    const { lease: own } = claimed as { lease: Lease }
    try {
      const json = JSON.stringify(await make())
      if (json === undefined) throw new TypeError(`run.remember: the value of "${name}" is not JSON`)
      const isOurs = await callStore(settings, undefined, () =>
        store.record({
          id: entryId,
          token: own.token,
          state: 'settled',
          value: writeValue({ ...note, json }),
          nowMs: clock.now(),
          leaseMs: 0,
        }),
      ).catch((cause: unknown) => {
        throw new JournalError('unavailable', { ...facts, cause })
      })
      // A write whose answer was lost gave the lease back: the same write again changes nothing.
      const kept = isOurs ? json : await readKept()
      if (kept === undefined) throw new JournalError('lease-lost', facts)
      isDone = true
      leases.drop(own)
      return JSON.parse(kept) as T
    } catch (error) {
      // The next run need not wait until the lease has run out.
      await leave(own)
      throw error
    }
  } finally {
    history.end(step, isDone)
  }
}
