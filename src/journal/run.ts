import { JournalError } from '../errors/journal-error.js'
import { RunDivergedError, type Divergence } from '../errors/run-diverged-error.js'
import type { JournalCall, OpenedOperation, OperationJournal } from '../operation/operation-journal.js'
import { callStore, claimEntry } from './claim-entry.js'
import { factsOf, freshValue } from './call-value.js'
import { readValue, writeValue, type NoteValue, type StepPlace } from './entry-value.js'
import { isRead, shownUrl } from './kept-request.js'
import { monotonicNow } from '../clock/clock.js'
import type { JournalSettings } from './journal-settings.js'
import type { Lease } from './leases.js'
import { openOperation } from './open-operation.js'
import type { RunHistory } from './run-history.js'

/** Sends a call of a run. */
type Send = (input: string | URL | Request, init?: object) => Promise<Response>

/** A job that may run again. Give it to a call as `idempotency: { journal: run }` where it is not ambient. */
export interface Run extends OperationJournal {
  /** The id of the run. */
  readonly id: string
  /**
   * The `fetch` of the run's options, for calls that belong to the run wherever they are made from.
   *
   * @throws `TypeError` when the options have none.
   */
  readonly fetch: Send
  /**
   * Remembers a value: what `make` gave the first time is what every later run gets. For times, random numbers and what is read
   * from elsewhere, so that each run sends the same. The value has to be JSON.
   */
  readonly remember: <T>(name: string, make: () => T | Promise<T>) => Promise<T>
}

/** How long a step waits for the steps that came before it the first time, in milliseconds. */
const graceMs = 1_000

/** A place that stands for none: it is replaced before anything is written. */
const nowhere: StepPlace = { run: '', step: '', order: 0, floor: 0, chain: '' }

/** A run over a store. `lease` is that of the run as a whole. */
export function createStoredRun(
  settings: JournalSettings,
  id: string,
  lane: string,
  lease: Lease,
  history: RunHistory,
  send: Send,
): Run {
  const { naming, clock, store, leases } = settings

  /** Waits until the steps that have to come first are there, and takes the place after them. */
  async function takePlace(
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
  /** Only who has the lease of the run may do steps that nobody has done. */
  async function keepLease(
    fail: (problem: 'lease-lost' | 'unavailable', cause?: unknown) => Error,
  ): Promise<void> {
    if (leases.isSafe(lease)) return
    const isOurs = await callStore(settings, undefined, () => leases.renew(lease)).catch((cause: unknown) => {
      throw fail('unavailable', cause)
    })
    if (!isOurs) throw fail('lease-lost')
  }

  async function openStep(call: JournalCall, step: string): Promise<OpenedOperation> {
    const facts = (key?: string) => factsOf(call, 'not-applied', key)
    const refuse = (divergence: Divergence) => new RunDivergedError(divergence, id, step, facts())
    const met = history.meet(step)
    if (met !== undefined) throw refuse(met)
    const key = naming.key(call.keyRules, 'step', id, step)
    const fresh = await freshValue(settings, call, { about: { place: nowhere }, key })
    const place = await takePlace(step, fresh.fingerprint, refuse)
    let isDone = false
    const end = () => history.end(step, isDone)
    try {
      await keepLease((problem, cause) => new JournalError(problem, factsOf(call, 'unknown', key, cause)))
      const opened = await openOperation(settings, call, {
        id: naming.name('step', id, step),
        lane,
        about: { place },
        key,
        check: ({ place: found, fingerprint }) =>
          fingerprint !== fresh.fingerprint
            ? refuse('payload')
            : found?.chain !== place.chain
              ? refuse('earlier-step')
              : undefined,
        onEnd: end,
      })
      if (opened.answer !== undefined) {
        isDone = true
        end()
      }
      return {
        ...opened,
        step,
        async record(told) {
          if (told.type === 'settled') isDone = told.outcome === 'applied'
          await opened.record(told)
        },
      }
    } catch (error) {
      end()
      throw error
    }
  }

  async function remember<T>(name: string, make: () => T | Promise<T>): Promise<T> {
    const step = `value ${name}`
    const facts = {
      key: undefined,
      attempts: 0,
      outcome: 'not-applied',
      method: 'remember',
      url: name,
    } as const
    const refuse = (divergence: Divergence) => new RunDivergedError(divergence, id, step, facts)
    const met = history.meet(step)
    if (met !== undefined) throw refuse(met)
    const place = await takePlace(step, 'value', refuse)
    let isDone = false
    try {
      await keepLease((problem, cause) => new JournalError(problem, { ...facts, cause }))
      const note: NoteValue = { kind: 'note', place }
      const entryId = naming.name('value', id, name)
      const goal = { id: entryId, lane, waitMs: settings.waitMs, signal: undefined, facts }
      const claimed = await claimEntry(settings, { ...goal, value: writeValue(note) })
      if (claimed.status === 'settled') {
        isDone = true
        return JSON.parse((readValue(claimed.entry) as NoteValue).json as string) as T
      }
      const { lease: own } = claimed as { lease: Lease }
      try {
        const json = JSON.stringify(await make())
        if (json === undefined) throw new TypeError(`run.remember: the value of "${name}" is not JSON`)
        const isOurs = await callStore(settings, undefined, () =>
          store.record({
            id: entryId,
            token: own.token,
            state: 'settled',
            value: writeValue({ ...note, json }),
            nowMs: clock.now(),
            leaseMs: 0,
          }),
        ).catch((cause: unknown) => {
          throw new JournalError('unavailable', { ...facts, cause })
        })
        if (!isOurs) throw new JournalError('lease-lost', facts)
        isDone = true
        return JSON.parse(json) as T
      } finally {
        leases.drop(own)
      }
    } finally {
      history.end(step, isDone)
    }
  }

  return {
    id,
    fetch: send,
    remember,
    open(call) {
      if (call.operationId !== undefined) return undefined
      const { method, url, step } = call
      if (step === undefined && isRead(method)) return undefined
      return openStep(call, step ?? history.countedName(method, shownUrl(url)))
    },
  }
}
