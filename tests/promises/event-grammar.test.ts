import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it, vi } from 'vitest'
import type { IdempotencyEvent } from 'fetch-idempotency'
import { duplicateConflict } from 'fetch-idempotency/contracts'
import { byOperation, findGrammarFaults, letters } from './event-grammar.js'
import { fetchHosts, hosts, type HostName, type Write } from './hosts.js'
import { open, type Opening } from './play.js'
import { answered, lost, made, madeBut, refused, silent, stalled } from './stage.js'

/** One way in which a call can end. */
interface End {
  readonly name: string
  readonly opening: (abort: () => void) => Opening
  /** The events, `s` for a start, `e` for an end, `w` for a wait, `.` for the last word; more than one where time decides. */
  readonly events: string | RegExp
  readonly outcome: string
  readonly call?: Partial<Write>
  readonly cannot?: Partial<Record<HostName, string>>
}

const throwing = async (after: boolean, next: () => Promise<unknown>) => {
  if (after) await next()
  throw new Error('ours')
}

const ends: readonly End[] = [
  { name: 'success', opening: () => ({ server: [made] }), events: 'se.', outcome: 'applied' },
  {
    name: 'success after retries',
    opening: () => ({ server: [lost, answered(429), refused, made] }),
    events: 'sewsewsewse.',
    outcome: 'applied',
  },
  {
    name: 'success without a key',
    opening: () => ({ server: [answered(429), made], options: { methods: [] } }),
    events: 'sewse.',
    outcome: 'applied',
  },
  {
    name: 'replay',
    opening: () => ({ server: [madeBut(lost), made] }),
    events: 'sewse.',
    outcome: 'applied',
  },
  { name: 'refusal', opening: () => ({ server: [answered(400)] }), events: 'se.', outcome: 'not-applied' },
  {
    name: 'attempts used up, busy',
    opening: () => ({ server: [answered(429)], options: { maxAttempts: 3 } }),
    events: 'sewsewse.',
    outcome: 'not-applied',
  },
  {
    name: 'attempts used up, refused',
    opening: () => ({ server: [refused], options: { maxAttempts: 2 } }),
    events: 'sewse.',
    outcome: 'not-applied',
  },
  {
    name: 'attempts used up, lost',
    opening: () => ({ server: [lost], options: { maxAttempts: 2 } }),
    events: 'sewse.',
    outcome: 'unknown',
  },
  {
    name: 'time-outs',
    opening: () => ({ server: [silent], options: { maxAttempts: 2, attemptTimeoutMs: 100 } }),
    events: 'sewse.',
    outcome: 'unknown',
  },
  {
    name: 'deadline between attempts',
    opening: () => ({
      server: [answered(503, { 'retry-after': '20' })],
      options: { deadlineMs: 30_000 },
    }),
    events: 'sewse.',
    outcome: 'unknown',
  },
  {
    name: 'a wait that lasts beyond the deadline',
    opening: () => ({ server: [lost], options: { deadlineMs: 30_000 }, waitLastsMs: 60_000 }),
    events: 'sew.',
    outcome: 'unknown',
  },
  {
    name: 'empty budget',
    opening: () => ({
      server: [lost],
      options: { budget: { capacity: 14 }, whenBudgetIsEmpty: 'stop' },
    }),
    events: 'sewse.',
    outcome: 'unknown',
  },
  {
    name: 'no retry without a key',
    opening: () => ({ server: [lost], options: { methods: [] } }),
    events: 'se.',
    outcome: 'unknown',
  },
  {
    name: 'done before',
    opening: () => ({ server: [madeBut(lost), answered(409)], options: { contract: duplicateConflict } }),
    events: 'sewse.',
    outcome: 'applied',
  },
  {
    name: 'look-up',
    opening: () => ({ server: [lost], options: { maxAttempts: 1, reconcile: () => 'applied' } }),
    events: 'se.',
    outcome: 'applied',
  },
  {
    name: 'still running',
    opening: () => ({ server: [lost, answered(409)] }),
    events: /^sew(?:sew){6}se\.$/,
    outcome: 'unknown',
  },
  {
    name: 'abort in an attempt',
    opening: (abort) => ({ server: [silent], onArrived: abort }),
    events: /^se?\.$/,
    outcome: 'unknown',
  },
  {
    name: 'abort in a body',
    opening: (abort) => ({ server: [stalled(201)], onArrived: () => setTimeout(abort, 40) }),
    events: /^se?\.$/,
    outcome: 'unknown',
  },
  {
    name: 'abort in a wait',
    opening: (abort) => ({ server: [lost], onWait: abort }),
    events: 'sew.',
    outcome: 'unknown',
  },
  {
    name: 'abort in the second attempt',
    opening: (abort) => ({ server: [answered(429), silent], onArrived: (n) => void (n === 2 && abort()) }),
    events: /^sewse?\.$/,
    outcome: 'unknown',
  },
  {
    name: 'aroundAttempt throws before it sends',
    opening: () => ({ server: [made], options: { aroundAttempt: (_, next) => throwing(false, next) } }),
    events: 'se.',
    outcome: 'not-applied',
  },
  {
    name: 'aroundAttempt throws after it has sent',
    opening: () => ({ server: [made], options: { aroundAttempt: (_, next) => throwing(true, next) } }),
    events: 'se.',
    outcome: 'applied',
  },
  {
    name: 'a hook throws before a retry',
    opening: () => ({ server: [lost], options: { beforeRetry: () => Promise.reject(new Error('ours')) } }),
    events: 'sew.',
    outcome: 'unknown',
    cannot: { 'node:http': 'It runs no hooks.' },
  },
  {
    name: 'the user says no to a retry',
    opening: () => ({ server: [lost], options: { mayRetry: false } }),
    // ky asks its user before the wait, a hook of `fetch` is asked after it.
    events: /^sew?\.$/,
    outcome: 'unknown',
    cannot: { 'node:http': 'It asks no user.' },
  },
]

