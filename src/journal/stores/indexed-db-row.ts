import type { EntryState, StoredEntry } from '../store.js'
import { resultOf } from './indexed-db-database.js'
import type { RowLease } from './indexed-db-leases.js'

/** An entry as the database has it. */
export interface EntryRow extends RowLease {
  readonly seq: number
  readonly id: string
  readonly lane: string | undefined
  readonly state: EntryState
  readonly value: string
  readonly created: number
  readonly updated: number
  /** Counts changes, so that an entry that was looked at outside of a transaction is known to be the same. */
  readonly turn: number
}

/** Names a row as it is now: another one once it has been changed. */
export const markOf = ({ id, turn }: EntryRow) => `${turn} ${id}`

/** An entry, as a row holds it. */
export const toEntry = (
  { id, lane, state, value, created, updated }: EntryRow,
  leaseLeftMs: number,
): StoredEntry => ({
  id,
  lane,
  state,
  value,
  createdMs: created,
  updatedMs: updated,
  leaseLeftMs,
})

/** The row of an entry. */
export const findRow = (entries: IDBObjectStore, id: string) =>
  resultOf(entries.index('id').get(id) as IDBRequest<EntryRow | undefined>)
