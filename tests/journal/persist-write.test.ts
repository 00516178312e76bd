import { describe, expect, it } from 'vitest'
import { checkJournalOptions } from '../../src/journal/journal-settings.js'
import { memoryStore } from '../../src/journal/stores/memory-store.js'
import { persistWrite } from '../../src/journal/persist-write.js'

/** Settings whose waits end when `wake` is called, and the waits that were asked for. */
function createSettings() {
  const waits: number[] = []
  let wake!: () => void
  const clock = {
    now: () => 0,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        waits.push(ms)
        wake = resolve
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      }),
  }
  const settings = checkJournalOptions({ store: memoryStore(), clock, random: () => 1 })
  return { settings, waits, wake: () => wake() }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const newLease = (isLost = false) => ({ id: 'a', token: 't', safeUntilMs: 0, isLost })

/** A write that fails so many times. */
function failing(times: number) {
  const calls = { count: 0, ends: 0 }
  const act = async () => {
    calls.count += 1
    if (calls.count <= times) throw new Error('away')
  }
  return { calls, act, onEnd: () => void (calls.ends += 1) }
}

describe('persistWrite', () => {
  it('ends when the write is carried out', async () => {
    const { settings } = createSettings()
    const { calls, act, onEnd } = failing(0)
    await persistWrite(settings, newLease(), act, onEnd)
    expect(calls).toEqual({ count: 1, ends: 1 })
    expect(settings.unfinished.size).toBe(0)
  })

  it('tries again in the background, with waits that grow to five seconds, until it is carried out', async () => {
    const { settings, waits, wake } = createSettings()
    const { calls, act, onEnd } = failing(10)
    await persistWrite(settings, newLease(), act, onEnd)
    expect(settings.unfinished.size).toBe(1)
    for (let tries = 2; tries <= 11; tries += 1) {
      expect(calls).toEqual({ count: tries - 1, ends: 0 })
      wake()
      await turn()
    }
    expect(calls).toEqual({ count: 11, ends: 1 })
    expect(waits).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000])
    expect(settings.unfinished.size).toBe(0)
  })

  it.each([
    ['and is carried out', 1],
    ['and fails once more', 2],
  ])('tries once more when the journal closes, %s', async (_, failures) => {
    const { settings } = createSettings()
    const { calls, act, onEnd } = failing(failures)
    await persistWrite(settings, newLease(), act, onEnd)
    settings.closing.abort()
    await Promise.all(settings.unfinished)
    expect(calls).toEqual({ count: 2, ends: 1 })
    expect(settings.unfinished.size).toBe(0)
  })

  it('stops when another worker has taken the operation: what that writes is the truth', async () => {
    const { settings, wake } = createSettings()
    const { calls, act, onEnd } = failing(9)
    const lease = newLease()
    await persistWrite(settings, lease, act, onEnd)
    lease.isLost = true
    wake()
    await turn()
    // The wait had begun before: the store answers that the lease is gone, or fails once more.
    expect(calls).toEqual({ count: 2, ends: 1 })
  })

  it('does not even begin to wait without a lease', async () => {
    const { settings, waits } = createSettings()
    const { calls, act, onEnd } = failing(9)
    await persistWrite(settings, newLease(true), act, onEnd)
    await turn()
    expect([waits, calls]).toEqual([[], { count: 1, ends: 1 }])
  })
})
