import { checkOptions } from '../../errors/check-option.js'
import type { Claim, EntryPage, OperationStore } from '../store.js'
import {
  openPostgres,
  type PostgresClient,
  type PostgresJsClient,
  type PostgresQuery,
} from './postgres-client.js'
import { checkPostgresTable, postgresSchema, setUpPostgres } from './postgres-schema.js'
import { toEntry, writeStatements, type PostgresStatements } from './postgres-statements.js'

export { postgresSchema, type PostgresClient, type PostgresJsClient }

/** Options of {@link postgresStore}. */
export interface PostgresStoreOptions {
  /** The name of the table, with its schema if you like: `'jobs.journal'`. @defaultValue `'fetch_idempotency'` */
  readonly table?: string | undefined
  /**
   * What the server has to promise. With `'commit'`, a server that may lose what it has committed (`fsync` or
   * `synchronous_commit` is off) is refused. With `'none'`, that is not looked at.
   *
   * @defaultValue `'commit'`
   */
  readonly durability?: 'commit' | 'none' | undefined
}

/** A store in a PostgreSQL database. */
export interface PostgresStore extends OperationStore {
  /**
   * The same store inside of a transaction that you have begun on this client: what it writes is there once you commit, together
   * with what you have written, or not at all. For `journal.enqueue(id, request, { store })`.
   *
   * @throws `TypeError` for what is no client.
   */
  within(client: PostgresClient | PostgresJsClient): OperationStore
}

/** Rounds in which a claim may find that the entry was changed between its two statements. */
const maxRounds = 20

/**
 * A store in a PostgreSQL database (10 or newer), for workers of any number of machines. Each call is one statement or two, each
 * committed before the call resolves; leases are measured by the clock of the server. The table is made when it is first needed,
 * or by your migrations, from {@link postgresSchema}.
 *
 * Takes a pool of `pg`, the `sql` of postgres.js, a PGlite database, or a client that is never inside of a transaction of yours.
 *
 * @throws `TypeError` or `RangeError` for what cannot work. What the client throws comes out of the calls, as does a `TypeError`
 * when the server does not promise what `durability` asks for.
 *
 * @example
 * ```ts no-run
 * import { createJournal } from 'fetch-idempotency/journal'
 * import { postgresStore } from 'fetch-idempotency/journal/postgres'
 * import { Pool } from 'pg'
 *
 * const pool = new Pool()
 * const store = postgresStore(pool)
 * const journal = createJournal({ store })
 *
 * // The order and the request for it: both, or none.
 * const client = await pool.connect()
 * await client.query('BEGIN')
 * await client.query("INSERT INTO orders (id) VALUES ('17')")
 * const request = { url: 'https://api.example.com/orders', body: '{"id":"17"}' }
 * await journal.enqueue('order-17', request, { store: store.within(client) })
 * await client.query('COMMIT')
 * client.release()
 * ```
 */
export function postgresStore(
  client: PostgresClient | PostgresJsClient,
  options: PostgresStoreOptions = {},
): PostgresStore {
  checkOptions('postgresStore', options, { table: 'string', durability: ['commit', 'none'] })
  const { table: name, durability = 'commit' } = options
  const schema = postgresSchema(name)
  const table = checkPostgresTable(name ?? 'fetch_idempotency')
  const statements = writeStatements(table.sql)
  let isReady = false

  const open = (over: PostgresClient | PostgresJsClient) => {
    const query = openPostgres(over)
    let ready: Promise<void> | undefined
    return operationStore(statements, async (text, values) => {
      ready ??= isReady ? Promise.resolve() : setUpPostgres(query, table, schema, durability === 'commit')
      try {
        await ready
      } catch (error) {
        // The next call tries again.
        ready = undefined
        throw error
      }
      // What a transaction has made may be rolled back.
      if (over === client) isReady = true
      return query(text, values)
    })
  }
  return { ...open(client), within: open }
}

function operationStore(statements: PostgresStatements, query: PostgresQuery): OperationStore {
  const count = async (text: string, values: readonly unknown[]) => (await query(text, values)).length
  return {
    async claim({ id, lane, token, leaseMs, value, nowMs, takeSettled = false, mustExist }): Promise<Claim> {
      const owner = leaseMs > 0 ? token : null
      const lease = [id, owner, leaseMs, token, takeSettled]
      for (let round = 1; round <= maxRounds; round += 1) {
        const [taken] = mustExist
          ? await query(statements.take, lease)
          : await query(statements.create, [...lease, lane ?? null, value, nowMs])
        if (taken !== undefined)
          return taken['claims'] === 0 ? { status: 'created' } : { status: 'taken', entry: toEntry(taken) }
        const [found] = await query(statements.find, [id])
        if (found === undefined) {
          if (mustExist) return { status: 'missing' }
          continue
        }
        const entry = toEntry(found)
        if (entry.leaseLeftMs > 0 && found['token'] !== token) return { status: 'held', entry }
        if (entry.state === 'settled' && !takeSettled) return { status: 'settled', entry }
      }
      throw new Error('postgresStore: the entry changes faster than it can be claimed')
    },
    renew: async ({ id, token, leaseMs }) => (await count(statements.renew, [id, token, leaseMs])) > 0,
    record: async ({ id, token, state, value, nowMs, leaseMs }) =>
      (await count(statements.record, [
        id,
        token,
        leaseMs,
        leaseMs > 0 ? token : null,
        state,
        value,
        nowMs,
      ])) > 0,
    async list(filter, { after = '0', limit }): Promise<EntryPage> {
      const rows =
        'lane' in filter
          ? await query(statements.listLane, [after, limit + 1, filter.lane])
          : await query(filter.state === 'open' ? statements.listOpen : statements.listSettled, [
              after,
              limit + 1,
            ])
      const page = rows.slice(0, limit)
      const next = rows.length > limit ? String(page.at(-1)?.['seq']) : undefined
      return { entries: page.map(toEntry), next }
    },
    remove: (request) => {
      if (!('id' in request)) return count(statements.removeOld, [request.settledBeforeMs, request.limit])
      const { id, token } = request
      return token === undefined
        ? count(statements.removeFree, [id])
        : count(statements.removeOwn, [id, token])
    },
  }
}
