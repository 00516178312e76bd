import { JournalError } from '../errors/journal-error.js'
import type { ErrorFacts } from '../errors/idempotency-error.js'
import { monotonicNow } from '../clock/clock.js'
import type { JournalSettings } from './journal-settings.js'
import type { Lease } from './leases.js'
import { limitCall } from './limit-call.js'
import type { Claim, ClaimRequest } from './store.js'

/** What a claim is for, and how long it may take. */
export interface ClaimGoal extends Pick<ClaimRequest, 'id' | 'lane' | 'value' | 'takeSettled' | 'mustExist'> {
  readonly waitMs: number
  /** How long the store may take in all. @defaultValue `Infinity` */
  readonly limitMs?: number | undefined
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
  { clock, random, storeTimeoutMs }: JournalSettings,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
  untilMs = Infinity,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const leftMs = untilMs === Infinity ? untilMs : untilMs - monotonicNow(clock)
      return await limitCall(call, Math.min(storeTimeoutMs, leftMs), signal)
    } catch (error) {
      if (attempt >= tries || signal?.aborted || untilMs <= monotonicNow(clock)) throw error
      await clock.sleep(random() * 50 * 2 ** attempt, signal)
    }
  }
}

/** Undoes a claim that nobody waits for any more. */
async function undoClaim(
  { store }: JournalSettings,
  { id, token }: Pick<Lease, 'id' | 'token'>,
  claim: Claim,
): Promise<void> {
  if (claim.status === 'created') await store.remove({ id, token })
  if (claim.status !== 'taken') return
  const { state, value, updatedMs } = claim.entry
  await store.record({ id, token, state, value, nowMs: updatedMs, leaseMs: 0 })
}

/**
 * Claims an entry, waiting for another worker that has it.
 *
 * @throws {@link JournalError} when the store fails, the journal is closed, or the wait is over; the signal's reason when it
 * aborts.
 */
export async function claimEntry(settings: JournalSettings, goal: ClaimGoal): Promise<Claimed> {
  const { store, clock, random, leases, makeToken, active, closing } = settings
  const { id, lane, value, takeSettled, mustExist, waitMs, limitMs = Infinity, signal, facts } = goal
  const untilMs = monotonicNow(clock) + waitMs
  const token = makeToken()
  const { leaseMs } = leases
  for (let round = 0; ; round += 1) {
    if (closing.signal.aborted) throw new JournalError('closed', facts)
    signal?.throwIfAborted()
    const beganMs = monotonicNow(clock)
    let claim: Claim
    let asked: Promise<Claim> | undefined
    try {
      claim = await callStore(
        settings,
        signal,
        () =>
          (asked = store.claim({
            id,
            lane,
            token,
            leaseMs,
            value,
            nowMs: clock.now(),
            takeSettled,
            mustExist,
          })),
        beganMs + limitMs,
      )
    } catch (cause) {
      asked?.then((late) => undoClaim(settings, { id, token }, late)).catch(() => undefined)
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
