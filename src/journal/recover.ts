import { checkOptions } from '../errors/check-option.js'
import { giveBackEntry } from './give-back.js'
import type { JournalSettings } from './journal-settings.js'
import type { PendingOperation } from './pending-operation.js'
import {
  claimForRecovery,
  recoverOperation,
  type Recovered,
  type RecoveryClaim,
  type RecoveryTerms,
} from './recover-operation.js'
import type { Recovery, RecoverOptions, RecoveryResult } from './recover-options.js'
import { describeUnreadable, readLanes, type ListedTask, type RecoveryTask } from './recovery-lanes.js'

const brand = Symbol.for('fetch-idempotency.fetch')

/** After so many operations that other workers have taken, the list is read again. */
const reloadAfter = 64

/** Operations claimed at once, for each that is worked on: the claims share one wait for the disk. */
const claimsAhead = 4

/** Outcomes that are being written down at most, while other operations are sent. */
const maxUnwritten = 256

/** A lane, and the claim of its first operation where that was made ahead. */
interface Turn {
  readonly lane: readonly ListedTask[]
  readonly ahead: Promise<RecoveryClaim> | undefined
}

/** Finishes what is open. Each operation is sent by one worker; one that goes wrong holds up only its own lane. */
export async function recoverOperations(
  settings: JournalSettings,
  options: RecoverOptions,
): Promise<RecoveryResult> {
  checkOptions('recover', options, {
    fetch: 'function',
    concurrency: [1, 'whole'],
    signal: 'object',
    headersFor: 'function',
    requestFor: 'function',
    reconcile: 'function',
    onProgress: 'function',
  })
  if ((options.fetch as { [brand]?: boolean } | undefined)?.[brand] !== true)
    throw new TypeError(
      'recover.fetch must be made by createIdempotentFetch: no other sends the keys of the journal',
    )
  const { signal, concurrency = 8 } = options
  const counts = { applied: 0, 'not-applied': 0, unknown: 0, expired: 0, busy: 0, 'no-request': 0, failed: 0 }
  const tried = new Set<string>()
  const unwritten = new Set<Promise<void>>()
  const terms: RecoveryTerms = {}
  let finished = 0

  const tell = (operation: PendingOperation, result: Recovery, error: unknown) => {
    tried.add(operation.id)
    counts[result] += 1
    finished += 1
    try {
      const told: unknown = options.onProgress?.({ operation, result, error, finished })
      ;(told as Promise<unknown> | undefined)?.then?.(undefined, () => undefined)
    } catch {
      // A listener must not change what happens to a write.
    }
  }

  for (;;) {
    signal?.throwIfAborted()
    const { lanes, busy } = await readLanes(settings, tried)
    counts.busy = busy
    if (lanes.length === 0) return counts
    // Workers that begin together begin at different places, so that they seldom want the same entry.
    const first = Math.floor(settings.random() * lanes.length)
    await workThrough([...lanes.slice(first), ...lanes.slice(0, first)])
  }

  /** Works on lanes until all are through, or other workers seem to have taken the rest. */
  async function workThrough(queue: (readonly ListedTask[])[]): Promise<void> {
    const turns: Turn[] = []
    let inVain = 0
    const batch = concurrency * claimsAhead
    const nextTurn = () => {
      // While half of them are worked on, the next ones are claimed.
      if (turns.length < batch / 2)
        turns.push(...queue.splice(0, batch).map((lane) => ({ lane, ahead: claim(lane) })))
      return turns.shift()
    }
    const work = async () => {
      for (let turn = nextTurn(); turn !== undefined; turn = nextTurn()) {
        inVain = (await workOn(turn)) ? 0 : inVain + 1
        if (inVain >= reloadAfter) return
      }
    }
    try {
      await Promise.all(Array.from({ length: Math.min(concurrency, queue.length) }, work))
    } finally {
      await Promise.all(turns.splice(0).map(({ ahead }) => ahead?.then(giveUp, () => undefined)))
      await Promise.all(unwritten)
    }
  }

  /** The claim of a lane's first operation, if it is known that it can be sent. */
  function claim([listed]: readonly ListedTask[]): Promise<RecoveryClaim> | undefined {
    const task = listed && read(listed)
    if (task?.request === undefined || task.operation.status === 'expired') return undefined
    const ahead = claimForRecovery(settings, task.operation.id, signal, terms.known)
    // Its failure is told when its turn comes.
    ahead.catch(() => undefined)
    return ahead
  }

  /** `undefined` for what cannot be read, which is told when its turn comes. */
  function read(listed: ListedTask): RecoveryTask | undefined {
    try {
      return listed.read()
    } catch {
      return undefined
    }
  }

  async function giveUp(claimed: RecoveryClaim): Promise<void> {
    if (typeof claimed === 'object') await giveBackEntry(settings, claimed.lease, claimed.entry)
  }

  /** Whether there was anything to do. The rest of a lane waits when one of its operations is not through. */
  async function workOn({ lane, ahead }: Turn): Promise<boolean> {
    let hasWorked = false
    for (const [place, listed] of lane.entries()) {
      const task = read(listed)
      const { result, error, written } = await recoverTask(listed, place === 0 ? ahead : undefined)
      const operation = task?.operation ?? describeUnreadable(settings, listed.entry)
      if (written !== undefined) await follow(written)
      if (result === 'busy') return hasWorked
      if (result === 'gone') {
        tried.add(operation.id)
        continue
      }
      hasWorked = true
      tell(operation, result, error)
      if (result !== 'applied' && result !== 'not-applied') break
    }
    return hasWorked
  }

  async function follow(written: Promise<void>): Promise<void> {
    const end = written.then(() => void unwritten.delete(end))
    unwritten.add(end)
    if (unwritten.size >= maxUnwritten) await Promise.race(unwritten)
  }

  async function recoverTask(
    listed: ListedTask,
    ahead: Promise<RecoveryClaim> | undefined,
  ): Promise<Recovered> {
    try {
      return await recoverOperation(settings, options, listed.read(), ahead, terms)
    } catch (error) {
      signal?.throwIfAborted()
      return { result: 'failed', error }
    }
  }
}
