import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import type { IdempotencyEvent } from 'fetch-idempotency'
import { defineContract } from 'fetch-idempotency/contracts'
import { createOriginMemory } from '../../src/contract/origin-memory.js'
import { systemRandom } from '../../src/clock/system-clock.js'
import type { Call } from '../../src/loop/call.js'
import type { Attempted } from '../../src/transport/attempted.js'
import { safeUrl } from '../../src/errors/safe-url.js'
import { TrackedOperation } from '../../src/loop/tracked-operation.js'
import type { OperationSettings, WritePolicy } from '../../src/loop/operation-options.js'
import { createRetryPolicy } from '../../src/retry/retry-policy.js'
import { fakeClock, reset, startMs } from '../fetch/fakes.js'

const contract = defineContract({ honoursKey: ({ url }) => !url.endsWith('/unaware') })
function setUp(more: Partial<OperationSettings> = {}) {
  const clock = fakeClock()
  const settings: OperationSettings = {
    contract,
    methods: contract.methods,
    generateKey: () => 'generated',
    match: () => true,
    writes: 'keyed',
    whenKeyStoreDown: 'wait',
    whenKeysIgnored: 'stop',
    onEvent: undefined,
    aroundAttempt: undefined,
    journal: undefined,
    tracing: undefined,
    clock,
    random: systemRandom,
    policy: createRetryPolicy(),
    origins: createOriginMemory(),
    ...more,
  }
  const open = (call: Partial<Call> = {}) =>
    new TrackedOperation(settings, {
      method: 'POST',
      url: 'https://api.test/orders',
      givenKey: undefined,
      conditional: false,
      ...call,
    })
  return { clock, open }
}

const lost = (verdict: 'not-sent' | 'unsendable' | 'unknown'): Attempted => ({
  lost: verdict,
  error: reset(),
  isTimeout: false,
})
const answer = (status: number, headers: Record<string, string> = {}): Attempted => ({
  status,
  headers: new Headers(headers),
  bytes: undefined,
})

/** What is decided after an attempt that brought this. */
const after = (operation: TrackedOperation, attempted: Attempted) =>
  operation.decide(operation.read(attempted), attempted)

