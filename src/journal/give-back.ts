import type { JournalSettings } from './journal-settings.js'
import type { Lease } from './leases.js'
import { limitCall } from './limit-call.js'
import type { StoredEntry } from './store.js'

/** Gives a lease back, and leaves the entry as it was. When the store fails, the lease runs out. */
export async function giveBackEntry(
  { store, leases, storeTimeoutMs }: JournalSettings,
  lease: Lease,
  { state, value, updatedMs }: Pick<StoredEntry, 'state' | 'value' | 'updatedMs'>,
): Promise<void> {
  const { id, token } = lease
  const request = { id, token, state, value, nowMs: updatedMs, leaseMs: 0 }
  await limitCall(() => store.record(request), storeTimeoutMs).catch(() => undefined)
  leases.drop(lease)
}
