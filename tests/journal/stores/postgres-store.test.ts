import { PGlite } from '@electric-sql/pglite'
import { createJournal } from 'fetch-idempotency/journal'
import { Client, Pool } from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  postgresSchema,
  postgresStore,
  type PostgresClient,
  type PostgresJsClient,
} from '../../../src/journal/stores/postgres-store.js'
import { storeChecks } from '../../../src/testing/store-checks.js'
import { lookForPostgres, type Service } from '../services/services.js'

const claimOf = (id: string) => ({ id, lane: undefined, token: 't', leaseMs: 60_000, value: 'v', nowMs: 1 })
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const passMs = sleep

/** Something to send statements with, and to let go of. */
interface Opened {
  readonly client: PostgresClient | PostgresJsClient
  close(): Promise<unknown>
}

/** A server may have the tables of earlier runs. */
const run = crypto.randomUUID().slice(0, 8)
let tables = 0
/** No two tests share a table. */
const newTable = () => `journal_${run}_${(tables += 1)}`

/** The rules of every store, each in a table of its own. */
function checkContract(open: () => Opened, durability: 'commit' | 'none') {
  for (const { name, run } of storeChecks())
    it(name, async () => {
      const table = newTable()
      const [one, two] = [open(), open()]
      const store = postgresStore(one.client, { table, durability })
      const other = postgresStore(two.client, { table, durability })
      await run(async () => ({
        store,
        other,
        passMs,
        close: async () => void (await Promise.all([one.close(), two.close()])),
      }))
    })
}

describe('postgresStore over PGlite', { timeout: 120_000 }, () => {
  let database: PGlite
  beforeAll(async () => {
    database = new PGlite()
    await database.waitReady
  }, 120_000)
  afterAll(() => database.close())

  checkContract(() => ({ client: database, close: async () => undefined }), 'none')

  it('enqueues inside of a transaction: the record is there if that commits, and only then', async () => {
    const store = postgresStore(database, { table: newTable(), durability: 'none' })
    const journal = createJournal({ store })
    const request = { url: 'https://api.example.com/orders', body: '{"items":1}' }
    await database
      .transaction(async (transaction) => {
        await journal.enqueue('order-1', request, { store: store.within(transaction) })
        throw new Error('no order after all')
      })
      .catch(() => undefined)
    await database.transaction(async (transaction) => {
      await journal.enqueue('order-2', request, { store: store.within(transaction) })
    })
    const found: unknown[] = []
    for await (const { operationId, status } of journal.pending()) found.push([operationId, status])
    expect(found).toEqual([['order-2', 'unsent']])
  })

  it('refuses a server that may lose what it has committed, and says what that means', async () => {
    const store = postgresStore(database, { table: newTable() })
    await expect(store.claim(claimOf('a'))).rejects.toThrow(/fsync = off.*loses.*durability: 'none'/)
    await expect(store.claim(claimOf('a'))).rejects.toThrow(TypeError)
  })

  it('refuses a table of another version', async () => {
    const table = newTable()
    const options = { table, durability: 'none' } as const
    await postgresStore(database, options).claim(claimOf('a'))
    await database.exec(`COMMENT ON TABLE ${table} IS 'fetch-idempotency 99'`)
    await expect(postgresStore(database, options).claim(claimOf('a'))).rejects.toThrow(
      /"fetch-idempotency 99"/,
    )
  })

  it('works on the table that a migration has made, in a schema of its own', async () => {
    const table = `jobs.${newTable()}`
    await database.exec(`CREATE SCHEMA IF NOT EXISTS jobs; ${postgresSchema(table)} ${postgresSchema(table)}`)
    const store = postgresStore(database, { table, durability: 'none' })
    expect(await store.claim(claimOf('a'))).toEqual({ status: 'created' })
    const { rows } = await database.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM ${table}`,
    )
    expect(rows).toEqual([{ count: 1 }])
  })

  it('tries again to set itself up', async () => {
    let isAway = true
    const client: PostgresClient = {
      query: (text, values) =>
        isAway ? Promise.reject(new Error('away')) : database.query(text, values as unknown[]),
    }
    const store = postgresStore(client, { table: newTable(), durability: 'none' })
    await expect(store.claim(claimOf('a'))).rejects.toThrow('away')
    isAway = false
    expect(await store.claim(claimOf('a'))).toEqual({ status: 'created' })
  })

  it('takes a lease that began in the future for one that is over', async () => {
    const table = newTable()
    const store = postgresStore(database, { table, durability: 'none' })
    await store.claim(claimOf('a'))
    await database.exec(
      `UPDATE ${table} SET leased = leased + interval '1 hour', leased_until = leased_until + interval '1 hour'`,
    )
    expect(await store.claim({ ...claimOf('a'), token: 'second' })).toMatchObject({ status: 'taken' })
  })

  it('uses the index of its kind for every list', async () => {
    const table = newTable()
    const store = postgresStore(database, { table, durability: 'none' })
    await store.claim(claimOf('a'))
    await database.exec('SET enable_seqscan = off; SET enable_sort = off')
    const plan = async (sql: string) => {
      const { rows } = await database.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`)
      return rows.map((row) => row['QUERY PLAN']).join('\n')
    }
    expect(
      await plan(`SELECT * FROM ${table} WHERE state = 'open' AND seq > 0 ORDER BY seq LIMIT 9`),
    ).toContain(`${table}_open`)
    expect(await plan(`SELECT * FROM ${table} WHERE lane = 'a' AND seq > 0 ORDER BY seq LIMIT 9`)).toContain(
      `${table}_lane`,
    )
    await database.exec('RESET enable_seqscan; RESET enable_sort')
  })
})

