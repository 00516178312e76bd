/** Requests that are carried out in one transaction, with nothing of anybody else in between. */
export type Act<T> = (entries: IDBObjectStore) => Promise<T>

/** A database that is opened when it is needed, and again when the browser has closed it. */
export interface EntryDatabase {
  /** Reads in a transaction of its own. */
  readonly read: <T>(act: Act<T>) => Promise<T>
  /** Writes: what is asked for while a transaction goes on shares the next one. On disk when the promise resolves. */
  readonly write: <T>(act: Act<T>) => Promise<T>
  readonly close: () => Promise<void>
}

interface Waiting {
  readonly act: Act<unknown>
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

/** The version of the database. */
const version = 1
const storeName = 'entries'
/** Acts that one transaction takes at most. */
const maxGroup = 256

/** The result of a request. */
export function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })
}

/** Visits the entries of a cursor until `visit` gives `false`. */
export function walk<Row>(
  request: IDBRequest<IDBCursorWithValue | null>,
  visit: (row: Row) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => {
      const cursor = request.result
      if (cursor === null || !visit(cursor.value as Row)) resolve()
      else cursor.continue()
    })
    request.addEventListener('error', () => reject(request.error))
  })
}

/** @throws `TypeError` when a newer version of this package has made the database. */
async function openDatabase(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  const request = factory.open(name, version)
  request.onupgradeneeded = () => {
    const entries = request.result.createObjectStore(storeName, { keyPath: 'seq', autoIncrement: true })
    entries.createIndex('id', 'id', { unique: true })
    entries.createIndex('state', ['state', 'seq'])
    entries.createIndex('lane', ['lane', 'seq'])
    entries.createIndex('updated', ['state', 'updated'])
  }
  try {
    return await resultOf(request)
  } catch (error) {
    if ((error as Error | null)?.name !== 'VersionError') throw error
    throw new TypeError(
      `indexedDbStore: the database ${name} was made by another version of this package, which this one (version ${version}) cannot read`,
      { cause: error },
    )
  }
}

/** Opens nothing yet. */
export function createEntryDatabase(factory: IDBFactory, name: string): EntryDatabase {
  let opening: Promise<IDBDatabase> | undefined
  let working: Promise<void> | undefined
  const queue: Waiting[] = []

  const open = () => {
    opening ??= openDatabase(factory, name).then(
      (database) => {
        const forget = () => (opening = undefined)
        // Somebody deletes the database or upgrades it: a connection that stays open would hold that up.
        database.onversionchange = () => {
          database.close()
          forget()
        }
        database.addEventListener('close', forget)
        return database
      },
      (error: unknown) => {
        opening = undefined
        throw error
      },
    )
    return opening
  }
  /** A connection that was closed just now is opened again. */
  const begin = async (mode: IDBTransactionMode): Promise<IDBTransaction> => {
    // Browsers that do not know the option flush less eagerly.
    const start = (database: IDBDatabase) => database.transaction(storeName, mode, { durability: 'strict' })
    const database = await open()
    try {
      return start(database)
    } catch (error) {
      if ((error as Error).name !== 'InvalidStateError') throw error
      opening = undefined
      return start(await open())
    }
  }
  /** Resolves when the transaction is complete, which is when its writes are on disk. */
  const transact = async <T>(mode: IDBTransactionMode, act: Act<T>): Promise<T> => {
    const transaction = await begin(mode)
    const completion = new Promise<void>((resolve, reject) => {
      transaction.addEventListener('complete', () => resolve())
      transaction.addEventListener('abort', () =>
        reject(transaction.error ?? new Error('the transaction was aborted')),
      )
    })
    completion.catch(() => undefined)
    let result: T
    try {
      result = await act(transaction.objectStore(storeName))
    } catch (error) {
      try {
        transaction.abort()
      } catch {
        // It has been aborted for the same reason.
      }
      throw error
    }
    await completion
    return result
  }
  const work = async () => {
    while (queue.length > 0) {
      const group = queue.splice(0, maxGroup)
      try {
        const results = await transact('readwrite', async (entries) => {
          const found: unknown[] = []
          // One after the other: each sees what the one before it has written.
          for (const { act } of group) found.push(await act(entries))
          return found
        })
        for (const [index, { resolve }] of group.entries()) resolve(results[index] as never)
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    working = undefined
  }

  return {
    read: (act) => transact('readonly', act),
    write: (act) =>
      new Promise((resolve, reject) => {
        queue.push({ act, resolve: resolve as Waiting['resolve'], reject })
        // What is asked for in the same turn is one group.
        working ??= Promise.resolve().then(work)
      }),
    async close() {
      await working
      const database = await opening?.catch(() => undefined)
      opening = undefined
      database?.close()
    },
  }
}
