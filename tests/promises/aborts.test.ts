import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { idempotencyOf, type IdempotencyEvent } from 'fetch-idempotency'
import { byOperation, findGrammarFaults } from './event-grammar.js'
import { hosts, type Host, type Write } from './hosts.js'
import { open, type Opening } from './play.js'
import { answered, lost, madeBut, silent, stalled } from './stage.js'

/** A call that its caller ends: `abort` is handed to what knows when. */
async function aborted(
  host: Host,
  arrange: (abort: () => void) => Opening,
  call: Partial<Write> = {},
  reason: unknown = new Error('mine'),
) {
  const controller = new AbortController()
  const opened = await open(
    host,
    arrange(() => controller.abort(reason)),
  )
  const { post, stage, events } = opened
  try {
    const told = await post({ signal: controller.signal, ...call })
    const arrivedAtEnd = stage.arrived.length
    // Nothing goes on behind the caller's back.
    await wait(30)
    expect(stage.arrived).toHaveLength(arrivedAtEnd)
    return { ...opened, told, reason, made: stage.made(), arrived: arrivedAtEnd, events }
  } finally {
    await stage.close()
  }
}

interface Phase {
  readonly name: string
  readonly arrange: (abort: () => void) => Opening
  readonly attempts: number
  readonly made: number
}

const at = (type: IdempotencyEvent['type'], attempts: number, made: number): Phase => ({
  name: `at the event ${type}`,
  arrange: (abort) => ({
    server: [madeBut(answered(503))],
    onEvent: (event) => void (event.type === type && abort()),
  }),
  attempts,
  made,
})

const phases: readonly Phase[] = [
  {
    name: 'while the attempt waits for its answer',
    arrange: (abort) => ({ server: [madeBut(silent)], onArrived: abort }),
    attempts: 1,
    made: 1,
  },
  {
    name: 'while the body of the answer is read',
    arrange: (abort) => ({ server: [madeBut(stalled(201))], onArrived: () => setTimeout(abort, 40) }),
    attempts: 1,
    made: 1,
  },
  {
    name: 'in the wait before a retry',
    arrange: (abort) => ({ server: [madeBut(lost)], onWait: abort }),
    attempts: 1,
    made: 1,
  },
  {
    name: 'in a wait on a clock that does not heed the signal',
    arrange: (abort) => ({
      server: [madeBut(lost)],
      onWait: () => {
        abort()
        return new Promise(() => undefined)
      },
    }),
    attempts: 1,
    made: 1,
  },
  {
    name: 'while the second attempt waits for its answer',
    arrange: (abort) => ({
      server: [madeBut(answered(503)), silent],
      onArrived: (count) => void (count === 2 && abort()),
    }),
    attempts: 2,
    made: 1,
  },
  {
    name: 'while a server that is still running is asked',
    arrange: (abort) => ({
      server: [madeBut(lost), answered(409, { 'retry-after': '5' })],
      onWait: (ms) => void (ms === 5_000 && abort()),
    }),
    attempts: 2,
    made: 1,
  },
  at('attempt-ended', 1, 1),
  at('waiting', 1, 1),
]

describe.each(hosts)('rule 6: nothing outlives the caller’s signal: $name', (host) => {
  it.concurrent.each(phases)('$name', async ({ arrange, attempts, made }) => {
    const found = await aborted(host, arrange, { key: 'mine' })
    const { told, reason, events } = found
    expect(told.end).toBe(reason)
    expect(told.facts).toMatchObject({ key: 'mine', attempts, outcome: 'unknown' })
    expect([found.arrived, found.made]).toEqual([attempts, made])
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ type: 'settled', outcome: 'unknown' }))
    expect(byOperation(events).map(findGrammarFaults)).toEqual([[]])
  })

  it.concurrent('before the call: nothing is sent', async () => {
    const reason = new Error('mine')
    const { told, arrived, events } = await aborted(host, () => ({ server: [silent] }), {
      signal: AbortSignal.abort(reason),
    })
    expect(told.end).toBe(reason)
    expect(arrived).toBe(0)
    // Nothing has to be told of it; the last word alone may be.
    for (const event of events) expect(event).toMatchObject({ type: 'settled', outcome: 'not-applied' })
  })

  it.concurrent('at the event attempt-started: nothing is sent, or it is not known', async () => {
    const { told, reason, arrived } = await aborted(host, at('attempt-started', 1, 0).arrange)
    expect(told.end).toBe(reason)
    expect(told.facts).toMatchObject({ attempts: 1, outcome: 'unknown' })
    expect(arrived).toBe(0)
  })

  it.concurrent('after requests that did not run: nothing was applied', async () => {
    const { told, reason } = await aborted(host, (abort) => ({ server: [answered(429)], onWait: abort }))
    expect(told.end).toBe(reason)
    expect(told.facts).toMatchObject({ attempts: 1, outcome: 'not-applied' })
  })

  it.concurrent.each([
    ['a string', 'mine'],
    ['an object', { my: 'reason' }],
  ])('the reason is the caller’s own: %s', async (_, reason) => {
    const { told } = await aborted(host, (abort) => ({ server: [silent], onArrived: abort }), {}, reason)
    expect(told.end).toBe(reason)
  })

  it.concurrent('without a reason, it is the AbortError of the signal', async () => {
    const controller = new AbortController()
    const { post, stage } = await open(host, { server: [silent], onArrived: () => controller.abort() })
    const { end } = await post({ signal: controller.signal })
    await stage.close()
    expect(end).toBe(controller.signal.reason)
    expect(end).toMatchObject({ name: 'AbortError' })
  })

  it.concurrent('a time limit of the caller’s stays one', async () => {
    const { post, stage } = await open(host, { server: [silent] })
    const signal = AbortSignal.timeout(30)
    const { end } = await post({ signal })
    await stage.close()
    expect(end).toBe(signal.reason)
    expect(end).toMatchObject({ name: 'TimeoutError' })
    expect(idempotencyOf(end)).toMatchObject({ attempts: 1, outcome: 'unknown' })
  })
})
