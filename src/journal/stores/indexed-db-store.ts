import type { Clock } from '../../clock/clock.js'
import { systemClock } from '../../clock/system-clock.js'
import { checkOptions } from '../../errors/check-option.js'
import type { Claim, OperationStore } from '../store.js'
import { createEntryDatabase, resultOf, walk } from './indexed-db-database.js'
import { clockLeases, lockLeases, type RowLease } from './indexed-db-leases.js'
import { findRow, markOf, toEntry, type EntryRow } from './indexed-db-row.js'

/** Options of {@link indexedDbStore}. */
export interface IndexedDbStoreOptions {
  /** The name of the database. @defaultValue `'fetch-idempotency'` */
  readonly name?: string | undefined
  /**
   * Locks that pages let go of when they end. With `null`, leases run out by the clock.
   *
   * @defaultValue those of the browser, which has them in secure contexts; otherwise `null`
   */
  readonly locks?: Pick<LockManager, 'request' | 'query'> | null | undefined
  /** The time by which leases are measured where there are no locks. @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

/** Rounds in which a claim may find that the entry was changed while it looked for the holder. */
const maxRounds = 20

/**
 * A store in IndexedDB, which all pages and workers of one origin share: each call is flushed to disk before it resolves. A
 * worker keeps others off an operation by a lock of the browser (Web Locks), so that a page that was closed or has crashed holds up
 * nobody.
 *
 * A browser may delete the data of an origin when the disk is full: ask for `navigator.storage.persist()`. In a private window the
 * data ends with the window.
 *
 * @throws `TypeError` where there is no IndexedDB, and for an option that does not exist. What the browser throws comes out of the
 * calls.
 *
 * @example
 * ```ts no-run
 * import { createJournal } from 'fetch-idempotency/journal'
 * import { indexedDbStore } from 'fetch-idempotency/journal/indexeddb'
 *
 * const journal = createJournal({ store: indexedDbStore() })
 * ```
 */
export function indexedDbStore(options: IndexedDbStoreOptions = {}): OperationStore {
  const { locks = globalThis.navigator?.locks ?? null, ...rest } = options
  checkOptions('indexedDbStore', rest, { name: 'string', clock: 'object' })
  if (locks !== null && typeof locks.request !== 'function')
    throw new TypeError('indexedDbStore.locks must be a lock manager, or null')
  const { name = 'fetch-idempotency', clock = systemClock } = rest
  const factory = globalThis.indexedDB as IDBFactory | undefined
  if (typeof factory?.open !== 'function')
    throw new TypeError('indexedDbStore: there is no IndexedDB here; make the store in a page or a worker')
  const { read, write, close } = createEntryDatabase(factory, name)
  const leases = locks === null ? clockLeases(clock) : lockLeases(locks, `fetch-idempotency ${name}`)

  const leaseOf = (token: string, leaseMs: number): RowLease => ({
    token: leaseMs > 0 ? token : undefined,
    leased: clock.now(),
    lease: leaseMs,
  })
  const put = (entries: IDBObjectStore, row: EntryRow) =>
    resultOf(entries.put({ ...row, turn: row.turn + 1 }))
  /** Changes an entry, if the token has the lease. */
  const change = async (
    id: string,
    token: string,
    leaseMs: number,
    part: Partial<EntryRow>,
  ): Promise<boolean> => {
    if (leaseMs > 0) await leases.hold(token)
    const isOurs = await write(async (entries) => {
      const row = await findRow(entries, id)
      if (row?.token !== token) return false
      await put(entries, { ...row, ...part, ...leaseOf(token, leaseMs) })
      return true
    })
    if (leaseMs <= 0 || !isOurs) leases.release(token)
    return isOurs
  }

  /**
   * Does something to an entry, unless somebody else has it: whether its holder is gone cannot be seen from inside of a
   * transaction.
   */
  const whenFree = async <T>(
    id: string,
    act: (entries: IDBObjectStore, row: EntryRow | undefined, isHeld: boolean) => Promise<T | 'held'>,
  ): Promise<{ readonly result: T } | { readonly heldRow: EntryRow }> => {
    const gone = new Set<string>()
    for (let round = 1; round <= maxRounds; round += 1) {
      const found = await write(async (entries) => {
        const row = await findRow(entries, id)
        const isHeld = row !== undefined && leases.mayHold(row) && !gone.has(markOf(row))
        const result = await act(entries, row, isHeld)
        return result === 'held' ? { heldRow: row as EntryRow } : { result }
      })
      if ('result' in found || !(await leases.isGone(found.heldRow))) return found
      gone.add(markOf(found.heldRow))
    }
    throw new Error('indexedDbStore: the entry changes faster than it can be claimed')
  }
  const remove = async (entries: IDBObjectStore, row: EntryRow | undefined, isAllowed: boolean) => {
    if (row === undefined || !isAllowed) return 0
    await resultOf(entries.delete(row.seq))
    return 1
  }
  /** Settled entries that nobody has, those that changed first before the others. */
  const findOld = async (beforeMs: number, limit: number): Promise<EntryRow[]> => {
    const range = IDBKeyRange.bound(['settled', -Infinity], ['settled', beforeMs], false, true)
    const [free, doubtful]: [EntryRow[], EntryRow[]] = [[], []]
    await read((entries) =>
      walk<EntryRow>(entries.index('updated').openCursor(range), (row) => {
        ;(leases.mayHold(row) ? doubtful : free).push(row)
        return free.length < limit
      }),
    )
    for (const row of doubtful) if (free.length < limit && (await leases.isGone(row))) free.push(row)
    return free
  }

  return {
    async claim({ id, lane, token, leaseMs, value, nowMs, takeSettled, mustExist }): Promise<Claim> {
      if (leaseMs > 0) await leases.hold(token)
      let hasLease = false
      try {
        const found = await whenFree<Claim>(id, async (entries, row, isHeld) => {
          if (row === undefined) {
            if (mustExist) return { status: 'missing' }
            const entry = { id, lane, state: 'open', value, created: nowMs, updated: nowMs, turn: 0 }
            await resultOf(entries.add({ ...entry, ...leaseOf(token, leaseMs) }))
            return { status: 'created' }
          }
          if (isHeld && row.token !== token) return 'held'
          if (row.state === 'settled' && !takeSettled) return { status: 'settled', entry: toEntry(row, 0) }
          await put(entries, { ...row, ...leaseOf(token, leaseMs) })
          return { status: 'taken', entry: toEntry(row, leaseMs) }
        })
        if ('heldRow' in found) {
          const [leftMs = 0] = await leases.leftOf([found.heldRow])
          return { status: 'held', entry: toEntry(found.heldRow, Math.max(1, leftMs)) }
        }
        hasLease = leaseMs > 0 && ['created', 'taken'].includes(found.result.status)
        return found.result
      } finally {
        if (!hasLease) leases.release(token)
      }
    },
    renew: ({ id, token, leaseMs }) => change(id, token, leaseMs, {}),
    record: ({ id, token, state, value, nowMs, leaseMs }) =>
      change(id, token, leaseMs, { state, value, updated: nowMs }),
    async list(filter, { after = '0', limit }) {
      const [index, first] = 'lane' in filter ? ['lane', filter.lane] : ['state', filter.state]
      const range = IDBKeyRange.bound([first, Number(after)], [first, Infinity], true)
      const rows = await read((entries) =>
        resultOf(entries.index(index).getAll(range, limit + 1) as IDBRequest<EntryRow[]>),
      )
      const page = rows.slice(0, limit)
      const left = await leases.leftOf(page)
      const next = rows.length > limit ? String(page.at(-1)?.seq) : undefined
      return { entries: page.map((row, at) => toEntry(row, left[at] ?? 0)), next }
    },
    async remove(request) {
      if (!('id' in request)) {
        const old = await findOld(request.settledBeforeMs, request.limit)
        return write(async (entries) => {
          let removed = 0
          for (const { id, turn } of old) {
            const row = await findRow(entries, id)
            removed += await remove(entries, row, row?.turn === turn)
          }
          return removed
        })
      }
      const { id, token } = request
      if (token !== undefined) {
        const removed = await write(async (entries) => {
          const row = await findRow(entries, id)
          return remove(entries, row, row?.token === token)
        })
        leases.release(token)
        return removed
      }
      const found = await whenFree<number>(id, async (entries, row, isHeld) =>
        isHeld ? 'held' : remove(entries, row, true),
      )
      return 'heldRow' in found ? 0 : found.result
    },
    async close() {
      await close()
      leases.releaseAll()
    },
  }
}
