import type { Clock, Random } from '../../clock/clock.js'
import { systemClock, systemRandom } from '../../clock/system-clock.js'
import { checkOptions } from '../../errors/check-option.js'
import type { Claim, EntryPage, OperationStore } from '../store.js'
import { createGroupCommit } from './group-commit.js'
import { isBusy, openDatabase, type SqliteDatabase } from './sqlite-database.js'
import { leaseLeftOf, prepareStatements, toEntry, type SqliteStatements } from './sqlite-statements.js'
import { checkTable, setUpTable } from './sqlite-table.js'

/** Options of {@link sqliteStore}. */
export interface SqliteStoreOptions {
  /** The name of the table. @defaultValue `'fetch_idempotency'` */
  readonly table?: string | undefined
  /** The time by which leases are measured, and the waits for a lock. @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
  /** Random numbers in [0, 1), for those waits. @defaultValue `Math.random` */
  readonly random?: Random | undefined
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
  let ready: Promise<SqliteStatements> | undefined
  let prepared: SqliteStatements | undefined
  let isClosed = false

  const start = async () => {
    await setUpTable(database, table, clock, random)
    return (prepared = prepareStatements(database, table))
  }
  const prepare = async (): Promise<SqliteStatements> => {
    if (isClosed) throw new TypeError('sqliteStore: the store is closed')
    ready ??= start()
    try {
      return await ready
    } catch (error) {
      // The next call tries again.
      ready = undefined
      throw error
    }
  }
  const call = <T>(act: (sql: SqliteStatements, nowMs: number) => T): Promise<T> => {
    const change = (sql: SqliteStatements) => commit(() => act(sql, clock.now()))
    return prepared === undefined || isClosed ? prepare().then(change) : change(prepared)
  }
  /** In WAL mode a reader needs no lock, and holds up no writer. */
  const read = async <T>(act: (sql: SqliteStatements, nowMs: number) => T): Promise<T> => {
    const sql = await prepare()
    try {
      return act(sql, clock.now())
    } catch (error) {
      if (!isBusy(error)) throw error
      return commit(() => act(sql, clock.now()))
    }
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
        if (leaseLeftOf(row, atMs) > 0 && row.token !== token)
          return { status: 'held', entry: toEntry(row, atMs) }
        if (row.state === 'settled' && !takeSettled) return { status: 'settled', entry: toEntry(row, atMs) }
        sql.take.change(owner, atMs, leaseMs, id)
        const taken = { ...row, token: owner, leased: atMs, lease: leaseMs }
        return { status: 'taken', entry: toEntry(taken, atMs) }
      }),
    renew: ({ id, token, leaseMs }) => call((sql, atMs) => sql.renew.change(atMs, leaseMs, id, token) > 0),
    record: ({ id, token, state, value, nowMs, leaseMs }) =>
      call(
        (sql, atMs) =>
          sql.record.change(state, value, nowMs, leaseMs > 0 ? token : null, atMs, leaseMs, id, token) > 0,
      ),
    list: (filter, { after = '0', limit }) =>
      read((sql, atMs): EntryPage => {
        const from = Number(after)
        const rows =
          'lane' in filter
            ? sql.listLane.all(filter.lane, from, limit + 1)
            : (filter.state === 'open' ? sql.listOpen : sql.listSettled).all(from, limit + 1)
        const page = rows.slice(0, limit)
        const next = rows.length > limit ? String(page.at(-1)?.seq) : undefined
        return { entries: page.map((row) => toEntry(row, atMs)), next }
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
