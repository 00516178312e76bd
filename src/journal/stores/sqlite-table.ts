import type { Clock, Random } from '../../clock/clock.js'
import { isBusy, type SqliteDatabase } from './sqlite-database.js'

/** The version of the table. */
const schema = 1

/** @throws `RangeError` for a name that would have to be quoted. */
export function checkTable(table: string): string {
  if (!/^[A-Za-z_]\w{0,60}$/.test(table))
    throw new RangeError('sqliteStore.table must be a plain name: letters, digits and underscores')
  return table
}

/**
 * Sets a connection up, and makes the table.
 *
 * @throws `TypeError` when the table was made by another version of the package.
 */
function prepareTable(database: SqliteDatabase, table: string): void {
  // A lock that is waited for inside SQLite holds up the event loop.
  database.exec('PRAGMA busy_timeout = 0')
  database.exec('PRAGMA journal_mode = WAL')
  // In WAL mode, NORMAL would lose what was committed last when the power fails.
  database.exec('PRAGMA synchronous = FULL')
  database.exec(`CREATE TABLE IF NOT EXISTS ${table}_schema (version INTEGER NOT NULL)`)
  const found = database.prepare(`SELECT version FROM ${table}_schema`).get() as
    { readonly version: number | bigint } | null | undefined
  if (found && Number(found.version) !== schema)
    throw new TypeError(
      `sqliteStore: the table ${table} is of version ${found.version}; this package reads version ${schema}`,
    )
  if (!found) database.exec(`INSERT INTO ${table}_schema (version) VALUES (${schema})`)
  database.exec(`CREATE TABLE IF NOT EXISTS ${table} (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    lane TEXT,
    state TEXT NOT NULL,
    value TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    token TEXT,
    leased INTEGER NOT NULL,
    lease INTEGER NOT NULL
  )`)
  database.exec(`CREATE INDEX IF NOT EXISTS ${table}_open ON ${table} (seq) WHERE state = 'open'`)
  database.exec(`CREATE INDEX IF NOT EXISTS ${table}_settled ON ${table} (updated) WHERE state = 'settled'`)
  database.exec(`CREATE INDEX IF NOT EXISTS ${table}_lane ON ${table} (lane, seq) WHERE lane IS NOT NULL`)
}

/** Sets the table up, waiting for other connections that do the same. */
export async function setUpTable(
  database: SqliteDatabase,
  table: string,
  clock: Clock,
  random: Random,
): Promise<void> {
  for (let round = 0; ; round += 1) {
    try {
      prepareTable(database, table)
      return
    } catch (error) {
      if (round >= 200 || !isBusy(error)) throw error
      await clock.sleep(20 * (0.5 + random()))
    }
  }
}
