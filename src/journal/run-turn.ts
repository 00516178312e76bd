import { monotonicNow } from '../clock/clock.js'
import type { Divergence } from '../errors/run-diverged-error.js'
import { callStore } from './claim-entry.js'
import type { StepPlace } from './entry-value.js'
import type { JournalSettings } from './journal-settings.js'
import type { Lease } from './leases.js'
import type { RunHistory } from './run-history.js'

/** A run over a store that is going on. */
export interface StoredRun {
  readonly settings: JournalSettings
  readonly id: string
  /** The lane of its entries. */
  readonly lane: string
  /** That of the run as a whole. */
  readonly lease: Lease
  readonly history: RunHistory
}

/** How long a step waits for the steps that came before it the first time, in milliseconds. */
const graceMs = 1_000

/** Waits until the steps that have to come first are there, and takes the place after them. @throws what `refuse` makes. */
export async function takePlace(
  { settings: { clock }, history }: StoredRun,
  step: string,
  fingerprint: string,
  refuse: (divergence: Divergence) => Error,
): Promise<StepPlace> {
  const untilMs = monotonicNow(clock) + graceMs
  while (history.isEarly(step)) {
    const leftMs = untilMs - monotonicNow(clock)
    if (leftMs <= 0) throw refuse('missing-step')
    const wait = new AbortController()
    await Promise.race([history.next(), clock.sleep(leftMs, wait.signal)]).finally(() => wait.abort())
  }
  const place = history.begin(step, fingerprint)
  if (typeof place === 'string') throw refuse(place)
  return place
}

/** Only who has the lease of the run may do steps that nobody has done. @throws what `fail` makes. */
export async function keepRunLease(
  { settings, lease }: StoredRun,
  fail: (problem: 'lease-lost' | 'unavailable', cause?: unknown) => Error,
): Promise<void> {
  const { leases } = settings
  if (leases.isSafe(lease)) return
  const isOurs = await callStore(settings, undefined, () => leases.renew(lease)).catch((cause: unknown) => {
    throw fail('unavailable', cause)
  })
  if (!isOurs) throw fail('lease-lost')
}
