import { monotonicNow, type Clock } from '../clock/clock.js'
import { limitCall } from './limit-call.js'
import type { OperationStore } from './store.js'
import { wakeLater } from './wake-later.js'

/** A lease that this process has. */
export interface Lease {
  readonly id: string
  readonly token: string
  /** Measured before the store was asked, so that it never ends later than the store thinks. */
  safeUntilMs: number
  /** Another worker has taken the entry. */
  isLost: boolean
}

/** The leases of one journal, renewed as long as they are held. */
export interface Leases {
  /** Takes note of a lease that the store gave on a call that began at `beganMs`. */
  readonly hold: (id: string, token: string, beganMs: number) => Lease
  readonly drop: (lease: Lease) => void
  /** Whether the lease holds for some time yet. */
  readonly isSafe: (lease: Lease) => boolean
  /** @throws what the store throws. */
  readonly renew: (lease: Lease) => Promise<boolean>
  readonly leaseMs: number
}

/** Leases are renewed when a third of their time is over, so that two renewals may fail. */
export function createLeases(store: OperationStore, clock: Clock, leaseMs: number): Leases {
  const held = new Set<Lease>()
  let stop: (() => void) | undefined
  const now = () => monotonicNow(clock)

  const renew = async (lease: Lease) => {
    const beganMs = now()
    const { id, token } = lease
    // A store that does not answer must not keep the other leases from the next round.
    const isOurs = await limitCall(() => store.renew({ id, token, leaseMs }), leaseMs / 3)
    if (isOurs) lease.safeUntilMs = beganMs + leaseMs
    else lease.isLost = true
    return isOurs
  }
  const keepRenewing = () => {
    const ownStop = wakeLater(clock, leaseMs / 3, async () => {
      const due = [...held].filter(
        ({ safeUntilMs, isLost }) => !isLost && safeUntilMs - now() < leaseMs * 0.7,
      )
      // A store that is away now may be back for the next round.
      await Promise.all(due.map((lease) => renew(lease).catch(() => undefined)))
      // The last lease may have ended meanwhile, and others have begun.
      if (stop === ownStop) keepRenewing()
    })
    stop = ownStop
  }

  return {
    hold(id, token, beganMs) {
      const lease = { id, token, safeUntilMs: beganMs + leaseMs, isLost: false }
      held.add(lease)
      if (stop === undefined) keepRenewing()
      return lease
    },
    drop(lease) {
      held.delete(lease)
      if (held.size > 0) return
      // No timer outlives the last lease, which would keep the process from ending.
      stop?.()
      stop = undefined
    },
    isSafe: (lease) => !lease.isLost && lease.safeUntilMs - now() > leaseMs / 3,
    renew,
    leaseMs,
  }
}