const wordOf = (events: readonly IdempotencyEvent[]) => events.map(({ type }) => letters[type]).join('')

/** Everything that is published of operations, from now on. */
function listen() {
  const seen: { channel: string; context: Record<string, unknown> }[] = []
  const names = ['operation', 'attempt'].flatMap((what) =>
    ['start', 'asyncEnd'].map((when) => `tracing:fetch-idempotency:${what}:${when}`),
  )
  const listeners = names.map((name) => {
    const [, , what, when] = name.split(':')
    const hear = (context: unknown) =>
      void seen.push({ channel: `${what} ${when}`, context: { ...(context as object) } })
    subscribe(name, hear)
    return () => unsubscribe(name, hear)
  })
  return { seen, leave: () => listeners.forEach((leave) => leave()) }
}

describe.each(hosts)('rule 21: events are a grammar: $name', (host) => {
  for (const { name, opening, events: expected, outcome, call, cannot } of ends) {
    const why = cannot?.[host.name]
    if (why !== undefined) {
      it.skip(`${name}: ${why}`)
      continue
    }
    it(name, async () => {
      const { seen, leave } = listen()
      const controller = new AbortController()
      const aborts = opening.length > 0 && { signal: controller.signal }
      const opened = await open(
        host,
        opening(() => controller.abort(new Error('mine'))),
      )
      const { post, stage, events, waits } = opened
      await post({ ...aborts, ...call })
      await vi.waitFor(() => expect(events.at(-1)?.type).toBe('settled'))
      await new Promise((resolve) => setTimeout(resolve, 5))
      await stage.close()
      leave()

      expect(byOperation(events)).toHaveLength(1)
      expect(findGrammarFaults(events)).toEqual([])
      if (typeof expected === 'string') expect(wordOf(events)).toBe(expected)
      else expect(wordOf(events)).toMatch(expected)
      expect(events.at(-1)).toMatchObject({ outcome })
      // The wait that is told is the wait that is made.
      expect(events.flatMap((event) => (event.type === 'waiting' ? [event.delayMs] : []))).toEqual(waits)

      const id = events[0]?.operation
      const published = seen.filter(({ context }) => context['operation'] === id)
      expect(published).toHaveLength(seen.length)
      const starts = events.filter(({ type }) => type === 'attempt-started').length
      const channels = published.map(({ channel }) => channel)
      expect(channels[0]).toBe('operation start')
      expect(channels.filter((channel) => channel === 'attempt start')).toHaveLength(starts)
      expect(channels.filter((channel) => channel === 'operation asyncEnd')).toHaveLength(1)
      const last = published.find(({ channel }) => channel === 'operation asyncEnd')
      expect(last?.context).toMatchObject({ outcome, attempts: starts })
    })
  }

  it('two callers of one operation are one, told once', async () => {
    const { post, stage, events } = await open(host, { server: [madeBut(lost), made] })
    await Promise.all([post({ key: 'shared' }), post({ key: 'shared' })])
    await stage.close()
    expect(byOperation(events).map(wordOf)).toEqual(['sewse.'])
    expect(byOperation(events).map(findGrammarFaults)).toEqual([[]])
  })

  it('two calls are two operations, each with its own id', async () => {
    const { post, stage, events } = await open(host, { server: [lost, lost, made] })
    await Promise.all([post(), post()])
    await stage.close()
    const operations = byOperation(events)
    expect(operations).toHaveLength(2)
    expect(operations.map(findGrammarFaults)).toEqual([[], []])
    expect(new Set(operations.map(([event]) => event?.key)).size).toBe(2)
  })
})

describe('a word of the grammar', () => {
  const event = (type: IdempotencyEvent['type'], attempts: number, more: object = {}) =>
    ({
      type,
      attempts,
      operation: '01a22193-eb5c-7013-9f10-aed7083a5fc8',
      key: 'k',
      method: 'POST',
      url: 'http://a/',
      ...more,
    }) as IdempotencyEvent
  const started = event('attempt-started', 1)
  const ended = event('attempt-ended', 1)
  const settled = event('settled', 1)

  it.each<[string, IdempotencyEvent[]]>([
    ['no last word', [started, ended]],
    ['two last words', [started, ended, settled, settled]],
    ['a wait before an end', [started, event('waiting', 1), settled]],
    [
      'two starts without a wait',
      [started, ended, event('attempt-started', 2), event('attempt-ended', 2), settled],
    ],
    ['something after the last word', [started, settled, ended]],
    ['another operation', [started, event('attempt-ended', 1, { operation: 'other' }), settled]],
    ['another key', [started, event('attempt-ended', 1, { key: 'other' }), settled]],
    ['a count that jumps', [started, ended, event('waiting', 1), event('attempt-started', 3), settled]],
  ])('is refused: %s', (_, events) => {
    expect(findGrammarFaults(events)).not.toEqual([])
  })

  it('is taken', () => {
    expect(findGrammarFaults([started, ended, settled])).toEqual([])
    expect(findGrammarFaults([started, settled])).toEqual([])
  })
})

it('names every host', () => {
  expect(hosts.map(({ name }) => name)).toEqual([...fetchHosts.map(({ name }) => name), 'node:http'])
})
