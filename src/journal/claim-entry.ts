import { JournalError } from '../errors/journal-error.js'
import type { ErrorFacts } from '../errors/idempotency-error.js'
import { monotonicNow } from '../clock/clock.js'
import type { JournalSettings } from './journal-settings.js'
import type { Lease } from './leases.js'
import type { Claim, ClaimRequest } from './store.js'

/** What a claim is for, and how long it may take. */
export interface ClaimGoal extends Pick<ClaimRequest, 'id' | 'lane' | 'value' | 'takeSettled' | 'mustExist'> {
  readonly waitMs: number
  readonly signal: AbortSignal | undefined
  /** What an error tells. */
  readonly facts: ErrorFacts
}

/** A claim that was not held off, with the lease that it brought. */
export type Claimed =
  | { readonly status: 'created'; readonly lease: Lease }
  | {
      readonly status: 'taken'
      readonly lease: Lease
      readonly entry: Extract<Claim, { entry: unknown }>['entry']
    }
  | { readonly status: 'settled'; readonly entry: Extract<Claim, { entry: unknown }>['entry'] }
  | { readonly status: 'missing' }

/** Times that a store which fails is asked before the operation is refused. */
const tries = 3

/** The longest wait between two looks at an entry that another worker has. */
const maxPollMs = 1_000

/** Calls a store, a few times where it fails. The same call again is the same claim or write. */
export async function callStore<T>(
  { clock, random }: JournalSettings,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call()
    } catch (error) {
      if (attempt >= tries) throw error
      await clock.sleep(random() * 50 * 2 ** attempt, signal)
    }
  }
}

/**
 * Claims an entry, waiting for another worker that has it.
 *
 * @throws {@link JournalError} when the store fails, the journal is closed, or the wait is over; the signal's reason when it
 * aborts.
 */
export async function claimEntry(settings: JournalSettings, goal: ClaimGoal): Promise<Claimed> {
  const { store, clock, random, leases, makeToken, active, closing } = settings
  const { waitMs, signal, facts, ...request } = goal
  const { id } = request
  const untilMs = monotonicNow(clock) + waitMs
  const token = makeToken()
  for (let round = 0; ; round += 1) {
    if (closing.signal.aborted) throw new JournalError('closed', facts)
    signal?.throwIfAborted()
    const beganMs = monotonicNow(clock)
    let claim: Claim
    try {
      claim = await callStore(settings, signal, () =>
        store.claim({ ...request, token, leaseMs: leases.leaseMs, nowMs: clock.now() }),
      )
    } catch (cause) {
      signal?.throwIfAborted()
      throw new JournalError('unavailable', { ...facts, cause })
    }
    if (claim.status === 'created') return { status: 'created', lease: leases.hold(id, token, beganMs) }
    if (claim.status === 'taken') return { ...claim, status: 'taken', lease: leases.hold(id, token, beganMs) }
    if (claim.status !== 'held') return claim as Claimed
    const leftMs = untilMs - monotonicNow(clock)
    if (leftMs <= 0) throw new JournalError('busy', facts)
    const pollMs = Math.min(maxPollMs, 20 * 2 ** round) * (0.5 + random() / 2)
    const wait = new AbortController()
    const leave = () => wait.abort(signal?.reason)
    signal?.addEventListener('abort', leave, { once: true })
    const ours = active.get(id)
    try {
      const sleep = clock.sleep(Math.min(leftMs, ours === undefined ? pollMs : leftMs), wait.signal)
      // What this process works on itself is waited for without asking the store.
      await (ours === undefined ? sleep : Promise.race([ours, sleep]))
    } finally {
      signal?.removeEventListener('abort', leave)
      wait.abort()
    }
  }
}
