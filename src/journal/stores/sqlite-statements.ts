import type { EntryState, StoredEntry } from '../store.js'
import type { SqliteDatabase } from './sqlite-database.js'

/** A row, as SQLite gives it. Numbers are bigints where the connection was told to give them so. */
export interface SqliteRow {
  readonly seq: number
  readonly id: string
  readonly lane: string | null
  readonly state: EntryState
  readonly value: string
  readonly created: number
  readonly updated: number
  readonly token: string | null
  readonly leased: number
  readonly lease: number
}

/** What a statement has done, as most libraries tell it. */
interface Changes {
  readonly changes: number | bigint
}

/** The statements of a store. */
export type SqliteStatements = ReturnType<typeof prepareStatements>

/** Prepares the statements of a store, once for each connection. */
export function prepareStatements(database: SqliteDatabase, table: string) {
  const changes = database.prepare('SELECT changes() AS changes')
  const statement = (sql: string) => {
    const prepared = database.prepare(sql)
    return {
      get: (...values: unknown[]) =>
        (prepared.get(...(values as never[])) ?? undefined) as SqliteRow | undefined,
      all: (...values: unknown[]) => prepared.all(...(values as never[])) as SqliteRow[],
      /** How many rows a statement has changed. SQLite takes twice as long to return them. */
      change: (...values: unknown[]) => {
        const result = prepared.run(...(values as never[])) as Partial<Changes> | undefined
        return Number(result?.changes ?? (changes.get() as Changes).changes)
      },
    }
  }
  const isFree = '(token IS NULL OR ? < leased OR ? >= leased + lease)'
  return {
    find: statement(`SELECT * FROM ${table} WHERE id = ?`),
    insert: statement(
      `INSERT INTO ${table} (id, lane, state, value, created, updated, token, leased, lease) VALUES (?, ?, 'open', ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ),
    take: statement(`UPDATE ${table} SET token = ?, leased = ?, lease = ? WHERE id = ?`),
    renew: statement(`UPDATE ${table} SET leased = ?, lease = ? WHERE id = ? AND token = ?`),
    record: statement(
      `UPDATE ${table} SET state = ?, value = ?, updated = ?, token = ?, leased = ?, lease = ? WHERE id = ? AND token = ?`,
    ),
    listOpen: statement(`SELECT * FROM ${table} WHERE state = 'open' AND seq > ? ORDER BY seq LIMIT ?`),
    listSettled: statement(`SELECT * FROM ${table} WHERE state = 'settled' AND seq > ? ORDER BY seq LIMIT ?`),
    listLane: statement(`SELECT * FROM ${table} WHERE lane = ? AND seq > ? ORDER BY seq LIMIT ?`),
    removeOwn: statement(`DELETE FROM ${table} WHERE id = ? AND token = ?`),
    removeFree: statement(`DELETE FROM ${table} WHERE id = ? AND ${isFree}`),
    removeOld: statement(
      `DELETE FROM ${table} WHERE seq IN (SELECT seq FROM ${table} WHERE state = 'settled' AND updated < ? AND ${isFree} ORDER BY updated LIMIT ?)`,
    ),
  }
}

/** How long a lease holds yet. One that begins in the future was measured by a clock that has been set back: it is over. */
export function leaseLeftOf({ token, leased, lease }: SqliteRow, nowMs: number): number {
  return token === null || nowMs < leased ? 0 : Math.max(0, Number(leased) + Number(lease) - nowMs)
}

/** An entry, as a row holds it. */
export function toEntry(row: SqliteRow, nowMs: number): StoredEntry {
  const { id, lane, state, value, created, updated } = row
  return {
    id,
    lane: lane ?? undefined,
    state,
    value,
    createdMs: Number(created),
    updatedMs: Number(updated),
    leaseLeftMs: leaseLeftOf(row, nowMs),
  }
}
