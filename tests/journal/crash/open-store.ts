import type { OperationStore } from 'fetch-idempotency/journal'
import { postgresStore } from 'fetch-idempotency/journal/postgres'
import { redisStore } from 'fetch-idempotency/journal/redis'
import { sqliteStore } from 'fetch-idempotency/journal/sqlite'

type SqliteSource = Parameters<typeof sqliteStore>[0]

/** A store, and how to let go of its connections. */
export interface OpenedStore {
  readonly store: OperationStore
  readonly end: () => Promise<unknown>
}

async function openSqlite(path: string): Promise<SqliteSource> {
  const { getBuiltinModule } = process as { getBuiltinModule?: (name: string) => unknown }
  if (getBuiltinModule?.('node:sqlite') !== undefined) return path
  const { default: Database } = (await import('libsql')) as unknown as {
    default: new (path: string) => Exclude<SqliteSource, string>
  }
  return new Database(path)
}

/** Opens a store by its address: that of a PostgreSQL or Redis server, or a path. `name` keeps journals of one server apart. */
export async function openStore(address: string, name: string): Promise<OpenedStore> {
  if (address.startsWith('postgres:')) {
    const { default: pg } = await import('pg')
    const pool = new pg.Pool({ connectionString: address, max: 8 })
    return { store: postgresStore(pool, { table: name }), end: () => pool.end() }
  }
  if (address.startsWith('redis:')) {
    const { createClient } = await import('@redis/client')
    const client = createClient({ url: address })
    await client.connect()
    return { store: redisStore(client, { prefix: name }), end: () => client.close() }
  }
  return { store: sqliteStore(await openSqlite(address)), end: async () => undefined }
}
