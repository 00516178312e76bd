import { checkOptions, type Checks } from '../errors/check-option.js'
import type { JournalCall } from '../operation/operation-journal.js'
import type { Ambient } from './ambient.js'
import { claimEntry } from './claim-entry.js'
import { readValue, writeValue, type RunValue } from './entry-value.js'
import { listPages } from './inbox.js'
import type { JournalSettings } from './journal-settings.js'
import { persistWrite } from './persist-write.js'
import { createHistory } from './run-history.js'
import { createStoredRun, type Run } from './run.js'
import type { RecordRequest } from './store.js'

/** Options of {@link runOnce}. */
export interface RunOptions {
  /** What makes the keys of the run: a journal, or `derivedKeys()`, which remembers nothing. */
  readonly journal: RunJournal
  /** What `run.fetch` sends with: an idempotent fetch. @defaultValue none */
  readonly fetch?: ((input: string | URL | Request, init?: object) => Promise<Response>) | undefined
  /** How long to wait for another worker that has the run, in milliseconds. @defaultValue `waitMs` of the journal */
  readonly waitMs?: number | undefined
  /** Ends that wait. What the run does is ended by its own calls' signals. */
  readonly signal?: AbortSignal | undefined
}

/** What runs can be made with. */
export interface RunJournal {
  /** Runs a job whose writes happen once, however often it runs. Called by {@link runOnce}. */
  runOnce<T>(id: string, options: Omit<RunOptions, 'journal'>, act: (run: Run) => Promise<T>): Promise<T>
}

const brand = Symbol.for('fetch-idempotency.fetch')

const checks: Checks = { journal: 'object', fetch: 'function', waitMs: [0], signal: 'object' }

/** What `run.fetch` does: sends with what the run was given, as a part of the run. */
export function sendWith(send: RunOptions['fetch'], run: () => Run): Run['fetch'] {
  return async (input, init) => {
    if (send === undefined)
      throw new TypeError('run.fetch needs the option fetch: runOnce(id, { journal, fetch }, act)')
    const { idempotency, ...rest } = (init ?? {}) as { idempotency?: object }
    return send(input, { ...rest, idempotency: { ...idempotency, journal: run() } })
  }
}

/**
 * Opens a call of the run that it is made in; `undefined` outside of one.
 *
 * @throws `TypeError` for a step without a run, which would be sent under a new key each time.
 */
export function openInRun(ambient: Ambient<Run> | undefined, call: JournalCall): ReturnType<Run['open']> {
  const run = ambient?.get()
  if (run !== undefined || call.step === undefined) return run?.open(call)
  return Promise.reject(
    new TypeError('idempotency.step needs a run: call inside of runOnce, or send with run.fetch'),
  )
}

/** @throws `TypeError` where `act` would send without the run's keys, as it cannot see the run. */
export function actWithin<T>(
  ambient: Ambient<Run> | undefined,
  run: Run,
  act: (run: Run) => Promise<T>,
): Promise<T> {
  if (ambient !== undefined) return ambient.run(run, () => act(run))
  if (act.length === 0)
    throw new TypeError(
      'runOnce: this runtime has no AsyncLocalStorage; take the run as an argument and send with run.fetch',
    )
  return act(run)
}

/** Runs a job over a store. */
export async function runStored<T>(
  settings: JournalSettings,
  ambient: Ambient<Run> | undefined,
  id: string,
  options: Omit<RunOptions, 'journal'>,
  act: (run: Run) => Promise<T>,
  openOwn: Run['open'],
): Promise<T> {
  const { naming, store, leases, clock } = settings
  const lane = naming.name('run', id)
  const value: RunValue = { kind: 'run', run: id }
  const facts = { key: undefined, attempts: 0, outcome: 'unknown', method: 'run', url: id } as const
  const claimed = await claimEntry(settings, {
    id: lane,
    lane,
    value: writeValue(value),
    takeSettled: true,
    waitMs: options.waitMs ?? settings.waitMs,
    signal: options.signal,
    facts,
  })
  const { lease } = claimed as Extract<typeof claimed, { lease: unknown }>
  let isDone = false
  try {
    const history = createHistory(naming, id)
    for await (const page of listPages(settings, { lane }, facts))
      for (const entry of page) {
        const found = readValue(entry)
        if (found.kind === 'call' && found.place !== undefined) history.learn(found.place, found.fingerprint)
        else if (found.kind === 'note') history.learn(found.place, 'value')
      }
    const stored = { settings, id, lane, lease, history }
    const run: Run = createStoredRun(
      stored,
      sendWith(options.fetch, () => run),
      openOwn,
    )
    const result = await actWithin(ambient, run, act)
    isDone = true
    return result
  } finally {
    // What the steps have done is on record: this only says whether the run needs to come again.
    const end: RecordRequest = {
      id: lane,
      token: lease.token,
      state: isDone ? 'settled' : 'open',
      value: writeValue(value),
      nowMs: clock.now(),
      leaseMs: 0,
    }
    await persistWrite(
      settings,
      lease,
      () => store.record(end),
      () => leases.drop(lease),
    )
  }
}

/**
 * Runs a job whose writes happen once, however often the job runs: each write inside has a key that follows from the run's id and
 * the step's name, given as `idempotency: { step: 'charge' }` or counted per method and path. A step that is done is answered
 * from the journal. A run that does something else than its first run is stopped before it sends.
 *
 * On servers every call of `createIdempotentFetch({ journal })` inside of `act` belongs to the run. Elsewhere, and for a fetch
 * without that journal, send with `run.fetch`.
 *
 * @throws what `act` throws; {@link RunDivergedError} out of a call that is not what the first run sent; {@link JournalError} when
 * the store fails or another worker has the run; `TypeError` for an option that cannot work.
 *
 * @example
 * ```ts
 * import { createIdempotentFetch } from 'fetch-idempotency'
 * import { createJournal, runOnce } from 'fetch-idempotency/journal'
 * import { sqliteStore } from 'fetch-idempotency/journal/sqlite'
 *
 * const journal = createJournal({ store: sqliteStore('jobs.db') })
 * const send = createIdempotentFetch({ journal })
 * await runOnce('job-42', { journal }, async () => {
 *   await send('https://api.example.com/charges', { method: 'POST', body: '{"amount":100}' })
 *   await send('https://api.example.com/orders', { method: 'POST', body: '{"items":1}' })
 * })
 * ```
 */
export async function runOnce<T>(id: string, options: RunOptions, act: (run: Run) => Promise<T>): Promise<T> {
  checkOptions('runOnce', options, checks)
  const { journal, ...rest } = options
  const send = rest.fetch as { [brand]?: boolean } | undefined
  if (send !== undefined && send[brand] !== true)
    throw new TypeError(
      'runOnce.fetch must be made by createIdempotentFetch: no other sends the keys of the run',
    )
  if (typeof act !== 'function')
    throw new TypeError(`runOnce needs the function that is the job, not ${typeof act}`)
  if (typeof journal?.runOnce !== 'function')
    throw new TypeError('runOnce.journal must be made by createJournal or derivedKeys')
  return journal.runOnce(id, rest, act)
}
