import type { ClaimRequest, OperationStore, RecordRequest, StoredEntry } from '../journal/store.js'
import { expectTrue } from './expect.js'

/** A store under test, empty at first, and what the checks need to do with it. */
export interface StoreUnderTest {
  readonly store: OperationStore
  /** Another user of the same data, such as a second connection; the same store when there can be no other. */
  readonly other: OperationStore
  /** Lets this much time pass on the clock that the store measures leases by: really, or by moving a clock of its own. */
  passMs(ms: number): Promise<void>
  /** Closes both and removes the data. */
  close(): Promise<void>
}

/** Checks by their names. */
export type StoreRules = Readonly<Record<string, (test: StoreUnderTest) => Promise<void>>>

/** Short enough to wait for, long enough that a slow machine does not let it run out between two calls. */
export const leaseMs = 400
/** A lease that holds until the end of a check. */
export const longMs = 60_000

/** A claim, with what a check has to say of it. */
export const claimOf = (id: string, more: Partial<ClaimRequest> = {}): ClaimRequest => ({
  id,
  lane: undefined,
  token: `token-${id}`,
  leaseMs: longMs,
  value: `value of ${id}`,
  nowMs: 1_000,
  ...more,
})

/** A record, with what a check has to say of it. */
export const recordOf = (id: string, more: Partial<RecordRequest> = {}): RecordRequest => ({
  id,
  token: `token-${id}`,
  leaseMs: longMs,
  state: 'open',
  value: `changed ${id}`,
  nowMs: 2_000,
  ...more,
})

/** All that a store has. */
export async function entriesOf(store: OperationStore): Promise<StoredEntry[]> {
  const open = await store.list({ state: 'open' }, { limit: 1_000 })
  const settled = await store.list({ state: 'settled' }, { limit: 1_000 })
  return [...open.entries, ...settled.entries]
}

/** One entry of a store. */
export async function entryOf(store: OperationStore, id: string): Promise<StoredEntry | undefined> {
  return (await entriesOf(store)).find((entry) => entry.id === id)
}

/** Makes an entry that is settled. */
export async function settle(store: OperationStore, id: string, nowMs: number): Promise<void> {
  await store.claim(claimOf(id))
  expectTrue(await store.record(recordOf(id, { state: 'settled', leaseMs: 0, nowMs })), 'record settles')
}
