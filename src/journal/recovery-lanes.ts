import { beginsAsCall, readValue, type CallValue, type KeptRequest } from './entry-value.js'
import { listPages } from './inbox.js'
import type { JournalSettings } from './journal-settings.js'
import { describePending, type PendingOperation } from './pending-operation.js'
import type { StoredEntry } from './store.js'

/** An open operation that nobody works on. */
export interface RecoveryTask {
  readonly operation: PendingOperation
  readonly request: KeptRequest | undefined
}

/** A task whose entry is read when its turn comes: most of a long list is done by other workers until then. */
export interface ListedTask {
  readonly entry: StoredEntry
  /** @throws `JournalError` for an entry that cannot be read. */
  readonly read: () => RecoveryTask
}

/** What is open, as far as a recovery can work on it. */
export interface RecoveryLanes {
  /** Operations of one lane in their order. An operation without a lane has one of its own. */
  readonly lanes: readonly (readonly ListedTask[])[]
  /** Operations that another worker has, and those that come after them in their lane. */
  readonly busy: number
}

const unreadable: CallValue = {
  kind: 'call',
  key: '',
  isKeyGiven: false,
  method: '?',
  url: '?',
  fingerprint: '',
  keyTtlMs: null,
  attempts: 0,
}

/** What is shown of an entry that cannot be read. */
export function describeUnreadable({ clock }: JournalSettings, entry: StoredEntry): PendingOperation {
  return describePending(entry, unreadable, clock.now())
}

function listTask({ clock }: JournalSettings, entry: StoredEntry): ListedTask {
  let task: RecoveryTask | undefined
  const read = (): RecoveryTask => {
    const value = readValue(entry) as CallValue
    return { operation: describePending(entry, value, clock.now()), request: value.request }
  }
  return { entry, read: () => (task ??= read()) }
}

/** Whether an entry is none of a call. One that cannot be read is told as such when its turn comes. */
function isOther(entry: StoredEntry): boolean {
  if (beginsAsCall(entry)) return false
  try {
    return readValue(entry).kind !== 'call'
  } catch {
    return false
  }
}

/** Reads which operations are open, without those that were `tried` and those that come after them in their lanes. */
export async function readLanes(
  settings: JournalSettings,
  tried: ReadonlySet<string>,
): Promise<RecoveryLanes> {
  const lanes = new Map<string, ListedTask[]>()
  const held = new Set<string>()
  const stopped = new Set<string>()
  let busy = 0
  const take = (entry: StoredEntry) => {
    const laneName = entry.lane ?? entry.id
    // What comes after it in its lane has to wait for it.
    if (tried.has(entry.id)) stopped.add(laneName)
    if (stopped.has(laneName) || isOther(entry)) return
    if (entry.leaseLeftMs > 0 || held.has(laneName)) {
      held.add(laneName)
      busy += 1
      return
    }
    const lane = lanes.get(laneName)
    const task = listTask(settings, entry)
    if (lane === undefined) lanes.set(laneName, [task])
    else lane.push(task)
  }
  for await (const page of listPages(settings, { state: 'open' })) page.forEach(take)
  return { lanes: [...lanes.values()], busy }
}
