import type { SqliteDatabase } from '../../../src/journal/stores/sqlite-database.js'

/** A way to open a SQLite file in this runtime. */
export interface SqliteLibrary {
  readonly name: string
  /** `undefined` where it is not there. */
  readonly open: ((path: string) => SqliteDatabase) | undefined
}

type Constructor = new (path: string) => SqliteDatabase

function builtIn(): SqliteLibrary['open'] {
  const { getBuiltinModule } = process as {
    getBuiltinModule?: (name: string) => { DatabaseSync: Constructor } | undefined
  }
  const { DatabaseSync } = getBuiltinModule?.('node:sqlite') ?? {}
  return DatabaseSync && ((path) => new DatabaseSync(path))
}

/** A package: the one that `npm ci` installs is a binary of its own; better-sqlite3 is compiled, so it is there only where somebody has asked for it. */
async function packaged(name: string): Promise<SqliteLibrary['open']> {
  try {
    const { default: Database } = (await import(/* @vite-ignore */ name)) as { default: Constructor }
    return (path) => new Database(path)
  } catch {
    return undefined
  }
}

export const libraries: readonly SqliteLibrary[] = [
  { name: 'node:sqlite', open: builtIn() },
  { name: 'libsql', open: await packaged('libsql') },
  { name: 'better-sqlite3', open: await packaged(process.env['BETTER_SQLITE3'] ?? 'better-sqlite3') },
]
