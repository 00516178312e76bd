import type { Clock } from '../../clock/clock.js'

/** A lease as an entry has it. */
export interface RowLease {
  readonly token: string | undefined
  /** When it was given, by the clock. */
  readonly leased: number
  readonly lease: number
}

/** Tells whether leases hold. */
export interface LeaseKeeper {
  /** Before an entry is given to a token. */
  readonly hold: (token: string) => Promise<void>
  readonly release: (token: string) => void
  readonly releaseAll: () => void
  /** Whether a lease may hold, as far as can be told without waiting. */
  readonly mayHold: (row: RowLease) => boolean
  /** Looks whether a lease that may hold does not. */
  readonly isGone: (row: RowLease) => Promise<boolean>
  /** How long each of some leases holds yet. */
  readonly leftOf: (rows: readonly RowLease[]) => Promise<number[]>
}

/** Leases that run out by the clock. One that begins in the future was measured by a clock that has been set back: it is over. */
export function clockLeases(clock: Clock): LeaseKeeper {
  const left = ({ token, leased, lease }: RowLease) => {
    const nowMs = clock.now()
    return token === undefined || nowMs < leased ? 0 : Math.max(0, leased + lease - nowMs)
  }
  return {
    hold: async () => undefined,
    release: () => undefined,
    releaseAll: () => undefined,
    mayHold: (row) => left(row) > 0,
    isGone: async () => false,
    leftOf: async (rows) => rows.map(left),
  }
}

/**
 * Leases that hold for as long as their page does: each is a lock of the browser, which lets go of it when the page is closed, is
 * loaded again or crashes. A page in the background, whose timers hardly run, keeps what it has.
 */
export function lockLeases(locks: Pick<LockManager, 'request' | 'query'>, scope: string): LeaseKeeper {
  const held = new Map<string, () => void>()
  const nameOf = (token: string) => `${scope} ${token}`

  return {
    hold: (token) =>
      new Promise((resolve, reject) => {
        if (held.has(token)) return resolve()
        locks
          .request(nameOf(token), { ifAvailable: true }, (lock) => {
            resolve()
            // Another page has made the same claim: its lock says that the lease holds.
            return lock === null ? undefined : new Promise<void>((release) => held.set(token, release))
          })
          .catch(reject)
          // Also when another page has taken the lock away.
          .finally(() => held.delete(token))
      }),
    release(token) {
      held.get(token)?.()
    },
    releaseAll() {
      for (const release of held.values()) release()
    },
    mayHold: ({ token }) => token !== undefined,
    async isGone({ token }) {
      if (token === undefined) return true
      // Shared, so that pages that look at the same time do not take each other for the holder.
      return locks.request(nameOf(token), { mode: 'shared', ifAvailable: true }, (lock) => lock !== null)
    },
    async leftOf(rows) {
      if (!rows.some(({ token }) => token !== undefined)) return rows.map(() => 0)
      const { held: all = [] } = await locks.query()
      const names = new Set(all.map(({ name }) => name))
      return rows.map(({ token, lease }) => (token !== undefined && names.has(nameOf(token)) ? lease : 0))
    },
  }
}
