import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, describe, expect, it } from 'vitest'
import { createIdempotentFetch } from 'fetch-idempotency'
import { openTracing } from '../../src/loop/diagnostics.js'
import { fakeClock, json, playFetch, reset, thrown, url, type Step } from '../fetch/fakes.js'

const names = ['operation', 'attempt'].flatMap((what) =>
  ['start', 'asyncEnd', 'error'].map((when) => `tracing:fetch-idempotency:${what}:${when}`),
)
const leave: (() => void)[] = []
afterEach(() => {
  for (const end of leave.splice(0)) end()
})

/** Everything that is published from now on: where, and what its context holds at that moment. */
function listen() {
  const seen: [string, Record<string, unknown>][] = []
  for (const name of names) {
    const hear = (context: unknown) =>
      void seen.push([name.replace('tracing:fetch-idempotency:', ''), { ...(context as object) }])
    subscribe(name, hear)
    leave.push(() => unsubscribe(name, hear))
  }
  return seen
}

const post = { method: 'POST', body: '{}', idempotencyKey: 'k' }
function setUp(...steps: [Step, ...Step[]]) {
  const play = playFetch(...steps)
  const send = createIdempotentFetch({ fetch: play.fetch, clock: fakeClock(), retry: { maxAttempts: 2 } })
  return { ...play, send }
}

describe('diagnostics channels', () => {
  it('tell of an operation and of its attempts, with what they brought', async () => {
    const seen = listen()
    const { send } = setUp(json(503), json(201))
    await send(`${url}?secret=1`, post)
    expect(seen.map(([name]) => name)).toEqual([
      'operation:start',
      'attempt:start',
      'attempt:asyncEnd',
      'attempt:start',
      'attempt:asyncEnd',
      'operation:asyncEnd',
    ])
    const common = { key: 'k', method: 'POST', url }
    expect(seen[0]?.[1]).toMatchObject(common)
    expect(seen[1]?.[1]).toMatchObject({ ...common, attempt: 1, operation: seen[0]?.[1]['operation'] })
    expect(seen[2]?.[1]).toMatchObject({ attempt: 1, result: { status: 503, error: undefined } })
    expect(seen[4]?.[1]).toMatchObject({ attempt: 2, result: { status: 201, error: undefined } })
    expect(seen[5]?.[1]).toMatchObject({ ...common, attempts: 2, outcome: 'applied', replayed: false })
  })

  it('tell of an error, with the outcome', async () => {
    const seen = listen()
    const error = await thrown(setUp(reset()).send(url, post))
    expect(seen.at(-2)).toEqual(['operation:error', expect.objectContaining({ error, outcome: 'unknown' })])
    expect(seen.at(-1)).toEqual(['operation:asyncEnd', expect.objectContaining({ outcome: 'unknown' })])
    // A lost answer is what the attempt brought, and no failure of what traces it.
    expect(seen.filter(([name]) => name === 'attempt:error')).toEqual([])
    expect(seen.find(([name]) => name === 'attempt:asyncEnd')?.[1]).toMatchObject({
      result: { status: undefined, error: expect.any(TypeError) },
    })
  })

  it('hear nothing, and cost nothing, without subscribers', async () => {
    const seen = listen()
    for (const end of leave.splice(0)) end()
    const tracing = openTracing()
    expect([tracing?.operation.hasSubscribers, tracing?.attempt.hasSubscribers]).toEqual([false, false])
    expect(tracingChannel('fetch-idempotency:operation').start.hasSubscribers).toBe(false)
    const { send, sent } = setUp(json(201))
    expect((await send(url, post)).status).toBe(201)
    expect([sent.length, seen]).toEqual([1, []])
  })
})
