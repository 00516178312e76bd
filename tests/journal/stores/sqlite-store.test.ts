import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { SqliteDatabase } from '../../../src/journal/stores/sqlite-database.js'
import { sqliteStore } from '../../../src/journal/stores/sqlite-store.js'
import { storeChecks } from '../../../src/testing/store-checks.js'
import { libraries } from './sqlite-databases.js'

const inFolder = async <T>(act: (path: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(`${tmpdir()}/sqlite-store-`)
  try {
    return await act(`${folder}/journal.db`)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const claimOf = (id: string) => ({ id, lane: undefined, token: 't', leaseMs: 60_000, value: 'v', nowMs: 1 })

describe.each(libraries)('sqliteStore over $name', ({ open }) => {
  const present = open as (path: string) => SqliteDatabase

  for (const { name, run } of storeChecks())
    it.skipIf(open === undefined)(name, async () => {
      const folder = await mkdtemp(`${tmpdir()}/sqlite-store-`)
      await run(async () => {
        let nowMs = 1_000_000
        const clock = {
          now: () => nowMs,
          sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
        }
        const databases = [present(`${folder}/journal.db`), present(`${folder}/journal.db`)]
        const [store, other] = databases.map((database) => sqliteStore(database, { clock }))
        if (store === undefined || other === undefined) throw new Error('unreachable')
        return {
          store,
          other,
          passMs: async (ms) => void (nowMs += ms),
          async close() {
            await store.close?.()
            await other.close?.()
            for (const database of databases) database.close?.()
            await rm(folder, { recursive: true })
          },
        }
      })
    })

  it.skipIf(open === undefined)('does not hold up the event loop while another connection has the lock', () =>
    inFolder(async (path) => {
      const [first, second] = [present(path), present(path)]
      const store = sqliteStore(first)
      await store.claim(claimOf('before'))
      second.exec('PRAGMA busy_timeout = 0')
      second.exec('BEGIN IMMEDIATE')
      const turns: number[] = []
      const timer = setInterval(() => turns.push(performance.now()), 1)
      const began = performance.now()
      setTimeout(() => second.exec('COMMIT'), 150)
      expect(await store.claim(claimOf('a'))).toEqual({ status: 'created' })
      clearInterval(timer)
      expect(performance.now() - began).toBeGreaterThan(100)
      expect(turns.length).toBeGreaterThan(20)
      for (const database of [first, second]) database.close?.()
    }),
  )

  it.skipIf(open === undefined)('carries out calls that come at once in one transaction', () =>
    inFolder(async (path) => {
      const database = present(path)
      const exec = database.exec.bind(database)
      const commits: string[] = []
      const counted = {
        prepare: database.prepare.bind(database),
        exec: (sql: string) => (commits.push(sql), exec(sql)),
      }
      const store = sqliteStore(counted)
      await store.claim(claimOf('before'))
      commits.length = 0
      await Promise.all(Array.from({ length: 64 }, (_, index) => store.claim(claimOf(`id-${index}`))))
      expect(commits.filter((sql) => sql === 'COMMIT')).toHaveLength(1)
      database.close?.()
    }),
  )

  it.skipIf(open === undefined)('is durable: WAL, and synchronous for each commit', () =>
    inFolder(async (path) => {
      const database = present(path)
      await sqliteStore(database).claim(claimOf('a'))
      const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() as object)[0]
      expect([pragma('journal_mode'), pragma('synchronous')]).toEqual(['wal', 2])
      database.close?.()
    }),
  )

  it.skipIf(open === undefined)('refuses a table of another version', () =>
    inFolder(async (path) => {
      const database = present(path)
      const store = sqliteStore(database)
      await store.claim(claimOf('a'))
      database.exec('UPDATE fetch_idempotency_schema SET version = 99')
      await expect(sqliteStore(database).claim(claimOf('a'))).rejects.toThrow(/version 99/)
      database.close?.()
    }),
  )

  it.skipIf(open === undefined)('takes a lease that began in the future for one that is over', () =>
    inFolder(async (path) => {
      let nowMs = 1_000_000
      const database = present(path)
      const store = sqliteStore(database, { clock: { now: () => nowMs, sleep: async () => undefined } })
      await store.claim(claimOf('a'))
      nowMs -= 500_000
      expect(await store.claim({ ...claimOf('a'), token: 'second' })).toMatchObject({ status: 'taken' })
      database.close?.()
    }),
  )

  it.skipIf(open === undefined)('lists while another connection has the lock', () =>
    inFolder(async (path) => {
      const [first, second] = [present(path), present(path)]
      // Nobody waits for the lock: such a wait would last for ever here.
      const clock = { now: () => 0, sleep: () => new Promise<void>(() => undefined) }
      const store = sqliteStore(first, { clock })
      await store.claim(claimOf('a'))
      second.exec('BEGIN IMMEDIATE')
      expect((await store.list({ state: 'open' }, { limit: 1 })).entries).toMatchObject([{ id: 'a' }])
      second.exec('ROLLBACK')
      for (const database of [first, second]) database.close?.()
    }),
  )

  it.skipIf(open === undefined)('waits for a reader that is in the way of a list, as without WAL', () =>
    inFolder(async (path) => {
      const database = present(path)
      let isBusy = false
      const prepare = (sql: string) => {
        const statement = database.prepare(sql)
        const all = (...values: never[]) => {
          if (!isBusy) return statement.all(...values)
          isBusy = false
          throw Object.assign(new Error('busy'), { code: 'SQLITE_BUSY' })
        }
        return { run: statement.run.bind(statement), get: statement.get.bind(statement), all }
      }
      const store = sqliteStore({ prepare, exec: database.exec.bind(database) })
      await store.claim(claimOf('a'))
      isBusy = true
      expect((await store.list({ state: 'open' }, { limit: 1 })).entries).toMatchObject([{ id: 'a' }])
      database.close?.()
    }),
  )

  it.skipIf(open === undefined)('takes a connection that gives numbers as bigints', () =>
    inFolder(async (path) => {
      const database = present(path)
      const big = (row: unknown) =>
        row &&
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            typeof value === 'number' ? BigInt(value) : value,
          ]),
        )
      const prepare = (sql: string) => {
        const statement = database.prepare(sql)
        return {
          run: statement.run.bind(statement),
          get: (...values: never[]) => big(statement.get(...values)),
          all: (...values: never[]) => statement.all(...values).map(big),
        }
      }
      const source = { prepare, exec: database.exec.bind(database) }
      const clock = { now: () => 5, sleep: async () => undefined }
      await sqliteStore(source, { clock }).claim(claimOf('a'))
      const store = sqliteStore(source, { clock })
      const entry = { createdMs: 1, updatedMs: 1, leaseLeftMs: 60_000 }
      expect(await store.claim({ ...claimOf('a'), token: 'u' })).toMatchObject({ status: 'held', entry })
      expect((await store.list({ state: 'open' }, { limit: 1 })).entries).toMatchObject([entry])
      database.close?.()
    }),
  )

  it.skipIf(open === undefined)(
    'says at once what keeps it from setting itself up, unless it is a lock',
    () =>
      inFolder(async (path) => {
        const database = present(path)
        let asked = 0
        const exec = () => {
          asked += 1
          throw Object.assign(new Error('attempt to write a readonly database'), { errcode: 8 })
        }
        const store = sqliteStore({ prepare: database.prepare.bind(database), exec })
        await expect(store.claim(claimOf('a'))).rejects.toThrow('readonly')
        expect(asked).toBe(1)
        database.close?.()
      }),
  )

  it.skipIf(open === undefined)('tries again to set itself up', () =>
    inFolder(async (path) => {
      const database = present(path)
      let isAway = true
      const exec = (sql: string) => {
        if (isAway) throw Object.assign(new Error('disk I/O error'), { name: 'TypeError' })
        return database.exec(sql)
      }
      const store = sqliteStore({ prepare: database.prepare.bind(database), exec })
      await expect(store.claim(claimOf('a'))).rejects.toThrow('disk I/O error')
      isAway = false
      expect(await store.claim(claimOf('a'))).toEqual({ status: 'created' })
      database.close?.()
    }),
  )

  it.skipIf(open === undefined)('rejects every call that waits for a transaction which cannot begin', () =>
    inFolder(async (path) => {
      const database = present(path)
      let isBroken = false
      const exec = (sql: string) => {
        if (isBroken && sql.startsWith('BEGIN')) throw new Error('disk I/O error')
        return database.exec(sql)
      }
      const store = sqliteStore({ prepare: database.prepare.bind(database), exec })
      await store.claim(claimOf('before'))
      isBroken = true
      const claims = await Promise.allSettled([store.claim(claimOf('a')), store.claim(claimOf('b'))])
      expect(claims.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      database.close?.()
    }),
  )

  it.skipIf(open === undefined)(
    'asks SQLite for the number of changes where the library does not tell it',
    () =>
      inFolder(async (path) => {
        const database = present(path)
        const silent = {
          exec: database.exec.bind(database),
          prepare(sql: string) {
            const statement = database.prepare(sql)
            return {
              get: statement.get.bind(statement),
              all: statement.all.bind(statement),
              run: (...values: never[]) => void statement.run(...values),
            }
          },
        }
        const store = sqliteStore(silent)
        expect(await store.claim(claimOf('a'))).toEqual({ status: 'created' })
        expect(await store.renew({ id: 'a', token: 'other', leaseMs: 1 })).toBe(false)
        expect(await store.renew({ id: 'a', token: 't', leaseMs: 1_000 })).toBe(true)
        database.close?.()
      }),
  )

  it.skipIf(open === undefined)(
    'rejects the calls of a transaction that fails, and goes on with the next',
    () =>
      inFolder(async (path) => {
        const database = present(path)
        let isFull = false
        const exec = (sql: string) => {
          if (isFull && sql === 'COMMIT') throw new Error('database or disk is full')
          return database.exec(sql)
        }
        const store = sqliteStore({ prepare: database.prepare.bind(database), exec })
        await store.claim(claimOf('a'))
        isFull = true
        await expect(store.claim(claimOf('b'))).rejects.toThrow('disk is full')
        isFull = false
        expect(await store.claim(claimOf('b'))).toEqual({ status: 'created' })
        database.close?.()
      }),
  )
})

