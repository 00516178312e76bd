import { describe, expect, it } from 'vitest'
import {
  defineContract,
  standard,
  type Reading,
  type ServerContract,
  type Verdict,
} from 'fetch-idempotency/contracts'
import { readAnswer } from '../../src/contract/read-answer.js'
import { makeAnswer, type AnswerFacts } from './presets/describe-preset.js'

/** A reading in which what is not said is `undefined`. */
const read = (contract: ServerContract, answer: AnswerFacts): Reading => ({
  outcome: undefined,
  ...readAnswer(contract, makeAnswer(answer)),
})

const marked = { 'Idempotent-Replayed': 'true' }

describe('readAnswer', () => {
  describe('under the standard contract', () => {
    it.each<readonly [string, AnswerFacts, Verdict | Partial<Reading>]>([
      ...[200, 201, 202, 204, 206].map((status) => [`${status}`, { status }, 'done'] as const),
      ...[408, 425, 429].map((status) => [`${status}`, { status }, 'refused'] as const),
      ...[500, 502, 503, 504, 507, 599].map((status) => [`${status}`, { status }, 'unknown'] as const),
      ...[400, 401, 402, 403, 404, 405, 410, 412, 413, 422, 501, 505].map(
        (status) => [`${status}`, { status }, { verdict: 'failed', outcome: undefined }] as const,
      ),
      ['304 to a GET', { status: 304, method: 'GET' }, 'done'],
      ['304 to a write', { status: 304 }, { verdict: 'failed', outcome: 'unknown' }],
      [
        '404 to a DELETE under a key that an earlier call may have used',
        { status: 404, method: 'DELETE', given: true },
        { verdict: 'failed', outcome: 'unknown' },
      ],
      [
        '412 to a conditional write under such a key',
        { status: 412, conditional: true, given: true },
        { verdict: 'failed', outcome: 'unknown' },
      ],
      ...[301, 302, 303, 307, 308].map(
        (status) =>
          [`a redirect ${status} left alone`, { status }, { verdict: 'failed', outcome: 'unknown' }] as const,
      ),
      ['an answer that a browser hides', { status: 0 }, { verdict: 'failed', outcome: 'unknown' }],
      [
        '404 on DELETE after a lost answer',
        { status: 404, method: 'DELETE', afterLost: true },
        { verdict: 'done', outcome: 'applied' },
      ],
      [
        '410 on DELETE after a lost answer',
        { status: 410, method: 'DELETE', afterLost: true },
        { verdict: 'done', outcome: 'applied' },
      ],
      ['404 on DELETE at once', { status: 404, method: 'DELETE' }, 'failed'],
      ['404 on POST after a lost answer', { status: 404, afterLost: true }, 'failed'],
      [
        '412 after a lost answer',
        { status: 412, conditional: true, method: 'PUT', afterLost: true },
        'failed',
      ],
    ])('reads %s', (_, answer, expected) => {
      expect(read(standard, answer)).toMatchObject(
        typeof expected === 'string' ? { verdict: expected } : expected,
      )
    })
  })

  describe('a 409', () => {
    const running: Partial<Reading> = { verdict: 'running', maxAsks: 10 }
    const inProgress = (json: unknown) => ({ status: 409, given: true, json })
    it.each<readonly [string, AnswerFacts, Partial<Reading>]>([
      [
        'on the first attempt with a new key has failed',
        { status: 409 },
        { verdict: 'failed', outcome: undefined },
      ],
      [
        'on the first attempt has failed in spite of Retry-After',
        { status: 409, headers: { 'Retry-After': '1' } },
        { verdict: 'failed' },
      ],
      ['after a lost answer may be our own first attempt', { status: 409, afterLost: true }, running],
      [
        'to the caller’s key has failed, and claims nothing',
        { status: 409, given: true },
        { verdict: 'failed', outcome: 'unknown' },
      ],
      [
        'to the caller’s key with Retry-After is running',
        { status: 409, given: true, headers: { 'Retry-After': '1' } },
        running,
      ],
      [
        'to the caller’s key with a code of that kind is running',
        inProgress({ code: 'idempotency_in_progress' }),
        running,
      ],
      [
        'to the caller’s key with a type of that kind is running',
        inProgress({ type: 'IDEMPOTENCY_CONCURRENT_REQUEST' }),
        running,
      ],
      [
        'to the caller’s key with an error of that kind is running',
        inProgress({ error: 'still running' }),
        running,
      ],
      [
        'to the caller’s key with a nested code of that kind is running',
        inProgress({ error: { code: 'request-in-use' } }),
        running,
      ],
      [
        'to the caller’s key with another code has failed',
        inProgress({ code: 'name_taken' }),
        { verdict: 'failed', outcome: 'unknown' },
      ],
      [
        'to the caller’s key with a code that is no text has failed',
        inProgress({ code: 409 }),
        { verdict: 'failed' },
      ],
      [
        'to the caller’s key with null for an error has failed',
        inProgress({ error: null }),
        { verdict: 'failed' },
      ],
      ['to the caller’s key with null for a body has failed', inProgress(null), { verdict: 'failed' }],
      ['to the caller’s key with a number for a body has failed', inProgress(7), { verdict: 'failed' }],
    ])('%s', (_, answer, expected) => {
      expect(read(standard, answer)).toMatchObject(expected)
    })
  })

  describe('a replay marker', () => {
    it.each<readonly [string, AnswerFacts, Partial<Reading>]>([
      ['marks a success', { status: 201, headers: marked }, { verdict: 'done', replayed: true }],
      [
        'is read in any case',
        { status: 201, headers: { 'IDEMPOTENCY-REPLAYED': 'True' } },
        { replayed: true },
      ],
      [
        'is read by its third name',
        { status: 201, headers: { 'Idempotent-Replay': 'true' } },
        { replayed: true },
      ],
      [
        'says nothing with another value',
        { status: 201, headers: { 'Idempotent-Replayed': 'false' } },
        { verdict: 'done', replayed: false },
      ],
      [
        'freezes a failure',
        { status: 422, headers: marked },
        { verdict: 'stored-failure', outcome: undefined },
      ],
      [
        'freezes a 500, with the outcome unknown',
        { status: 500, headers: marked },
        { verdict: 'stored-failure', outcome: 'unknown' },
      ],
      ['freezes a 429', { status: 429, headers: marked }, { verdict: 'stored-failure' }],
      ['freezes a 409', { status: 409, afterLost: true, headers: marked }, { verdict: 'stored-failure' }],
      [
        'keeps what is not known of a redirect',
        { status: 302, headers: marked },
        { verdict: 'stored-failure', outcome: 'unknown' },
      ],
    ])('%s', (_, answer, expected) => {
      expect(read(standard, answer)).toMatchObject(expected)
    })

    const vendor = defineContract({
      replayMarkers: [{ header: 'X-Cache', value: 'HIT' }],
      retryHints: ['x-should-retry'],
      classify: ({ status }) => {
        if (status === 409) return 'running'
        if (status === 422) return 'key-reused'
        return status === 410 ? { verdict: 'failed', replayed: false } : undefined
      },
    })
    const hit = { 'x-cache': 'hit', 'x-should-retry': 'true' }

    it('is the contract’s own where it names one', () => {
      expect(readAnswer(vendor, makeAnswer({ status: 201, headers: hit })).replayed).toBe(true)
      expect(readAnswer(vendor, makeAnswer({ status: 201, headers: marked })).replayed).toBe(false)
    })

    it('does not freeze what the contract calls running', () => {
      expect(readAnswer(vendor, makeAnswer({ status: 409, headers: hit }))).toMatchObject({
        verdict: 'running',
        replayed: true,
      })
    })

    it('freezes what would be a used key: the answer is the first one’s', () => {
      expect(readAnswer(vendor, makeAnswer({ status: 422, headers: hit })).verdict).toBe('stored-failure')
    })

    it('yields to what the contract says', () => {
      expect(readAnswer(vendor, makeAnswer({ status: 410, headers: hit }))).toMatchObject({
        verdict: 'failed',
        replayed: false,
      })
    })

    it('overrules a hint to resend', () => {
      expect(readAnswer(vendor, makeAnswer({ status: 500, headers: hit })).resend).toBeUndefined()
    })
  })

  describe('a classifier that fails', () => {
    it.each<[string, unknown]>([
      ['throws', undefined],
      ['is async', Promise.resolve('done')],
      ['says a word that is none', 'finished'],
      ['says what only a lost answer tells', 'not-sent'],
      ['says an object without a verdict', { outcome: 'applied' }],
    ])('because it %s hides no answer, and nothing is promised', (_, said) => {
      const classify = () => {
        if (said === undefined) throw new Error('oops')
        return said as 'done'
      }
      const contract = defineContract({ classify })
      for (const [status, verdict] of [
        [201, 'done'],
        [400, 'failed'],
        [503, 'unknown'],
      ] as const)
        expect(readAnswer(contract, makeAnswer({ status }))).toMatchObject({ verdict, outcome: 'unknown' })
    })

    it('but null is as good as nothing', () => {
      const contract = defineContract({ classify: () => null as unknown as undefined })
      expect(readAnswer(contract, makeAnswer({ status: 201 }))).toMatchObject({ verdict: 'done' })
      expect(readAnswer(contract, makeAnswer({ status: 201 })).outcome).toBeUndefined()
    })
  })

  describe('a retry hint', () => {
    const contract = defineContract({
      retryHints: ['x-first', 'x-second'],
      classify: ({ status }) => (status === 418 ? { verdict: 'failed', resend: true } : undefined),
    })
    it.each<[Record<string, string>, boolean | undefined]>([
      [{ 'X-First': 'true' }, true],
      [{ 'X-First': 'FALSE' }, false],
      [{ 'X-First': 'maybe', 'X-Second': 'true' }, true],
      [{ 'X-First': 'false', 'X-Second': 'true' }, false],
      [{ 'X-Third': 'true' }, undefined],
      [{}, undefined],
    ])('%j says %s', (headers, resend) => {
      expect(readAnswer(contract, makeAnswer({ status: 500, headers })).resend).toBe(resend)
    })

    it('yields to what the contract says', () => {
      expect(readAnswer(contract, makeAnswer({ status: 418, headers: { 'x-first': 'false' } })).resend).toBe(
        true,
      )
    })
  })

  describe('the minimum wait', () => {
    const contract = defineContract({
      minimumWaitMs: 30_000,
      classify: ({ status }) => {
        if (status === 409) return 'running'
        return status === 423 ? { verdict: 'running', minimumWaitMs: 5 } : undefined
      },
    })
    it.each([
      [409, 30_000],
      [423, 5],
      [429, undefined],
      [500, undefined],
    ])('after a %s is %s', (status, minimumWaitMs) => {
      expect(readAnswer(contract, makeAnswer({ status })).minimumWaitMs).toBe(minimumWaitMs)
    })
  })

  it('takes a verdict or a whole reading from the contract', () => {
    const original = { id: '7' }
    const contract = defineContract({
      classify: ({ status }) => (status === 409 ? { verdict: 'already-done', original } : 'key-expired'),
    })
    expect(readAnswer(contract, makeAnswer({ status: 409 }))).toMatchObject({
      verdict: 'already-done',
      original,
    })
    expect(readAnswer(contract, makeAnswer({ status: 412 }))).toMatchObject({ verdict: 'key-expired' })
  })
})