describe('TrackedOperation', () => {
  describe('resends after a lost answer', () => {
    const policies: WritePolicy[] = ['keyed', 'never', 'always']
    // By policy: keyed, never, always.
    it.each<[string, Partial<Call>, readonly [boolean, boolean, boolean]]>([
      ['POST with a key', {}, [true, false, true]],
      ['PUT with a key', { method: 'PUT' }, [true, false, true]],
      ['PATCH with a given key', { method: 'PATCH', givenKey: 'k' }, [true, false, true]],
      ['POST with a key that is not honoured', { url: 'https://api.test/unaware' }, [false, false, true]],
      ['a method without a key', { method: 'PURGE' }, [false, false, true]],
      [
        'a method that the contract does not know, with a given key',
        { method: 'PURGE', givenKey: 'k' },
        [false, false, true],
      ],
      ['DELETE', { method: 'DELETE' }, [true, false, true]],
      ['GET', { method: 'GET' }, [true, true, true]],
      ['HEAD', { method: 'HEAD' }, [true, true, true]],
      ['OPTIONS', { method: 'OPTIONS' }, [true, true, true]],
      [
        'a conditional write without a usable key',
        { method: 'PUT', conditional: true, url: 'https://api.test/unaware' },
        [true, false, true],
      ],
    ])('%s', (_, call, expected) => {
      const seen = policies.map((writes) =>
        [lost('unknown'), answer(500), answer(503)].map((attempted) => {
          const operation = setUp({ writes }).open(call)
          operation.begin()
          return after(operation, attempted).action === 'resend'
        }),
      )
      expect(seen).toEqual(expected.map((one) => [one, one, one]))
      // The policy of the call stands before that of the wrapper.
      const own = policies.map((writes) => {
        const operation = setUp({ writes: 'never' }).open({ ...call, writes })
        operation.begin()
        return after(operation, lost('unknown')).action === 'resend'
      })
      expect(own).toEqual(expected)
    })
  })

  it.each<WritePolicy>(['keyed', 'never', 'always'])(
    'resends what was not sent or refused under any policy: %s',
    (writes) => {
      for (const call of [{}, { method: 'PURGE' }, { method: 'GET' }])
        for (const attempted of [lost('not-sent'), answer(429), answer(425), answer(408)]) {
          const operation = setUp({ writes }).open(call)
          operation.begin()
          expect(after(operation, attempted)).toMatchObject({ action: 'resend' })
        }
    },
  )

  it('has nothing applied before the first attempt, and everything open during one', () => {
    const { open } = setUp()
    const operation = open()
    expect(operation.facts()).toEqual({
      key: 'generated',
      attempts: 0,
      replayed: false,
      outcome: 'not-applied',
    })
    expect(operation.timeForAttemptMs()).toBe(30_000)
    operation.begin()
    expect(operation.facts()).toMatchObject({ attempts: 1, outcome: 'unknown' })
    operation.read(answer(429))
    expect(operation.facts()).toMatchObject({ attempts: 1, outcome: 'not-applied' })
    operation.begin()
    expect(operation.facts()).toMatchObject({ attempts: 2, outcome: 'unknown' })
  })

  it('gives an attempt what the deadline leaves, and none past it', () => {
    const { open, clock } = setUp()
    const operation = open()
    clock.advance(100_000)
    expect(operation.timeForAttemptMs()).toBe(20_000)
    operation.begin()
    operation.read(lost('not-sent'))
    clock.advance(20_000)
    expect(operation.timeForAttemptMs()).toBe(0)
    expect(operation.facts().attempts).toBe(1)
  })

  it('says the last word once', () => {
    const onEvent = vi.fn()
    const operation = setUp({ onEvent }).open()
    operation.settle('unknown')
    expect(operation.settle('applied').outcome).toBe('applied')
    expect(onEvent).toHaveBeenCalledOnce()
  })

  it('tells why an answer was lost by a member that is not listed: it may quote a credential', () => {
    const error = new TypeError('Failed to parse URL from http://user:SECRET@a.test/')
    const onEvent = vi.fn()
    setUp({ onEvent }).open().read({ lost: 'unsendable', error, isTimeout: false })
    const event = onEvent.mock.calls[0]?.[0] as IdempotencyEvent & { type: 'attempt-ended' }
    expect(event.error).toBe(error)
    expect(inspect(event) + JSON.stringify(event)).not.toContain('SECRET')
  })

  it.each<[string, Partial<Call>, string | undefined]>([
    ['UUIDv7 of a moment ago', { givenKey: uuidv7At(startMs - 1000) }, undefined],
    ['UUIDv7 of a day ago', { givenKey: uuidv7At(startMs - 86_400_000) }, 'key_expired'],
    [
      'UUIDv7 of a day ago without dashes',
      { givenKey: uuidv7At(startMs - 86_400_000).replaceAll('-', '') },
      'key_expired',
    ],
    ['UUIDv7 of the future', { givenKey: uuidv7At(startMs + 1e9) }, undefined],
    ['first sending a day ago', { givenKey: 'k', firstSentMs: startMs - 86_400_000 }, 'key_expired'],
    ['first sending less than a day ago', { givenKey: 'k', firstSentMs: startMs - 86_399_999 }, undefined],
    ['other key', { givenKey: 'k' }, undefined],
  ])('opens with a key that is young enough: %s', (_, call, code) => {
    const { open } = setUp()
    if (code === undefined) expect(open(call).key).toBe(call.givenKey)
    else expect(() => open(call)).toThrow(expect.objectContaining({ code, outcome: 'unknown', attempts: 0 }))
  })

  it('never resends a key past its time', () => {
    const { open, clock } = setUp({ policy: createRetryPolicy({ deadlineMs: Infinity }) })
    const operation = open()
    operation.begin()
    clock.advance(86_399_000)
    expect(after(operation, answer(503, { 'retry-after': '1' }))).toEqual({
      action: 'settle',
      why: 'key-age',
    })
    expect(operation.timeForAttemptMs()).toBeGreaterThan(0)
    clock.advance(1000)
    expect(operation.timeForAttemptMs()).toBe(0)
  })

  it('begins no attempt with a key that has grown too old meanwhile', () => {
    const { open, clock } = setUp()
    const firstSentMs = startMs - contract.keyTtlMs + 1_000
    const operation = open({ givenKey: 'k', firstSentMs })
    clock.advance(1_000)
    expect(operation.timeForAttemptMs()).toBe(0)
  })

  it.each<[number, string]>([
    [200, 'unknown'],
    [203, 'unknown'],
    [204, 'unknown'],
    [206, 'unknown'],
    [201, 'applied'],
    [202, 'applied'],
  ])('reads a %i behind a redirect, which may be that of a GET, as %s', (status, outcome) => {
    const operation = setUp().open()
    operation.begin()
    operation.read({ ...(answer(status) as object), redirected: true } as Attempted)
    expect(operation.facts().outcome).toBe(outcome)
  })

  it('does not take a page that is gone, behind a redirect, for a DELETE that was applied', () => {
    const operation = setUp().open({ method: 'DELETE' })
    operation.begin()
    operation.read(lost('unknown'))
    operation.begin()
    operation.read({ ...(answer(404) as object), redirected: true } as Attempted)
    expect(operation.facts().outcome).toBe('unknown')
  })

  it('resumes with the key, and with the time of its first sending when that matters', () => {
    const { open } = setUp()
    const unsent = open()
    unsent.begin()
    unsent.read(lost('not-sent'))
    const key = { givenKey: 'generated', isGenerated: true }
    expect(unsent.resume()).toEqual({ ...key, firstSentMs: undefined })
    const sent = open()
    sent.begin()
    sent.read(lost('unknown'))
    expect(sent.resume()).toEqual({ ...key, firstSentMs: startMs })
    expect(open({ givenKey: 'mine' }).resume()).toMatchObject({ givenKey: 'mine', isGenerated: false })
  })
})

describe('safeUrl', () => {
  it.each([
    ['https://api.test/a/b', 'https://api.test/a/b'],
    ['https://api.test/a?token=x', 'https://api.test/a'],
    ['https://api.test/a#x', 'https://api.test/a'],
    ['https://user:pass@api.test/a', 'https://api.test/a'],
    ['https://user@api.test', 'https://api.test/'],
    ['https://api.test/a@b', 'https://api.test/a@b'],
    ['https://api.test/a?x=https://u:p@h', 'https://api.test/a'],
    ['/relative?token=x', '/relative'],
    ['?token=x', ''],
    ['https://api.test/a?b\n#c', 'https://api.test/a'],
  ])('%s', (url, shown) => {
    expect(safeUrl(url)).toBe(shown)
  })
})

/** A UUIDv7 that was made at a time. */
function uuidv7At(ms: number): string {
  const hex = ms.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}
