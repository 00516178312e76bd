import type { ErrorFacts, Outcome } from '../errors/idempotency-error.js'
import { JournalError } from '../errors/journal-error.js'
import { callStore, claimEntry, type ClaimGoal } from './claim-entry.js'
import { readCall } from './call-value.js'
import { writeValue, readValue, type CallValue, type EntryValue } from './entry-value.js'
import { giveBackEntry } from './give-back.js'
import type { JournalSettings } from './journal-settings.js'
import { describePending, type PendingOperation } from './pending-operation.js'
import type { EntryFilter, StoredEntry } from './store.js'

/** Entries that are asked for at once. */
const pageSize = 256

/** The facts of an error about an entry whose call is not known. */
export const nameless: ErrorFacts = { key: undefined, attempts: 0, outcome: 'unknown', method: '?', url: '?' }

/** A claim of an entry that is there already, at once or not at all. */
export const unnamed = (id: string): ClaimGoal => ({
  id,
  lane: undefined,
  value: '',
  mustExist: true,
  waitMs: 0,
  signal: undefined,
  facts: nameless,
})

/** @throws {@link JournalError} when the store fails. */
function askStore<T>(settings: JournalSettings, call: () => Promise<T>, facts = nameless): Promise<T> {
  return callStore(settings, undefined, call).catch((cause: unknown) => {
    throw new JournalError('unavailable', { ...facts, cause })
  })
}

/** Every entry that a filter finds, page by page. @throws {@link JournalError} when the store fails. */
export async function* listPages(
  settings: JournalSettings,
  filter: EntryFilter,
  facts = nameless,
): AsyncGenerator<readonly StoredEntry[], void, undefined> {
  let after: string | undefined
  do {
    const page = await askStore(
      settings,
      () => settings.store.list(filter, { after, limit: pageSize }),
      facts,
    )
    yield page.entries
    after = page.next
  } while (after !== undefined)
}

function read(entry: StoredEntry): EntryValue | undefined {
  try {
    return readValue(entry)
  } catch {
    return undefined
  }
}

/** The operations whose outcome is not known yet, the oldest first. What cannot be read is not among them. */
export async function* listPending(
  settings: JournalSettings,
): AsyncGenerator<PendingOperation, void, undefined> {
  for await (const page of listPages(settings, { state: 'open' }))
    for (const entry of page) {
      const value = read(entry)
      if (value?.kind === 'call') yield describePending(entry, value, settings.clock.now())
    }
}

/**
 * A call that gives the lease back. When its answer is lost and it is tried again, the store says that the lease is gone, which
 * then means that the first try was carried out.
 */
async function callLast(settings: JournalSettings, call: () => Promise<boolean>): Promise<boolean> {
  let mayBeDone = false
  return askStore(settings, async () => {
    try {
      return (await call()) || mayBeDone
    } catch (error) {
      mayBeDone = true
      throw error
    }
  })
}

/** Writes down what somebody has found out. @throws {@link JournalError} when a worker has it, or the store fails. */
export async function resolvePending(
  settings: JournalSettings,
  id: string,
  outcome: Exclude<Outcome, 'unknown'>,
): Promise<boolean> {
  const { store, leases, clock } = settings
  if (outcome !== 'applied' && outcome !== 'not-applied')
    throw new TypeError(`resolve: outcome must be 'applied' or 'not-applied', not ${String(outcome)}`)
  const claimed = await claimEntry(settings, unnamed(id))
  if (claimed.status !== 'taken') return false
  const { lease, entry } = claimed
  const { token } = lease
  try {
    const { request: _, ...known }: CallValue = readCall(entry, nameless)
    const value = writeValue({ ...known, outcome })
    const isWritten = await callLast(settings, () =>
      store.record({ id, token, state: 'settled', value, nowMs: clock.now(), leaseMs: 0 }),
    )
    leases.drop(lease)
    return isWritten
  } catch (error) {
    await giveBackEntry(settings, lease, entry)
    throw error
  }
}

/** Removes an entry. @throws {@link JournalError} when a worker has it, or the store fails. */
export async function forgetEntry(settings: JournalSettings, id: string): Promise<boolean> {
  const { store, leases } = settings
  const claimed = await claimEntry(settings, { ...unnamed(id), takeSettled: true })
  if (claimed.status !== 'taken') return false
  leases.drop(claimed.lease)
  const { token } = claimed.lease
  return callLast(settings, async () => (await store.remove({ id, token })) > 0)
}

/** Removes settled entries that are older than they have to be kept. */
export async function compactEntries(settings: JournalSettings, limit = pageSize): Promise<number> {
  const { store, clock, keepSettledMs } = settings
  if (keepSettledMs === Infinity) return 0
  let removed = 0
  for (;;) {
    const settledBeforeMs = clock.now() - keepSettledMs
    const count = await askStore(settings, () => store.remove({ settledBeforeMs, limit }))
    removed += count
    if (count < limit) return removed
  }
}
