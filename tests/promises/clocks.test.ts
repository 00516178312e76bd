import { describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/clock/system-clock.js'
import { startMs } from '../fetch/fakes.js'
import { fetchHosts, hosts } from './hosts.js'
import { open } from './play.js'
import { answered, lost, made, refused } from './stage.js'

const hourMs = 3_600_000
/** Node wants to be told that a body streams. */
const streams = { duplex: 'half' }

/** Two clocks: durations follow one, dates the other, which can be set. */
function twoClocks(whileWaiting: () => Promise<void>) {
  let wallMs = startMs
  let monotonicMs = 1_000
  return {
    set: (ms: number) => void (wallMs += ms),
    now: () => wallMs,
    monotonic: () => monotonicMs,
    async sleep(ms: number) {
      wallMs += ms
      monotonicMs += ms
      await whileWaiting()
    },
  }
}

describe.each(hosts)('rule 18: durations are monotonic, ages are the wall clock’s: $name', (host) => {
  it.concurrent.each([-10 * hourMs, -hourMs, hourMs, 10 * hourMs])(
    'a clock that is set by %i ms moves no deadline',
    async (ms) => {
      let sent = 0
      const clock = twoClocks(async () => stage.prepare())
      const { post, stage, events } = await open(host, {
        server: [answered(503, { 'retry-after': '20' })],
        options: { clock, deadlineMs: 50_000 },
        onArrived: (count) => {
          sent = count
          if (count === 1) clock.set(ms)
        },
      })
      const { what } = await post()
      await stage.close()
      expect([what, sent]).toEqual([503, 3])
      expect(events.flatMap((event) => (event.type === 'waiting' ? [event.delayMs] : []))).toEqual([
        20_000, 20_000,
      ])
    },
  )

  it.concurrent('a key grows old by the wall clock: it is not resent past its time', async () => {
    const clock = twoClocks(async () => stage.prepare())
    const { post, stage } = await open(host, {
      server: [lost],
      options: { clock },
      onArrived: () => clock.set(25 * hourMs),
    })
    const { what, facts } = await post({ key: 'no time inside' })
    await stage.close()
    expect([what, facts?.outcome, stage.arrived.length]).toEqual(['key_expired', 'unknown', 1])
  })

  it.concurrent(
    'a machine that slept through a wait does not resend a key that has become too old',
    async () => {
      const clock = twoClocks(async () => {
        clock.set(25 * hourMs)
        await stage.prepare()
      })
      const { post, stage } = await open(host, {
        server: [answered(503), made],
        options: { clock, deadlineMs: Infinity },
      })
      const { facts } = await post()
      await stage.close()
      expect(facts).toMatchObject({ attempts: 1, outcome: 'unknown' })
      expect(stage.arrived).toHaveLength(1)
    },
  )
})

describe.each(hosts)('rule 7: nothing is begun past the deadline: $name', (host) => {
  it.concurrent('however long a wait was', async () => {
    const { post, stage, clock } = await open(host, { server: [refused], onWait: () => clock.pass(200_000) })
    const { what, facts } = await post()
    await stage.close()
    expect([what, facts?.attempts, facts?.outcome]).toEqual(['deadline_exceeded', 1, 'not-applied'])
  })

  it.concurrent('deadlineMs bounds the attempt, by a timer of the machine', async () => {
    const { post, stage } = await open(host, {
      server: [{ loses: 'never-answers' }],
      options: { deadlineMs: 150, clock: systemClock },
    })
    const { what, facts } = await post()
    await stage.close()
    expect(['deadline_exceeded', 'TimeoutError']).toContain(what)
    expect(facts).toMatchObject({ attempts: 1, outcome: 'unknown' })
  })
})

describe.each(fetchHosts)('rule 7: what comes before the first request is bounded, too: $name', (host) => {
  it.concurrent('a body that stalls, or has no end, ends with the deadline, and is let go of', async () => {
    for (const hasChunks of [true, false]) {
      const cancelled = vi.fn()
      const body = new ReadableStream({
        async pull(controller) {
          if (!hasChunks) return new Promise(() => undefined)
          await new Promise((resolve) => setTimeout(resolve, 10))
          controller.enqueue(new Uint8Array(1))
        },
        cancel: cancelled,
      })
      const { post, stage, events } = await open(host, {
        server: [made],
        options: { deadlineMs: 60, clock: systemClock },
      })
      const { what, facts } = await post({ body, ...streams })
      await stage.close()
      expect([what, facts?.attempts, facts?.outcome]).toEqual(['deadline_exceeded', 0, 'not-applied'])
      expect([stage.arrived, events]).toEqual([[], []])
      expect(cancelled).toHaveBeenCalledOnce()
    }
  })

  it.concurrent('the time that a body takes is a part of the deadline', async () => {
    const body = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 300))
        controller.enqueue(new Uint8Array(1))
        controller.close()
      },
    })
    const { post, stage, waits } = await open(host, {
      server: [answered(503)],
      options: { deadlineMs: 5_000, backoff: () => 4_750, clock: systemClock },
    })
    const { what, facts } = await post({ body, ...streams })
    await stage.close()
    expect([what, facts?.attempts, waits]).toEqual([503, 1, []])
  })
})

describe('rule 7: timers never exceed 2^31-1 ms', () => {
  it.each(hosts)('in an attempt: $name', async (host) => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    try {
      // ky refuses a longer one itself.
      const attemptTimeoutMs = host.name.startsWith('ky') ? 2 ** 31 - 1 : 1e12
      const options = { attemptTimeoutMs, deadlineMs: 1e12 }
      const { post, stage } = await open(host, { server: [made], options })
      expect((await post()).what).toBe(201)
      await stage.close()
      expect(Math.max(...timers.mock.calls.map(([, ms]) => ms ?? 0))).toBe(2 ** 31 - 1)
    } finally {
      timers.mockRestore()
    }
  })

  it('in a wait', () => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const controller = new AbortController()
    try {
      void systemClock.sleep(1e12, controller.signal).catch(() => undefined)
      expect(timers.mock.calls.map(([, ms]) => ms)).toEqual([2 ** 31 - 1])
    } finally {
      controller.abort()
      timers.mockRestore()
    }
  })
})
