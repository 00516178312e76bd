import { performance } from 'node:perf_hooks'

/**
 * What SQLite alone takes for two durable writes of each operation, as a journal makes them: a row is inserted in one transaction
 * and changed in another, of `size` operations each, in WAL mode with `synchronous = FULL`. No journal that is on disk before it
 * sends is faster.
 *
 * @param {import('../../dist/journal/sqlite.js').SqliteDatabase} database a connection that nothing else uses
 * @param {number} count operations
 * @param {number} size operations of each transaction
 * @returns {number} operations per second
 */
export function measureFloor(database, count, size) {
  const value = 'x'.repeat(400)
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = FULL')
  database.exec(
    `CREATE TABLE floor${size} (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, value TEXT NOT NULL)`,
  )
  const insert = database.prepare(`INSERT INTO floor${size} (id, state, value) VALUES (?, 'open', ?)`)
  const update = database.prepare(`UPDATE floor${size} SET state = 'settled', value = ? WHERE id = ?`)
  const transact = (act) => {
    database.exec('BEGIN IMMEDIATE')
    act()
    database.exec('COMMIT')
  }
  const began = performance.now()
  for (let from = 0; from < count; from += size) {
    // As random as the digests by which a journal names its entries.
    const ids = Array.from({ length: size }, () => crypto.randomUUID())
    transact(() => ids.forEach((id) => insert.run(id, value)))
    transact(() => ids.forEach((id) => update.run(value, id)))
  }
  return (count / (performance.now() - began)) * 1_000
}
