import { describe, expect, it } from 'vitest'
import { defineContract, type AnswerMeanings, type Reading, type Verdict } from 'fetch-idempotency/contracts'
import { readAnswer } from '../../src/contract/read-answer.js'
import { makeAnswer, type AnswerFacts } from './presets/describe-preset.js'

type Row = readonly [string, AnswerMeanings, AnswerFacts, Verdict | Partial<Reading>]

describe('answers as data', () => {
  const conflict = { status: 409 } as const
  const lost = { afterLost: true } as const
  const given = { given: true } as const

  it.each<Row>([
    [
      'running by a status, after a lost answer',
      { running: conflict },
      { status: 409, ...lost },
      { verdict: 'running', guessed: undefined, askForMs: 60_000 },
    ],
    ['running by a status, to the caller’s key', { running: conflict }, { status: 409, ...given }, 'running'],
    [
      'a conflict of the domain, on the first attempt with a new key',
      { running: conflict },
      { status: 409 },
      { verdict: 'failed', outcome: undefined },
    ],
    [
      'running by a code, on any attempt',
      { running: { status: 409, code: 'in_use' } },
      { status: 409, json: { code: 'in_use' } },
      'running',
    ],
    [
      'running by one of several',
      { running: [{ status: 423 }, { status: [409, 422], code: ['a', 'b'] }] },
      { status: 422, json: { error: { type: 'b' } } },
      'running',
    ],
    [
      'running by a header',
      { running: { status: 409, header: { header: 'Idempotency-Status', value: 'inflight' } } },
      { status: 409, headers: { 'idempotency-status': 'InFlight' } },
      'running',
    ],
    [
      'nothing of a header with another value',
      { running: { status: 409, header: { header: 'Idempotency-Status', value: 'inflight' } } },
      { status: 409, headers: { 'idempotency-status': 'conflict' } },
      'failed',
    ],
    [
      'a used key by a status, to the caller’s key',
      { reused: { status: 422 } },
      { status: 422, ...given },
      { verdict: 'key-reused', outcome: 'unknown' },
    ],
    [
      'a plain failure by that status, to a key of ours',
      { reused: { status: 422 } },
      { status: 422 },
      'failed',
    ],
    [
      'a plain failure by that status, after a lost answer',
      { reused: { status: 422 } },
      { status: 422, ...lost },
      'failed',
    ],
    [
      'a used key by a code, whatever the status',
      { reused: { code: 'idempotency_error' } },
      { status: 400, json: { error: { type: 'idempotency_error' } } },
      'key-reused',
    ],
    [
      'a success as a success, whatever its body says',
      { reused: { code: 'idempotency_error' } },
      { status: 200, json: { type: 'idempotency_error' } },
      'done',
    ],
    [
      'a used key before a status that means running',
      { running: conflict, reused: { status: 409, code: 'mismatch' } },
      { status: 409, ...given, json: { name: 'mismatch' } },
      'key-reused',
    ],
    [
      'an expired key by a code',
      { expired: { status: 412, code: 'too_old' } },
      { status: 412, json: { code: 'too_old' } },
      'key-expired',
    ],
    ['an expired key by a status', { expired: { status: 412 } }, { status: 412, ...lost }, 'key-expired'],
    ['a 412 of its own on the first attempt', { expired: { status: 412 } }, { status: 412 }, 'failed'],
    [
      'a key that is missing, as a definite no',
      { keyMissing: { status: 428 } },
      { status: 428 },
      { verdict: 'failed', resend: false },
    ],
    [
      'a status of a missing key whose text speaks of a known one, as doubtful',
      { keyMissing: { status: 400 } },
      { status: 400, ...given, json: { message: 'the key was used with another payload' } },
      { verdict: 'failed', outcome: 'unknown' },
    ],
    [
      'an answer that no pattern is true of, as by standard',
      { running: { status: 409, code: 'in_use' } },
      { status: 409, json: { code: 'other' } },
      'failed',
    ],
  ])('reads %s', (_, answers, answer, expected) => {
    expect(readAnswer(defineContract({ answers }), makeAnswer(answer))).toMatchObject(
      typeof expected === 'string' ? { verdict: expected } : expected,
    )
  })

  it.each<[string, unknown]>([
    ['code', { code: 'x' }],
    ['type', { type: 'x' }],
    ['name', { name: 'x' }],
    ['error', { error: 'x' }],
    ['errorCode', { errorCode: 'x' }],
    ['a number', { errorCode: 704 }],
    ['error.code', { error: { code: 'x' } }],
    ['errors[].code', { errors: [{ code: 'y' }, { code: 'x' }] }],
    ['error.errors[].reason', { error: { errors: [{ reason: 'x' }] } }],
    ['details[].issue', { details: [{ issue: 'x' }] }],
  ])('finds a code at %s', (_, json) => {
    const contract = defineContract({ answers: { running: { code: ['x', '704'] } } })
    expect(readAnswer(contract, makeAnswer({ status: 409, json })).verdict).toBe('running')
  })

  it.each<[string, unknown]>([
    ['elsewhere', { meta: { code: 'x' } }],
    ['in another case', { code: 'X' }],
    ['as a part of a word', { code: 'xy' }],
    ['in a list of words', { code: ['x'] }],
    ['nowhere', null],
  ])('finds no code %s', (_, json) => {
    const contract = defineContract({ answers: { running: { code: 'x' } } })
    expect(readAnswer(contract, makeAnswer({ status: 409, json })).verdict).toBe('failed')
  })

  it('looks for a code only where the contract says', () => {
    const contract = defineContract({ answers: { running: { code: 'x', field: 'meta.state' } } })
    const verdict = (json: unknown) => readAnswer(contract, makeAnswer({ status: 409, json })).verdict
    expect(verdict({ meta: { state: 'x' } })).toBe('running')
    expect(verdict({ code: 'x' })).toBe('failed')
  })

  describe('already done', () => {
    const read = (alreadyDone: AnswerMeanings['alreadyDone'], answer: AnswerFacts) =>
      readAnswer(defineContract({ answers: { alreadyDone } }), makeAnswer(answer))

    it('tells the id and the URL of the original', () => {
      const json = { existing: { id: 7, self: '/v1/things/7' } }
      expect(
        read({ status: 409, id: 'existing.id', url: 'existing.self' }, { status: 409, ...lost, json }),
      ).toMatchObject({
        verdict: 'already-done',
        original: { id: '7', url: 'https://api.example.com/v1/things/7' },
      })
    })

    it('takes the URL from Location, and nothing from a body that holds nothing', () => {
      const headers = { location: '../things/7' }
      expect(read({ status: 409, id: 'id' }, { status: 409, ...lost, headers, json: null }).original).toEqual(
        {
          id: undefined,
          url: 'https://api.example.com/things/7',
        },
      )
    })

    it('gives the body as the first result', () => {
      const json = { id: 7 }
      expect(read({ status: 409, result: { status: 201 } }, { status: 409, ...lost, json }).result).toEqual({
        status: 201,
        text: '{"id":7}',
      })
    })

    it('gives a field of the body as the first result, where it is there', () => {
      const pattern = { status: 409, result: { field: 'original.body' } }
      const answer = { status: 409, ...lost, json: { original: { body: [1] } } }
      expect(read(pattern, answer).result).toEqual({ status: 200, text: '[1]' })
      expect(read(pattern, { ...answer, json: {} })).toMatchObject({
        verdict: 'already-done',
        result: undefined,
      })
    })

    it('claims nothing where the server answers so after a failure too', () => {
      expect(read({ status: 409, alsoAfterFailure: true }, { status: 409, ...lost }).outcome).toBe('unknown')
    })

    it('is not believed of a success on the first attempt with a new key, which it stays', () => {
      const contract = defineContract({ answers: { alreadyDone: { status: 200, result: {} } } })
      expect(readAnswer(contract, makeAnswer({ status: 200, json: {} }))).toMatchObject({
        verdict: 'done',
        outcome: undefined,
        result: undefined,
      })
    })

    it('is not believed of a status on the first attempt with a new key', () => {
      expect(read({ status: 409 }, { status: 409 })).toMatchObject({ verdict: 'failed', outcome: 'unknown' })
      expect(read({ code: 'duplicate' }, { status: 409, json: { code: 'duplicate' } }).verdict).toBe(
        'already-done',
      )
    })
  })

  it('unwraps a replay', () => {
    const contract = defineContract({
      answers: { wrappedReplay: { marker: 'cached', field: 'data', status: 201 } },
    })
    const read = (json: unknown) => readAnswer(contract, makeAnswer({ status: 200, json }))
    expect(read({ cached: true, data: { id: 7 } })).toMatchObject({
      verdict: 'done',
      replayed: true,
      result: { status: 201, text: '{"id":7}' },
    })
    expect(read({ cached: false, data: {} })).toMatchObject({
      verdict: 'done',
      replayed: false,
      result: undefined,
    })
    expect(read({ id: 7 }).replayed).toBe(false)
  })

  it('yields to classify, and is handed on by it', () => {
    const base = defineContract({ answers: { reused: { code: 'used' } } })
    const contract = base.with({
      classify: (answer) => (answer.status === 400 ? 'failed' : base.classify(answer)),
    })
    expect(readAnswer(contract, makeAnswer({ status: 400, json: { code: 'used' } })).verdict).toBe('failed')
    expect(readAnswer(contract, makeAnswer({ status: 409, json: { code: 'used' } })).verdict).toBe(
      'key-reused',
    )
  })

  it('is a copy: what becomes of the object later has no effect', () => {
    const reused = { status: [422] }
    const contract = defineContract({ answers: { reused } })
    reused.status.push(400)
    expect(readAnswer(contract, makeAnswer({ status: 400, given: true })).verdict).toBe('failed')
  })

  it.each<[string, unknown, RegExp]>([
    ['an unknown meaning', { runing: { status: 409 } }, /contract\.answers: there is no option "runing"/],
    ['an unknown part', { running: { stat: 409 } }, /contract\.answers\.running: there is no option "stat"/],
    [
      'a part of another meaning',
      { running: { status: 409, id: 'x' } },
      /contract\.answers\.running: .*"id"/,
    ],
    ['a pattern that says nothing', { reused: {} }, /contract\.answers\.reused must say a status/],
    ['an empty list of statuses', { reused: { status: [] } }, /contract\.answers\.reused must say a status/],
    [
      'a status that is none',
      { running: [{ status: 409 }, { status: 42 }] },
      /contract\.answers\.running\[1\]\.status/,
    ],
    ['a status beyond HTTP', { running: { status: 600 } }, /contract\.answers\.running\.status/],
    [
      'a status as text',
      { running: { status: '409' } },
      /contract\.answers\.running\.status must be a number/,
    ],
    [
      'a code that is no text',
      { running: { code: 704 } },
      /contract\.answers\.running\.code must be a string/,
    ],
    ['a field without a code', { running: { status: 409, field: 'x' } }, /contract\.answers\.running\.field/],
    ['a path with a gap', { running: { code: 'x', field: 'a..b' } }, /contract\.answers\.running\.field/],
    [
      'a header that HTTP does not allow',
      { running: { header: { header: 'a b' } } },
      /contract\.answers\.running\.header\.header/,
    ],
    [
      'a marker with two values',
      { running: { header: { header: 'a', value: 'b', anyValue: true } } },
      /anyValue/,
    ],
    [
      'a result that is no success',
      { alreadyDone: { status: 409, result: { status: 409 } } },
      /contract\.answers\.alreadyDone\.result\.status/,
    ],
    [
      'a replay without its marker',
      { wrappedReplay: { field: 'data' } },
      /contract\.answers\.wrappedReplay\.marker/,
    ],
    ['null', { running: null }, /contract\.answers\.running/],
    ['a pattern that is none', { running: [409] }, /contract\.answers\.running\[0\]/],
  ])('refuses %s', (_, answers, message) => {
    expect(() => defineContract({ answers: answers as AnswerMeanings })).toThrow(message)
  })
})

describe('keepsFailures', () => {
  const read = (keepsFailures: 'all' | 'client-errors' | 'none', answer: AnswerFacts) =>
    readAnswer(defineContract({ keepsFailures, retryHints: ['x-should-retry'] }), makeAnswer(answer))

  it.each([
    ['all', 500, false],
    ['all', 503, undefined],
    ['client-errors', 500, undefined],
    ['none', 500, undefined],
  ] as const)('%s: a %i has the advice %s', (keepsFailures, status, resend) => {
    expect(read(keepsFailures, { status })).toMatchObject({ verdict: 'unknown', resend })
  })

  it('yields to a hint of the server', () => {
    expect(read('all', { status: 500, headers: { 'x-should-retry': 'true' } })).toMatchObject({
      verdict: 'unknown',
      resend: true,
    })
  })

  it('is told by the contract', () => {
    expect(defineContract({ keepsFailures: 'none' }).keepsFailures).toBe('none')
    expect(defineContract({}).keepsFailures).toBeUndefined()
    expect(() => defineContract({ keepsFailures: 'some' as 'all' })).toThrow(/contract\.keepsFailures/)
  })
})