const server = await lookForPostgres()

describe.skipIf(!server.isThere)('postgresStore over a server', { timeout: 60_000 }, () => {
  let service: Service
  beforeAll(async () => void (service = await server.start()), 60_000)
  afterAll(() => service?.stop())

  const openPool = () => {
    const pool = new Pool({ connectionString: service.url, max: 4 })
    // A server that ends while a connection is idle is no failure of a test.
    pool.on('error', () => undefined)
    return { client: pool, close: () => pool.end() }
  }
  const openPostgresJs = () => {
    const sql = postgres(service.url, { max: 4, onnotice: () => undefined })
    return { client: sql, close: () => sql.end() }
  }

  describe('with a pool of pg', () => checkContract(openPool, 'commit'))
  describe('with postgres.js', () => checkContract(openPostgresJs, 'commit'))

  it('makes its table once when eight workers begin together', async () => {
    const table = newTable()
    const pools = Array.from({ length: 8 }, openPool)
    const claims = await Promise.all(
      pools.map(({ client }, index) => postgresStore(client, { table }).claim(claimOf(`id-${index}`))),
    )
    expect(claims).toEqual(pools.map(() => ({ status: 'created' })))
    await Promise.all(pools.map(({ close }) => close()))
  })

  it.each([
    [
      'a client of pg',
      async () => {
        const client = new Client({ connectionString: service.url })
        await client.connect()
        return { client, query: (sql: string) => client.query(sql), close: () => client.end() }
      },
    ],
    [
      'a connection of postgres.js',
      async () => {
        const sql = postgres(service.url, { max: 1, onnotice: () => undefined })
        return { client: sql, query: (text: string) => sql.unsafe(text), close: () => sql.end() }
      },
    ],
  ])('commits a record together with the row of the business, by %s', async (_, connect) => {
    const pool = openPool()
    const [table, orders] = [newTable(), newTable()]
    const store = postgresStore(pool.client, { table })
    const journal = createJournal({ store })
    const request = { url: 'https://api.example.com/orders', body: '{"items":1}' }
    await pool.client.query(`CREATE TABLE ${orders} (id text PRIMARY KEY)`)
    const { client, query, close } = await connect()
    for (const [id, end] of [
      ['1', 'ROLLBACK'],
      ['2', 'COMMIT'],
    ] as const) {
      await query('BEGIN')
      await query(`INSERT INTO ${orders} VALUES ('${id}')`)
      await journal.enqueue(`order-${id}`, request, { store: store.within(client) })
      await query(end)
    }
    await close()
    const pending: unknown[] = []
    for await (const { operationId } of journal.pending()) pending.push(operationId)
    const { rows } = await pool.client.query(`SELECT id FROM ${orders}`)
    expect([rows, pending]).toEqual([[{ id: '2' }], ['order-2']])
    await pool.close()
  })

  it('holds off a claim for an entry that an open transaction makes, until that has ended', async () => {
    const pool = openPool()
    const store = postgresStore(pool.client, { table: newTable() })
    await store.list({ state: 'open' }, { limit: 1 })
    const client = await pool.client.connect()
    await client.query('BEGIN')
    expect(await store.within(client).claim(claimOf('a'))).toEqual({ status: 'created' })
    let isThrough = false
    const second = store.claim({ ...claimOf('a'), token: 'second' }).finally(() => (isThrough = true))
    await sleep(100)
    expect(isThrough).toBe(false)
    await client.query('COMMIT')
    expect((await second).status).toBe('held')
    client.release()
    await pool.close()
  })

  it.each(['fsync', 'synchronous_commit'])('refuses %s = off', async (setting) => {
    const pool = openPool()
    const client: PostgresClient = {
      query: (text, values) =>
        pool.client.query(text.replace(`current_setting('${setting}')`, `'off'`), values),
    }
    const store = postgresStore(client, { table: newTable() })
    await expect(store.claim(claimOf('a'))).rejects.toThrow(`${setting} = off`)
    await pool.close()
  })
})

describe('postgresStore', () => {
  const client = { query: async () => ({ rows: [] }) }

  it.each<[unknown, object, RegExp]>([
    [{}, {}, /pool or a client of pg/],
    [null, {}, /pool or a client of pg/],
    ['postgres://127.0.0.1', {}, /pool or a client of pg/],
    [client, { table: 'a; DROP TABLE b' }, /plain name/],
    [client, { table: 'a.b.c' }, /plain name/],
    [client, { table: '' }, /plain name/],
    [client, { durability: 'fast' }, /one of commit, none/],
    [client, { tabel: 'a' }, /no option "tabel"/],
  ])('refuses %o with %o', (source, options, message) => {
    expect(() => postgresStore(source as PostgresClient, options)).toThrow(message)
  })

  it('gives up on an entry that changes with every look', async () => {
    const rows = { create: [], find: [] as unknown[] }
    const changing: PostgresClient = {
      query: async (text) => ({
        rows: text.includes('obj_description')
          ? [{ comment: 'fetch-idempotency 1', fsync: 'on', commit: 'on' }]
          : text.startsWith('SELECT')
            ? rows.find
            : rows.create,
      }),
    }
    await expect(postgresStore(changing).claim(claimOf('a'))).rejects.toThrow(/changes faster/)
  })
})
