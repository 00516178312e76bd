import type { JournalSettings } from './journal-settings.js'
import type { Lease } from './leases.js'
import { limitCall } from './limit-call.js'

/** Longest wait between two tries to write down what has happened. */
const maxRetryMs = 5_000

/**
 * Carries out a write that must not be lost: now, or in the background for as long as the lease is not lost. Never rejects.
 * `onEnd` is called when it is over.
 */
export async function persistWrite(
  settings: JournalSettings,
  lease: Lease,
  write: () => Promise<unknown>,
  onEnd: () => void,
): Promise<void> {
  const { unfinished, storeTimeoutMs } = settings
  const act = () => limitCall(write, storeTimeoutMs)
  try {
    await act()
    onEnd()
  } catch {
    const again = keepTrying(settings, lease, act).finally(() => {
      unfinished.delete(again)
      onEnd()
    })
    unfinished.add(again)
  }
}

async function keepTrying(
  { clock, random, closing }: JournalSettings,
  lease: Lease,
  act: () => Promise<unknown>,
): Promise<void> {
  for (let round = 0; !lease.isLost; round += 1) {
    try {
      await clock.sleep(Math.min(maxRetryMs, 50 * 2 ** round) * (0.5 + random() / 2), closing.signal)
    } catch {
      // The journal closes: write once more. If that fails, `recover()` settles the entry.
      await act().catch(() => undefined)
      return
    }
    try {
      await act()
      return
    } catch {
      // The store is still away.
    }
  }
}