describe('sqliteStore', () => {
  const hasBuiltIn = libraries[0]?.open !== undefined

  it.skipIf(!hasBuiltIn)('opens a path itself, and closes it', () =>
    inFolder(async (path) => {
      const store = sqliteStore(path)
      expect(await store.claim(claimOf('a'))).toEqual({ status: 'created' })
      await store.close?.()
      await expect(store.claim(claimOf('b'))).rejects.toThrow(/closed/)
      expect((await sqliteStore(path).claim({ ...claimOf('a'), token: 'other' })).status).toBe('held')
    }),
  )

  it.skipIf(hasBuiltIn)('says what to give where the runtime has no SQLite', () => {
    expect(() => sqliteStore('journal.db')).toThrow(/better-sqlite3/)
  })

  it.each<[unknown, object, RegExp]>([
    [{}, {}, /prepare\(\) and exec\(\)/],
    [null, {}, /prepare\(\) and exec\(\)/],
    [{ prepare() {}, exec() {} }, { table: 'a; DROP TABLE b' }, /plain name/],
    [{ prepare() {}, exec() {} }, { path: 'a' }, /no option "path"/],
  ])('refuses %o with %o', (source, options, message) => {
    expect(() => sqliteStore(source as SqliteDatabase, options)).toThrow(message)
  })

  it('was run over at least one library', () => {
    expect(libraries.some(({ open }) => open !== undefined)).toBe(true)
  })
})
