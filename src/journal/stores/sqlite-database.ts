/** A statement, as `node:sqlite`, better-sqlite3, libsql and `bun:sqlite` have it. */
export interface SqliteStatement {
  run(...values: never[]): unknown
  get(...values: never[]): unknown
  all(...values: never[]): unknown[]
}

/** A connection, as `node:sqlite`, better-sqlite3, libsql and `bun:sqlite` have it: its calls are synchronous. */
export interface SqliteDatabase {
  prepare(sql: string): SqliteStatement
  exec(sql: string): unknown
  close?(): unknown
}

interface SqliteModule {
  readonly DatabaseSync?: new (path: string, options?: object) => SqliteDatabase
}

/**
 * Opens a file with the SQLite that the runtime has.
 *
 * @throws `TypeError` where it has none.
 */
export function openDatabase(path: string): SqliteDatabase {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => SqliteModule | undefined }
  }
  const { DatabaseSync } = process?.getBuiltinModule?.('node:sqlite') ?? {}
  if (DatabaseSync === undefined)
    throw new TypeError(
      'sqliteStore: this runtime has no node:sqlite (Node 22.13 or newer has); give a database of better-sqlite3, libsql or bun:sqlite in place of a path',
    )
  return new DatabaseSync(path)
}

/** Whether another connection has the lock that a call needs, so that it can be tried again. */
export function isBusy(error: unknown): boolean {
  const { code, errcode, errno, message } = (error ?? {}) as {
    code?: unknown
    errcode?: unknown
    errno?: unknown
    message?: unknown
  }
  if (typeof code === 'string' && /^SQLITE_(?:BUSY|LOCKED)/.test(code)) return true
  // The primary code is in the lowest byte: 5 is busy, 6 is locked.
  const number = typeof errcode === 'number' ? errcode : typeof errno === 'number' ? errno : 0
  return [5, 6].includes(number & 255) || /database (?:table )?is locked/.test(String(message))
}
