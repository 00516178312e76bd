import { describe, expect, it } from 'vitest'
import {
  defineContract,
  standard,
  ucp,
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

/** What servers say of a key that they know. */
const keyTexts = [
  'Request payload does not match the original request',
  "The body doesn't match",
  'key reused with a different payload',
  'The value of PayPal-Request-Id header has already been used',
  'PAYPAL_REQUEST_ID_PREVIOUSLY_USED',
  'DUPLICATE_REQUEST_ID',
  'Payload differs for a request that used the same key',
  'payload_mismatch',
  'already exists',
  'The key has expired',
  'A request is outstanding',
  'request_in_progress',
  'it is still being processed',
  'another API request is accessing this object',
]

describe('readAnswer', () => {
  describe('under the standard contract', () => {
    it.each<readonly [string, AnswerFacts, Verdict | Partial<Reading>]>([
      ...[200, 201, 202, 204, 206].map((status) => [`${status}`, { status }, 'done'] as const),
      ...[408, 421, 425, 429].map((status) => [`${status}`, { status }, 'refused'] as const),
      ...[499, 500, 502, 503, 504, 507, 599].map((status) => [`${status}`, { status }, 'unknown'] as const),
      ...[400, 401, 402, 403, 404, 405, 410, 412, 413, 422, 423, 501, 505].map(
        (status) => [`${status}`, { status }, { verdict: 'failed', outcome: undefined }] as const,
      ),
      ['304 to a GET', { status: 304, method: 'GET' }, 'done'],
      ['304 to a QUERY, which is a read (RFC 10008)', { status: 304, method: 'QUERY' }, 'done'],
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
      ...keyTexts.flatMap((message) =>
        [400, 422].map(
          (status) =>
            [
              `${status} to the caller’s key that says "${message}"`,
              { status, given: true, json: { message } },
              { verdict: 'failed', outcome: 'unknown' },
            ] as const,
        ),
      ),
      ...['declined', 'amount is too small', 'cvv mismatch', 'Error while processing the payment'].map(
        (message) =>
          [
            `400 to the caller’s key that says "${message}"`,
            { status: 400, given: true, json: { message, code: 'processing_error' } },
            { verdict: 'failed', outcome: undefined },
          ] as const,
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
    const running: Partial<Reading> = {
      verdict: 'running',
      guessed: true,
      askEveryMs: 2_000,
      askForMs: 12_000,
      maxAsks: 10,
    }
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
      ['so may a 423, which some servers give in its place', { status: 423, afterLost: true }, running],
      [
        'as a 423 from the server’s store is asked about',
        { status: 423, headers: marked, afterLost: true },
        running,
      ],
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
        'to the caller’s key with a code of that kind, spelt otherwise, is running',
        inProgress({ code: 'idempotency_in_flight' }),
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
        'to the caller’s key with a name of that kind is running',
        inProgress({ name: 'concurrent_idempotent_requests' }),
        running,
      ],
      [
        'to the caller’s key with the code of an error in a list is running',
        inProgress({ errors: [{ code: 'IDEMPOTENCY_IN_PROGRESS' }] }),
        running,
      ],
      [
        'to the caller’s key with a message alone has failed',
        inProgress({ message: 'the order is in progress' }),
        { verdict: 'failed', outcome: 'unknown' },
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
      [
        'freezes a failure after a lost answer too: only our own request can have had the key',
        { status: 402, headers: marked, afterLost: true, json: { message: 'declined' } },
        { verdict: 'stored-failure', outcome: undefined },
      ],
      [
        'freezes a 422 that says what is wrong',
        { status: 422, headers: marked, afterLost: true, json: { message: 'declined' } },
        { verdict: 'stored-failure', outcome: undefined },
      ],
      [
        'keeps what is not known of a redirect',
        { status: 302, headers: marked },
        { verdict: 'stored-failure', outcome: 'unknown' },
      ],
    ])('%s', (_, answer, expected) => {
      expect(read(standard, answer)).toMatchObject(expected)
    })

    // A store keeps its own words as well: in progress, and mismatch.
    const asked: Partial<Reading> = { verdict: 'running', guessed: true, replayed: true, askForMs: 12_000 }
    const stored: Partial<Reading> = { verdict: 'stored-failure', outcome: 'unknown', replayed: true }
    it.each<readonly [string, AnswerFacts, Partial<Reading>]>([
      ['a 409 after a lost answer', { status: 409, afterLost: true }, asked],
      ['a 409 after a lost answer to the caller’s key', { status: 409, afterLost: true, given: true }, asked],
      ['a 429 after a lost answer', { status: 429, afterLost: true }, asked],
      ['a 425 after a lost answer', { status: 425, afterLost: true }, asked],
      ['a 409 on the first attempt with a new key: something sent it twice', { status: 409 }, asked],
      ['a 429 on the first attempt with a new key', { status: 429 }, asked],
      [
        'a 409 "in progress" to the caller’s key',
        { status: 409, given: true, json: { code: 'REQUEST_IN_PROGRESS' } },
        asked,
      ],
      ['a 409 to the caller’s key', { status: 409, given: true }, stored],
      ['a 429 to the caller’s key, which will not change', { status: 429, given: true }, stored],
      ['a 422 without a word after a lost answer', { status: 422, afterLost: true, json: {} }, stored],
      [
        'a 422 about the key to the caller’s key',
        { status: 422, given: true, json: { message: 'Idempotency-Key is already used' } },
        stored,
      ],
      ['a 409 to a write without a key', { status: 409, keyless: true }, stored],
      ...keyTexts.flatMap((message) =>
        [400, 422].map(
          (status) =>
            [
              `a ${status} after a lost answer that says "${message}"`,
              { status, afterLost: true, json: { message } },
              stored,
            ] as const,
        ),
      ),
      [
        'a 422 after a lost answer whose state is "processing"',
        { status: 422, afterLost: true, json: { status: 'processing' } },
        stored,
      ],
      [
        'a 412 after a lost answer, which our own success can be the reason of',
        { status: 412, afterLost: true, conditional: true, method: 'PUT', json: { message: 'stale' } },
        stored,
      ],
    ])('of a store claims nothing by %s', (_, answer, expected) => {
      expect(read(standard, { ...answer, headers: marked })).toMatchObject(expected)
    })

    it.each([
      ['x-idempotent-replayed', 'true'],
      ['X-Idempotency-Cached', 'TRUE'],
    ])('is read as %s: %s', (header, value) => {
      expect(read(standard, { status: 201, headers: { [header]: value } }).replayed).toBe(true)
    })

    it('needs no value where the contract says so', () => {
      const contract = defineContract({ replayMarkers: [{ header: 'Original-Request', anyValue: true }] })
      expect(read(contract, { status: 201, headers: { 'original-request': 'req_1' } }).replayed).toBe(true)
      expect(read(contract, { status: 201, headers: { 'original-request': '' } }).replayed).toBe(true)
      expect(read(contract, { status: 201 }).replayed).toBe(false)
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

    it.each<[string, unknown, Reading['outcome']]>([
      ['what it was refused for, as the first answer', { message: 'amount is too small' }, undefined],
      ['the key, as the store’s own word', { message: 'Idempotency-Key is already used' }, 'unknown'],
      ['nothing, as either', undefined, 'unknown'],
    ])('freezes a used key whose answer says %s', (_, json, outcome) => {
      expect(read(vendor, { status: 422, headers: hit, given: true, json })).toMatchObject({
        verdict: 'stored-failure',
        outcome,
      })
    })

    it.each<[string, ServerContract, AnswerFacts]>([
      ['of a gateway that had given up', standard, { status: 499, headers: marked }],
      ['of a key that is used, by its contract', ucp, { status: 409, given: true, headers: marked }],
      ['of a key that was used before', ucp, { status: 409, given: true, afterLost: true, headers: marked }],
    ])('leaves the outcome open of an answer %s', (_, contract, answer) => {
      expect(read(contract, answer)).toMatchObject({ verdict: 'stored-failure', outcome: 'unknown' })
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
      const answer = makeAnswer({ status, afterLost: true })
      expect(readAnswer(contract, answer).minimumWaitMs).toBe(minimumWaitMs)
    })
  })

  describe('the caller’s key', () => {
    const given = (status: number, json?: unknown) => ({ status, json, given: true })
    it.each<readonly [string, AnswerFacts, Reading['outcome']]>([
      ['412', given(412, { message: 'changed' }), 'unknown'],
      ['417, which a server uses for another payload', given(417, '<h1>Expectation Failed</h1>'), 'unknown'],
      ['422 without a body', given(422), 'unknown'],
      ['422 with an empty object', given(422, {}), 'unknown'],
      ['422 about the key', given(422, { title: 'Idempotency-Key is already used' }), 'unknown'],
      ['422 about a fingerprint', given(422, { code: 'FINGERPRINT_MISMATCH' }), 'unknown'],
      ['400 about the key', given(400, { error: { type: 'idempotency_error' } }), 'unknown'],
      ['422 about the payload', given(422, { message: 'amount is too small' }), undefined],
      ['400 about the payload', given(400, { message: 'amount is too small' }), undefined],
      ['400 without a body', given(400), undefined],
      ['404', given(404), undefined],
      ['422 to a key of ours', { status: 422 }, undefined],
    ])('speaks of earlier calls: %s', (_, answer, outcome) => {
      expect(read(standard, answer)).toMatchObject({ verdict: 'failed', outcome })
    })

    it.each([true, false])('that is reused has the outcome unknown (given: %s)', (isGiven) => {
      const contract = defineContract({ classify: () => 'key-reused' })
      expect(read(contract, { status: 422, given: isGiven })).toMatchObject({
        verdict: 'key-reused',
        outcome: 'unknown',
      })
    })

    it('that is reused has the outcome that the contract says, where it says one', () => {
      const contract = defineContract({ classify: () => ({ verdict: 'key-reused', outcome: 'not-applied' }) })
      expect(read(contract, { status: 422, given: true }).outcome).toBe('not-applied')
    })
  })

  describe('running, as a contract says', () => {
    const contract = defineContract({
      replayMarkers: [{ header: 'x-cache' }],
      classify: ({ status, json }) => {
        if (json !== undefined) return { verdict: 'running', namesKey: true, askForMs: json as number }
        return status === 409 ? 'running' : undefined
      },
    })

    it('is no wait for a conflict of the domain: a new key cannot be known at the first attempt', () => {
      expect(read(contract, { status: 409 })).toMatchObject({ verdict: 'failed', outcome: undefined })
    })

    it.each<[number, Verdict]>([
      [200, 'done'],
      [202, 'done'],
      [409, 'failed'],
      [429, 'refused'],
      [500, 'unknown'],
      [503, 'unknown'],
    ])('leaves a %i to the first attempt with a new key what it is: %s', (status, verdict) => {
      const byData = defineContract({ answers: { running: { status } } })
      const byCode = defineContract({ classify: () => 'running' })
      for (const said of [byData, byCode])
        expect(read(said, { status })).toMatchObject({ verdict, outcome: undefined })
    })

    it.each<[string, AnswerFacts]>([
      ['after a lost answer', { status: 409, afterLost: true }],
      ['with the caller’s key', { status: 409, given: true }],
      ['from the store', { status: 409, headers: { 'x-cache': 'true' } }],
      ['where the answer names the key', { status: 409, json: 60_000 }],
    ])('is a wait %s, with a bound', (_, answer) => {
      expect(read(contract, answer)).toMatchObject({ verdict: 'running', askForMs: 60_000 })
      expect(read(contract, answer).guessed).toBeUndefined()
    })

    it.each([
      [Infinity, 60_000],
      [-1, 60_000],
      [NaN, 60_000],
      [3, 3],
      [90_000, 60_000],
    ])('for %s ms in one answer is bounded by %s ms', (askForMs, expected) => {
      expect(read(contract, { status: 423, json: askForMs }).askForMs).toBe(expected)
    })

    it('is bounded by the contract, a guess too', () => {
      const patient = contract.with({ askForMs: 600_000 })
      expect(read(patient, { status: 409, afterLost: true }).askForMs).toBe(600_000)
      const hasty = standard.with({ askForMs: 5_000 })
      expect(read(hasty, { status: 409, afterLost: true }).askForMs).toBe(5_000)
    })

    it('is bounded under a contract that was not made with defineContract', () => {
      const loose = { ...contract, askForMs: undefined as unknown as number }
      expect(read(loose as ServerContract, { status: 409, afterLost: true }).askForMs).toBe(60_000)
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
