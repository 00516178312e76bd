import { readValue, type CallValue, type KeptRequest } from './entry-value.js'
import { listEntries } from './inbox.js'
import type { JournalSettings } from './journal-settings.js'
import { describePending, type PendingOperation } from './pending-operation.js'

/** An open operation that nobody works on. */
export interface RecoveryTask {
  readonly operation: PendingOperation
  readonly request: KeptRequest | undefined
}

/** What is open, as far as a recovery can work on it. */
export interface RecoveryLanes {
  /** Operations of one lane in their order. An operation without a lane has one of its own. */
  readonly lanes: readonly (readonly RecoveryTask[])[]
  /** Operations that another worker has, and those that come after them in their lane. */
  readonly busy: number
}

/** What is shown of an entry that cannot be read. */
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

/**
 * Reads which operations are open, without those that were `tried` and those that come after them in their lanes. `tellUnreadable`
 * hears of each that cannot be read.
 */
export async function readLanes(
  settings: JournalSettings,
  tried: ReadonlySet<string>,
  tellUnreadable: (operation: PendingOperation, error: unknown) => void,
): Promise<RecoveryLanes> {
  const lanes = new Map<string, RecoveryTask[]>()
  const held = new Set<string>()
  const stopped = new Set<string>()
  let busy = 0
  const nowMs = settings.clock.now()
  for await (const entry of listEntries(settings, { state: 'open' })) {
    const laneName = entry.lane ?? entry.id
    // What comes after it in its lane has to wait for it.
    const stop = () => void stopped.add(laneName)
    if (tried.has(entry.id)) {
      stop()
      continue
    }
    let value: CallValue
    try {
      const found = readValue(entry)
      if (found.kind !== 'call') continue
      value = found
    } catch (error) {
      tellUnreadable(describePending(entry, unreadable, nowMs), error)
      stop()
      continue
    }
    if (stopped.has(laneName)) continue
    if (entry.leaseLeftMs > 0 || held.has(laneName)) {
      held.add(laneName)
      busy += 1
      continue
    }
    const lane = lanes.get(laneName) ?? []
    lane.push({ operation: describePending(entry, value, nowMs), request: value.request })
    lanes.set(laneName, lane)
  }
  return { lanes: [...lanes.values()], busy }
}
