import { systemClock } from '../../clock/system-clock.js'
import type { EntryPage, OperationStore, StoredEntry } from '../store.js'

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /** The time that leases are measured by, in milliseconds. @defaultValue the machine's clock */
  readonly now?: (() => number) | undefined
}

interface Row extends Omit<StoredEntry, 'leaseLeftMs'> {
  readonly order: number
  readonly token: string | undefined
  readonly leasedUntilMs: number
}

/**
 * A store that lasts as long as the process: for tests, and where only calls within one process are to be held together.
 * It survives no crash.
 *
 * @example
 * ```ts
 * import { createJournal, memoryStore } from 'fetch-idempotency/journal'
 *
 * const journal = createJournal({ store: memoryStore() })
 * ```
 */
export function memoryStore({ now = systemClock.now }: MemoryStoreOptions = {}): OperationStore {
  const rows = new Map<string, Row>()
  let created = 0
  /** No settled entry was last written before that. */
  let settledSinceMs = Infinity

  const show = ({ order: _, token: __, leasedUntilMs, ...entry }: Row): StoredEntry => ({
    ...entry,
    leaseLeftMs: Math.max(0, leasedUntilMs - now()),
  })
  const isHeld = ({ token, leasedUntilMs }: Row) => token !== undefined && leasedUntilMs > now()
  const find = (id: string, token: string) => {
    const row = rows.get(id)
    return row?.token === token ? row : undefined
  }
  const lease = (token: string, leaseMs: number) =>
    leaseMs > 0 ? { token, leasedUntilMs: now() + leaseMs } : { token: undefined, leasedUntilMs: 0 }

  return {
    async claim({ id, lane, token, leaseMs, value, nowMs, takeSettled, mustExist }) {
      const row = rows.get(id)
      if (row === undefined) {
        if (mustExist) return { status: 'missing' }
        const entry = { id, lane, state: 'open', value, createdMs: nowMs, updatedMs: nowMs } as const
        rows.set(id, { ...entry, order: created++, ...lease(token, leaseMs) })
        return { status: 'created' }
      }
      if (isHeld(row) && row.token !== token) return { status: 'held', entry: show(row) }
      if (row.state === 'settled' && !takeSettled) return { status: 'settled', entry: show(row) }
      const taken = { ...row, ...lease(token, leaseMs) }
      rows.set(id, taken)
      return { status: 'taken', entry: show(taken) }
    },
    async renew({ id, token, leaseMs }) {
      const row = find(id, token)
      if (row !== undefined) rows.set(id, { ...row, ...lease(token, leaseMs) })
      return row !== undefined
    },
    async record({ id, token, state, value, nowMs, leaseMs }) {
      const row = find(id, token)
      if (row !== undefined)
        rows.set(id, { ...row, state, value, updatedMs: nowMs, ...lease(token, leaseMs) })
      if (state === 'settled') settledSinceMs = Math.min(settledSinceMs, nowMs)
      return row !== undefined
    },
    async list(filter, { after = '-1', limit }): Promise<EntryPage> {
      const isWanted = (row: Row) =>
        row.order > Number(after) &&
        ('lane' in filter ? row.lane === filter.lane : row.state === filter.state)
      // A map keeps the order in which entries were created, also of those that were written again.
      const found = [...rows.values()].filter(isWanted)
      const page = found.slice(0, limit)
      const next = found.length > limit ? String(page.at(-1)?.order) : undefined
      return { entries: page.map(show), next }
    },
    async remove(request) {
      if ('id' in request) {
        const row = rows.get(request.id)
        const isAllowed = row && (request.token === undefined ? !isHeld(row) : row.token === request.token)
        return isAllowed && rows.delete(request.id) ? 1 : 0
      }
      // Most of the time nothing is old, and not every entry need be looked at.
      if (request.settledBeforeMs <= settledSinceMs) return 0
      const old = [...rows.values()]
        .filter((row) => row.state === 'settled' && row.updatedMs < request.settledBeforeMs && !isHeld(row))
        .toSorted((one, other) => one.updatedMs - other.updatedMs)
        .slice(0, request.limit)
      for (const { id } of old) rows.delete(id)
      return old.length
    },
  }
}
