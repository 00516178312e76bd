import type { Clock, Random } from '../../clock/clock.js'
import { systemClock, systemRandom } from '../../clock/system-clock.js'
import { checkOptions } from '../../errors/check-option.js'
import type { Claim, EntryPage, EntryState, OperationStore, StoredEntry } from '../store.js'
import { createGroupCommit } from './group-commit.js'
import { openDatabase, type SqliteDatabase } from './sqlite-database.js'

/** Options of {@link sqliteStore}. */
export interface SqliteStoreOptions {
  /** The name of the table. @defaultValue `'fetch_idempotency'` */
  readonly table?: string | undefined
  /** The time by which leases are measured, and the waits for a lock. @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
  /** Random numbers in [0, 1), for those waits. @defaultValue `Math.random` */
  readonly random?: Random | undefined
}

/** The version of the table. */
const schema = 1

/** A row, as SQLite gives it. */
interface Row {
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

function checkTable(table: string): string {
  if (!/^[A-Za-z_]\w{0,60}$/.test(table))
    throw new RangeError('sqliteStore.table must be a plain name: letters, digits and underscores')
  return table
}

/**
 * Sets a connection up, and makes the table.
 *
 * @throws `TypeError` when the table was made by another version of the package, or the database can promise nothing.
 */
function prepareTable(database: SqliteDatabase, table: string): void {
  // A lock that is waited for inside SQLite holds up the event loop.
  database.exec('PRAGMA busy_timeout = 0')
  database.exec('PRAGMA journal_mode = WAL')
  // In WAL mode, NORMAL would lose what was committed last when the power fails.
  database.exec('PRAGMA synchronous = FULL')
  database.exec(`CREATE TABLE IF NOT EXISTS ${table}_schema (version INTEGER NOT NULL)`)
  const found = database.prepare(`SELECT version FROM ${table}_schema`).get() as
    { readonly version: number } | null | undefined
  if (found && found.version !== schema)
    throw new TypeError(
      `sqliteStore: the table ${table} is of version ${found.version}; this package reads version ${schema}`,
    )
  if (!found) database.exec(`INSERT INTO ${table}_schema (version) VALUES (${schema})`)
  database.exec(`CREATE TABLE IF NOT EXISTS ${table} (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
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
async function setUp(database: SqliteDatabase, table: string, clock: Clock, random: Random): Promise<void> {
  for (let round = 0; ; round += 1) {
    try {
      prepareTable(database, table)
      return
    } catch (error) {
      if (round >= 200 || (error as Error).name === 'TypeError') throw error
      await clock.sleep(20 * (0.5 + random()))
    }
  }
}

/** How long a lease holds yet. One that begins in the future was measured by a clock that has been set back: it is over. */
function leftOf({ token, leased, lease }: Row, nowMs: number): number {
  return token === null || nowMs < leased ? 0 : Math.max(0, leased + lease - nowMs)
}

function show(row: Row, nowMs: number): StoredEntry {
  const { id, lane, state, value, created, updated } = row
  return {
    id,
    lane: lane ?? undefined,
    state,
    value,
    createdMs: created,
    updatedMs: updated,
    leaseLeftMs: leftOf(row, nowMs),
  }
}

/**
 * A store in a SQLite file, which any number of processes of one machine can share: in WAL mode, each call on disk before it
 * resolves, as many calls as come at once in one transaction. The event loop is never held up for a lock that another process
 * has.
 *
 * Takes a path where the runtime has `node:sqlite` (Node 22.13 and newer), or a connection that nobody else uses, of
 * better-sqlite3, libsql, `bun:sqlite` or `node:sqlite`: its `busy_timeout`, `journal_mode` and `synchronous` are set. Give one
 * store to each process, not a connection that is inside of a transaction of yours. A file on a network drive cannot be shared.
 *
 * @throws `TypeError` or `RangeError` for what cannot work. What SQLite throws when it cannot open or write the file comes out of
 * the calls.
 *
 * @example
 * ```ts
 * import { createJournal } from 'fetch-idempotency/journal'
 * import { sqliteStore } from 'fetch-idempotency/journal/sqlite'
 *
 * const journal = createJournal({ store: sqliteStore('orders.db') })
 * ```
 */
export function sqliteStore(
  source: string | SqliteDatabase,
  options: SqliteStoreOptions = {},
): OperationStore {
  checkOptions('sqliteStore', options, { table: 'string', clock: 'object', random: 'function' })
  const { clock = systemClock, random = systemRandom } = options
  const table = checkTable(options.table ?? 'fetch_idempotency')
  const isOurs = typeof source === 'string'
  const database = isOurs ? openDatabase(source) : source
  if (typeof database?.prepare !== 'function' || typeof database.exec !== 'function')
    throw new TypeError('sqliteStore: give a path, or a database with prepare() and exec()')

  const commit = createGroupCommit(database, clock, random)
  type Statements = ReturnType<typeof prepare>
  let ready: Promise<Statements> | undefined
  let isClosed = false

  const prepare = () => {
    const changes = database.prepare('SELECT changes() AS changes')
    const statement = (sql: string) => {
      const prepared = database.prepare(sql)
      return {
        get: (...values: unknown[]) => (prepared.get(...(values as never[])) ?? undefined) as Row | undefined,
        all: (...values: unknown[]) => prepared.all(...(values as never[])) as Row[],
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
      listSettled: statement(
        `SELECT * FROM ${table} WHERE state = 'settled' AND seq > ? ORDER BY seq LIMIT ?`,
      ),
      listLane: statement(`SELECT * FROM ${table} WHERE lane = ? AND seq > ? ORDER BY seq LIMIT ?`),
      removeOwn: statement(`DELETE FROM ${table} WHERE id = ? AND token = ?`),
      removeFree: statement(`DELETE FROM ${table} WHERE id = ? AND ${isFree}`),
      removeOld: statement(
        `DELETE FROM ${table} WHERE seq IN (SELECT seq FROM ${table} WHERE state = 'settled' AND updated < ? AND ${isFree} ORDER BY updated LIMIT ?)`,
      ),
    }
  }
  const start = async () => {
    await setUp(database, table, clock, random)
    return prepare()
  }
  const call = async <T>(act: (sql: Statements, nowMs: number) => T): Promise<T> => {
    if (isClosed) throw new TypeError('sqliteStore: the store is closed')
    ready ??= start()
    let sql: Statements
    try {
      sql = await ready
    } catch (error) {
      // The next call tries again.
      ready = undefined
      throw error
    }
    return commit(() => act(sql, clock.now()))
  }

  return {
    claim: ({ id, lane, token, leaseMs, value, nowMs, takeSettled, mustExist }) =>
      call((sql, atMs): Claim => {
        const owner = leaseMs > 0 ? token : null
        // Most claims make an entry: that takes one statement.
        if (!mustExist && sql.insert.change(id, lane ?? null, value, nowMs, nowMs, owner, atMs, leaseMs) > 0)
          return { status: 'created' }
        const row = sql.find.get(id)
        if (row === undefined) return { status: 'missing' }
        if (leftOf(row, atMs) > 0 && row.token !== token) return { status: 'held', entry: show(row, atMs) }
        if (row.state === 'settled' && !takeSettled) return { status: 'settled', entry: show(row, atMs) }
        sql.take.change(owner, atMs, leaseMs, id)
        const taken = { ...row, token: owner, leased: atMs, lease: leaseMs }
        return { status: 'taken', entry: show(taken, atMs) }
      }),
    renew: ({ id, token, leaseMs }) => call((sql, atMs) => sql.renew.change(atMs, leaseMs, id, token) > 0),
    record: ({ id, token, state, value, nowMs, leaseMs }) =>
      call(
        (sql, atMs) =>
          sql.record.change(state, value, nowMs, leaseMs > 0 ? token : null, atMs, leaseMs, id, token) > 0,
      ),
    list: (filter, { after = '0', limit }) =>
      call((sql, atMs): EntryPage => {
        const from = Number(after)
        const rows =
          'lane' in filter
            ? sql.listLane.all(filter.lane, from, limit + 1)
            : (filter.state === 'open' ? sql.listOpen : sql.listSettled).all(from, limit + 1)
        const page = rows.slice(0, limit)
        const next = rows.length > limit ? String(page.at(-1)?.seq) : undefined
        return { entries: page.map((row) => show(row, atMs)), next }
      }),
    remove: (request) =>
      call((sql, atMs) => {
        if (!('id' in request))
          return sql.removeOld.change(request.settledBeforeMs, atMs, atMs, request.limit)
        const { id, token } = request
        return token === undefined ? sql.removeFree.change(id, atMs, atMs) : sql.removeOwn.change(id, token)
      }),
    async close() {
      if (isClosed) return
      // What was called before is carried out first.
      if (ready !== undefined) await call(() => undefined).catch(() => undefined)
      isClosed = true
      if (isOurs) database.close?.()
    },
  }
}
