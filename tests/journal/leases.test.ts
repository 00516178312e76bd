import { describe, expect, it } from 'vitest'
import { createLeases } from '../../src/journal/leases.js'
import { memoryStore } from '../../src/journal/stores/memory-store.js'

/** Leases of 300 ms, on a clock that moves when it is told to. */
function open(renew: (token: string) => Promise<boolean> = async () => true) {
  let nowMs = 0
  const waits: { readonly untilMs: number; readonly wake: () => void }[] = []
  const stopped: unknown[] = []
  const clock = {
    now: () => nowMs,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        waits.push({ untilMs: nowMs + ms, wake: resolve })
        signal?.addEventListener('abort', () => {
          stopped.push(signal.reason)
          reject(signal.reason)
        })
      }),
  }
  const renewed: string[] = []
  const store = {
    ...memoryStore(),
    renew: async ({ id, token, leaseMs }: { id: string; token: string; leaseMs: number }) => {
      renewed.push(`${id} ${token} ${leaseMs} at ${nowMs}`)
      return renew(token)
    },
  }
  const pass = async (ms: number) => {
    for (const endMs = nowMs + ms; nowMs < endMs;) {
      nowMs += 50
      for (const { untilMs, wake } of waits) if (untilMs <= nowMs) wake()
      for (let turn = 0; turn < 20; turn += 1) await undefined
    }
  }
  return { leases: createLeases(store, clock, 300), renewed, stopped, waits, pass }
}

describe('createLeases', () => {
  it('renews each lease when a third of its time is over', async () => {
    const { leases, renewed, pass } = open()
    const first = leases.hold('a', 't1', 0)
    await pass(50)
    leases.hold('b', 't2', 50)
    await pass(250)
    expect(renewed).toEqual([
      'a t1 300 at 100',
      'a t1 300 at 200',
      'b t2 300 at 200',
      'a t1 300 at 300',
      'b t2 300 at 300',
    ])
    expect(first.safeUntilMs).toBe(600)
    leases.drop(first)
  })

  it('has one timer, which ends with the last lease', async () => {
    const { leases, stopped, waits, renewed, pass } = open()
    const [first, second] = [leases.hold('a', 't1', 0), leases.hold('b', 't2', 0)]
    expect(waits).toHaveLength(1)
    leases.drop(first)
    expect(stopped).toHaveLength(0)
    leases.drop(second)
    expect(stopped).toHaveLength(1)
    await pass(300)
    expect(renewed).toEqual([])
    leases.drop(leases.hold('c', 't3', 300))
    expect(stopped).toHaveLength(2)
  })

  it('renews no lease that another worker has taken', async () => {
    const { leases, renewed, pass } = open(async () => false)
    const lease = leases.hold('a', 't1', 0)
    expect(leases.isSafe(lease)).toBe(true)
    await pass(300)
    expect(renewed).toEqual(['a t1 300 at 100'])
    expect([lease.isLost, lease.safeUntilMs, leases.isSafe(lease)]).toEqual([true, 300, false])
    leases.drop(lease)
  })

  it('tries again in the next round when the store fails', async () => {
    const { leases, renewed, pass } = open(() => Promise.reject(new Error('away')))
    const lease = leases.hold('a', 't1', 0)
    await pass(200)
    expect(renewed).toHaveLength(2)
    expect(lease.isLost).toBe(false)
    leases.drop(lease)
  })

  it('calls a lease safe while more than a third of its time is left', async () => {
    const { leases, pass } = open(() => Promise.reject(new Error('away')))
    const lease = leases.hold('a', 't1', 0)
    await pass(150)
    expect(leases.isSafe(lease)).toBe(true)
    await pass(50)
    expect(leases.isSafe(lease)).toBe(false)
    leases.drop(lease)
  })
})
