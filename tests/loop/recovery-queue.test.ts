import { describe, expect, it } from 'vitest'
import { RecoveryQueue } from '../../src/loop/recovery-queue.js'

/** A clock whose sleepers wake when the test moves the time on. */
function manualClock() {
  let nowMs = 0
  const sleepers = new Set<{ atMs: number; wake: () => void }>()
  return {
    sleepers,
    now: () => nowMs,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        const sleeper = { atMs: nowMs + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
      }),
    async advance(ms: number) {
      nowMs += ms
      for (const sleeper of sleepers)
        if (sleeper.atMs <= nowMs) {
          sleepers.delete(sleeper)
          sleeper.wake()
        }
      await settled()
    },
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

function setUp(count: number) {
  const queue = new RecoveryQueue()
  const clock = manualClock()
  const gone: number[] = []
  const controllers = Array.from({ length: count }, () => new AbortController())
  const waits = controllers.map(({ signal }, index) =>
    queue.wait(clock, signal).then(
      () => gone.push(index),
      (reason: unknown) => reason,
    ),
  )
  return { queue, clock, gone, controllers, waits }
}

describe('RecoveryQueue', () => {
  it('lets one after the other probe, in the order in which they came, at growing distances', async () => {
    const { clock, gone } = setUp(4)
    await clock.advance(0)
    expect(gone).toEqual([0])
    await clock.advance(249)
    expect(gone).toEqual([0])
    await clock.advance(1)
    expect(gone).toEqual([0, 1])
    await clock.advance(374)
    expect(gone).toEqual([0, 1])
    await clock.advance(1)
    expect(gone).toEqual([0, 1, 2])
    await clock.advance(562)
    expect(gone).toEqual([0, 1, 2])
    await clock.advance(1)
    expect(gone).toEqual([0, 1, 2, 3])
  })

  it('has no more than one sleeper, however many wait', async () => {
    const { clock } = setUp(50)
    expect(clock.sleepers.size).toBe(1)
    await clock.advance(0)
    expect(clock.sleepers.size).toBe(1)
  })

  it('never has the server wait longer than five seconds for a probe', async () => {
    const { clock, gone } = setUp(30)
    for (let second = 0; second < 60; second += 1) await clock.advance(1_000)
    const before = gone.length
    expect(before).toBeLessThan(25)
    await clock.advance(5_000)
    expect(gone.length).toBe(before + 1)
  })

  it('releases two for each success, so that the load doubles', async () => {
    const { queue, clock, gone } = setUp(16)
    await clock.advance(0)
    expect(gone).toEqual([0])
    queue.succeed()
    await settled()
    expect(gone).toEqual([0, 1, 2])
    queue.succeed()
    queue.succeed()
    await settled()
    expect(gone).toEqual([0, 1, 2, 3, 4, 5, 6])
    for (let success = 0; success < 10; success += 1) queue.succeed()
    await settled()
    expect(gone).toHaveLength(16)
    expect(clock.sleepers.size).toBe(0)
  })

  it('begins with short distances again after a success', async () => {
    const { queue, clock, gone } = setUp(8)
    for (const ms of [0, 250, 375]) await clock.advance(ms)
    expect(gone).toHaveLength(3)
    queue.succeed()
    await clock.advance(563)
    expect(gone).toHaveLength(6)
    await clock.advance(250)
    expect(gone).toHaveLength(7)
  })

  it('lets go of one that aborts, with its own reason, and goes on with the next', async () => {
    const { queue, clock, gone, controllers, waits } = setUp(4)
    await clock.advance(0)
    const reason = new Error('mine')
    controllers[1]?.abort(reason)
    controllers[2]?.abort(reason)
    expect(await Promise.all([waits[1], waits[2]])).toEqual([reason, reason])
    expect(clock.sleepers.size).toBe(1)
    await clock.advance(250)
    expect(gone).toEqual([0, 3])
    queue.succeed()
    expect(clock.sleepers.size).toBe(0)
  })

  it('takes nobody whose signal has aborted', async () => {
    const clock = manualClock()
    const reason = new Error('before')
    await expect(new RecoveryQueue().wait(clock, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(clock.sleepers.size).toBe(0)
  })
})
