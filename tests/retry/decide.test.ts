import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { Reading, Verdict } from '../../src/contract/verdict.js'
import type { Operation } from '../../src/operation/operation.js'
import { decide, type Circumstances, type StopReason } from '../../src/retry/decide.js'

const operation: Operation = {
  method: 'POST',
  url: 'https://api.test/orders',
  key: 'k',
  keyOrigin: 'generated',
  conditional: false,
  resendable: true,
  firstSentMs: 0,
  attempts: 1,
  spent: 1,
  asks: 0,
  mayHaveRun: false,
}
const unkeyed: Operation = { ...operation, key: undefined, keyOrigin: 'none', resendable: false }

const circumstances: Circumstances = {
  maxAttempts: 4,
  maxRetryAfterMs: 60_000,
  backoff: () => 250,
  random: () => 0.5,
  nowMs: 1000,
  leftMs: 119_000,
  retryAfterMs: undefined,
  keyTtlMs: 86_400_000,
}

const resend = (delayMs: number, reason: Verdict) => ({ action: 'resend', delayMs, reason })
const settle = (why: StopReason) => ({ action: 'settle', why })

describe('decide', () => {
  it('asks a server that is still running ten times a second at most, whatever it says', () => {
    const reading: Reading = { verdict: 'running' }
    const asked = (retryAfterMs: number) => decide(operation, reading, { ...circumstances, retryAfterMs })
    expect([asked(1), asked(100), asked(250)]).toEqual([100, 100, 250].map((ms) => resend(ms, 'running')))
    const refused = decide(operation, { verdict: 'refused' }, { ...circumstances, retryAfterMs: 1 })
    expect(refused).toEqual(resend(1, 'refused'))
  })

  describe('by verdict', () => {
    const table: Readonly<Record<Verdict, readonly [keyed: object, unkeyed: object]>> = {
      'not-sent': [resend(250, 'not-sent'), resend(250, 'not-sent')],
      unsendable: [settle('final'), settle('final')],
      refused: [resend(250, 'refused'), resend(250, 'refused')],
      unknown: [resend(250, 'unknown'), settle('not-resendable')],
      running: [resend(250, 'running'), settle('not-resendable')],
      done: [settle('final'), settle('final')],
      'already-done': [settle('final'), settle('final')],
      'stored-failure': [settle('final'), settle('final')],
      'key-reused': [settle('final'), settle('final')],
      'key-expired': [settle('final'), settle('final')],
      failed: [settle('final'), settle('final')],
    }
    it.each(Object.entries(table))('%s, with a key and without', (name, [withKey, without]) => {
      const reading = { verdict: name as Verdict }
      expect(decide(operation, reading, circumstances)).toEqual(withKey)
      expect(decide(unkeyed, reading, circumstances)).toEqual(without)
    })
  })

  describe('by the word of the server', () => {
    it.each<[Verdict, boolean, object]>([
      ['unknown', false, settle('final')],
      ['refused', false, settle('final')],
      ['failed', true, resend(250, 'failed')],
      ['failed', false, settle('final')],
      ['unknown', true, resend(250, 'unknown')],
      ['not-sent', false, resend(250, 'not-sent')],
      ['running', false, resend(250, 'running')],
      ['done', true, settle('final')],
      ['key-reused', true, settle('final')],
      ['key-expired', true, settle('final')],
      ['stored-failure', true, settle('final')],
      ['already-done', true, settle('final')],
      ['unsendable', true, settle('final')],
    ])('%s with resend %s', (verdict, again, expected) => {
      expect(decide(operation, { verdict, resend: again }, circumstances)).toEqual(expected)
    })

    it('does not resend a failed write without a key, whatever the server says', () => {
      expect(decide(unkeyed, { verdict: 'failed', resend: true }, circumstances)).toEqual(
        settle('not-resendable'),
      )
    })
  })

  describe('by the word of the host’s user', () => {
    const refused: Readonly<Record<Verdict, object>> = {
      'not-sent': settle('user'),
      unsendable: settle('user'),
      refused: settle('user'),
      unknown: settle('user'),
      // To ask resends nothing.
      running: resend(250, 'running'),
      done: settle('user'),
      'already-done': settle('user'),
      'stored-failure': settle('user'),
      'key-reused': settle('user'),
      'key-expired': settle('user'),
      failed: settle('user'),
    }
    it.each(Object.entries(refused))('%s that is not to be sent again', (name, expected) => {
      const reading = { verdict: name as Verdict }
      expect(decide(operation, reading, { ...circumstances, allowance: 'refused' })).toEqual(expected)
    })

    it.each<[Reading, object]>([
      [{ verdict: 'failed' }, resend(250, 'failed')],
      [{ verdict: 'failed', outcome: 'not-applied' }, resend(250, 'failed')],
      [{ verdict: 'failed', outcome: 'unknown' }, settle('final')],
      [{ verdict: 'failed', resend: false }, settle('final')],
      [{ verdict: 'done' }, settle('final')],
      [{ verdict: 'stored-failure' }, settle('final')],
      [{ verdict: 'key-reused' }, settle('final')],
      [{ verdict: 'key-expired' }, settle('final')],
      [{ verdict: 'unknown' }, resend(250, 'unknown')],
    ])('%j that is wanted again', (reading, expected) => {
      expect(decide(operation, reading, { ...circumstances, allowance: 'wanted' })).toEqual(expected)
    })

    it('cannot have an unknown write resent without a key', () => {
      expect(decide(unkeyed, { verdict: 'unknown' }, { ...circumstances, allowance: 'wanted' })).toEqual(
        settle('not-resendable'),
      )
    })
  })

  describe('attempts', () => {
    it.each<[Verdict]>([['not-sent'], ['refused'], ['unknown']])(
      'stops after the last one: %s',
      (verdict) => {
        expect(decide({ ...operation, spent: 3 }, { verdict }, circumstances)).toMatchObject({
          action: 'resend',
        })
        expect(decide({ ...operation, spent: 4 }, { verdict }, circumstances)).toEqual(settle('attempts'))
      },
    )

    it('asks a running server again up to maxAsks times', () => {
      const reading: Reading = { verdict: 'running', maxAsks: 3 }
      expect(decide({ ...operation, asks: 3 }, reading, circumstances)).toMatchObject({ action: 'resend' })
      expect(decide({ ...operation, asks: 4 }, reading, circumstances)).toEqual(settle('attempts'))
    })

    it('asks a server that is known to be running for as long as the deadline allows', () => {
      const asked = { ...operation, asks: 1000 }
      expect(decide(asked, { verdict: 'running' }, circumstances)).toEqual(resend(250, 'running'))
      expect(decide(asked, { verdict: 'running' }, { ...circumstances, leftMs: 100 })).toEqual(
        settle('deadline'),
      )
    })
  })

  describe('waits', () => {
    it('draws the backoff of this retry', () => {
      const backoff = vi.fn(() => 77)
      expect(
        decide({ ...operation, spent: 3 }, { verdict: 'refused' }, { ...circumstances, backoff }),
      ).toEqual(resend(77, 'refused'))
      expect(backoff).toHaveBeenCalledExactlyOnceWith(3, circumstances.random)
    })

    it('draws the backoff of this ask while the server is running', () => {
      const backoff = vi.fn(() => 77)
      const asked = { ...operation, spent: 0, asks: 2 }
      decide(asked, { verdict: 'running' }, { ...circumstances, backoff })
      expect(backoff).toHaveBeenCalledExactlyOnceWith(2, circumstances.random)
    })

    it.each([
      ['as long as the server asks', 4000, undefined, 4000],
      ['as long as the contract asks', undefined, 900, 900],
      ['the longer of both', 4000, 9000, 9000],
      ['the longer of both', 4000, 900, 4000],
    ])('waits %s', (_, retryAfterMs, minimumWaitMs, expected) => {
      const reading: Reading = { verdict: 'refused', minimumWaitMs }
      expect(decide(operation, reading, { ...circumstances, retryAfterMs })).toEqual(
        resend(expected, 'refused'),
      )
    })

    it.each([60_000, 60_001, 1e99])('obeys Retry-After up to the maximum and stops above: %d ms', (asked) => {
      expect(decide(operation, { verdict: 'refused' }, { ...circumstances, retryAfterMs: asked })).toEqual(
        asked > 60_000 ? settle('retry-after') : resend(asked, 'refused'),
      )
    })

    it.each([NaN, -5])('takes a backoff of %d as none', (broken) => {
      expect(decide(operation, { verdict: 'refused' }, { ...circumstances, backoff: () => broken })).toEqual(
        resend(0, 'refused'),
      )
    })
  })

  describe('time', () => {
    it.each([
      [251, resend(250, 'refused')],
      [250, settle('deadline')],
      [0, settle('deadline')],
      [-1000, settle('deadline')],
    ])('with %d ms until the deadline', (leftMs, expected) => {
      expect(decide(operation, { verdict: 'refused' }, { ...circumstances, leftMs })).toEqual(expected)
    })

    it('stops before a wait without end, even without a deadline', () => {
      const endless = { ...circumstances, leftMs: Infinity, backoff: () => Infinity }
      expect(decide(operation, { verdict: 'refused' }, endless)).toEqual(settle('deadline'))
    })

    it.each([
      [1_250, settle('key-age')],
      [1_251, resend(250, 'unknown')],
    ])('with a key that the server keeps for %d ms', (keyTtlMs, expected) => {
      expect(decide(operation, { verdict: 'unknown' }, { ...circumstances, keyTtlMs })).toEqual(expected)
    })

    it('counts the age of a key from its first sending, which may lie before this call', () => {
      const old = { ...operation, firstSentMs: -86_400_000 }
      expect(decide(old, { verdict: 'unknown' }, circumstances)).toEqual(settle('key-age'))
    })

    it('knows no age without a key', () => {
      expect(decide(unkeyed, { verdict: 'refused' }, { ...circumstances, keyTtlMs: 0 })).toEqual(
        resend(250, 'refused'),
      )
    })
  })

  it('never resends past the deadline, the attempts, the asks, the age of the key, or a wait that is too long', () => {
    const verdicts: Verdict[] = ['not-sent', 'refused', 'unknown', 'running', 'failed', 'done', 'key-expired']
    const ms = fc.integer({ min: 0, max: 200_000 })
    fc.assert(
      fc.property(
        fc.record({
          verdict: fc.constantFrom(...verdicts),
          resend: fc.option(fc.boolean(), { nil: undefined }),
          maxAsks: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
          minimumWaitMs: fc.option(ms, { nil: undefined }),
        }),
        fc.record({
          spent: fc.integer({ min: 0, max: 6 }),
          asks: fc.integer({ min: 0, max: 8 }),
          resendable: fc.boolean(),
          isKeyed: fc.boolean(),
          firstSentMs: ms,
        }),
        fc.record({
          maxAttempts: fc.integer({ min: 1, max: 5 }),
          nowMs: ms,
          leftMs: ms,
          allowance: fc.constantFrom(undefined, 'allowed' as const, 'refused' as const, 'wanted' as const),
          retryAfterMs: fc.option(ms, { nil: undefined }),
          keyTtlMs: ms,
          waitMs: fc.oneof(ms, fc.constantFrom(NaN, Infinity, -1)),
        }),
        (reading, state, { waitMs, ...rest }) => {
          const { isKeyed, ...numbers } = state
          const here: Operation = { ...operation, ...numbers, key: isKeyed ? 'k' : undefined }
          const decision = decide(here, reading, { ...circumstances, ...rest, backoff: () => waitMs })
          if (decision.action === 'settle') return
          const atMs = rest.nowMs + decision.delayMs
          expect(decision.delayMs).toBeGreaterThanOrEqual(0)
          expect(decision.delayMs).toBeLessThan(rest.leftMs)
          expect(here.spent).toBeLessThan(rest.maxAttempts)
          expect(decision.delayMs).toBeGreaterThanOrEqual(rest.retryAfterMs ?? 0)
          expect(rest.retryAfterMs ?? 0).toBeLessThanOrEqual(circumstances.maxRetryAfterMs)
          if (isKeyed) expect(atMs).toBeLessThan(here.firstSentMs + rest.keyTtlMs)
          if (reading.verdict === 'running')
            expect(here.asks).toBeLessThanOrEqual(reading.maxAsks ?? Infinity)
          if (reading.verdict === 'unknown') expect(here.resendable).toBe(true)
          if (reading.verdict !== 'running') expect(rest.allowance).not.toBe('refused')
          expect(['done', 'key-expired']).not.toContain(reading.verdict)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
