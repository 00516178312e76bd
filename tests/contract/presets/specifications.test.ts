import { describe, expect, it } from 'vitest'
import {
  bodyField,
  googleAip155,
  header,
  ietf,
  oasis,
  quotedHeader,
  zalando,
} from 'fetch-idempotency/contracts'
import { dayMs, describePreset, hourMs, uuid, uuidV4 } from './describe-preset.js'

describePreset(ietf, {
  carrier: quotedHeader('Idempotency-Key'),
  methods: ['POST', 'PUT', 'PATCH'],
  keyTtlMs: dayMs,
  keys: { accepted: ['k', uuid], refused: ['', 'k\n'] },
  rows: [
    ['a 400 without a key has failed', { status: 400 }, 'failed'],
    ['a 409 after a lost answer is running', { status: 409, afterLost: true }, 'running'],
    ['a 409 to the caller’s key is running', { status: 409, given: true }, 'running'],
    ['a 409 on the first attempt with a new key has failed', { status: 409 }, 'failed'],
    ['a 422 to the caller’s key means another payload', { status: 422, given: true }, 'key-reused'],
    ['a 422 to a generated key has failed', { status: 422 }, 'failed'],
    [
      'a 422 to a generated key after a lost answer has failed, as the payload is the same',
      { status: 422, afterLost: true },
      'failed',
    ],
    ['a 503 is unknown', { status: 503 }, 'unknown'],
  ],
})

const rejected = { 'Repeatability-Result': 'rejected' }

describePreset(oasis, {
  carrier: header('Repeatability-Request-ID'),
  methods: ['POST', 'PUT', 'PATCH', 'DELETE'],
  keyTtlMs: 5 * 60_000,
  keys: { accepted: [uuid, uuidV4], refused: ['k', uuid.replaceAll('-', ''), `${uuid}0`, ` ${uuid}`] },
  rows: [
    [
      'an accepted 202 is done, and is no replay',
      { status: 202, headers: { 'Repeatability-Result': 'accepted' } },
      { verdict: 'done', replayed: false },
    ],
    ['a rejected 412 means that the window is over', { status: 412, headers: rejected }, 'key-expired'],
    ['any other 412 has failed', { status: 412 }, 'failed'],
    ['a rejected 400 means another payload', { status: 400, headers: rejected }, 'key-reused'],
    ['any other 400 has failed', { status: 400 }, 'failed'],
    ['a 409 after a lost answer is running', { status: 409, afterLost: true }, 'running'],
    ['a 409 to the caller’s key is running', { status: 409, given: true }, 'running'],
    ['a 409 on the first attempt with a new key has failed', { status: 409 }, 'failed'],
    ['a 500 is executed again, so it is unknown', { status: 500 }, 'unknown'],
    ['a 501 has no support', { status: 501 }, 'failed'],
    [
      'a 404 on DELETE after a lost answer was done',
      { status: 404, method: 'DELETE', afterLost: true },
      'done',
    ],
  ],
})

describe('oasis', () => {
  it('says when the first attempt was made, as an IMF-fixdate', () => {
    expect(oasis.companions({ key: uuid, firstSentMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678) })).toEqual({
      'Repeatability-First-Sent': 'Fri, 02 Jan 2026 03:04:05 GMT',
    })
  })
})

describePreset(zalando, {
  carrier: header('Idempotency-Key'),
  methods: ['POST', 'PATCH'],
  keyTtlMs: dayMs,
  keys: { accepted: ['k', uuid], refused: ['', 'x'.repeat(256)] },
  rows: [
    [
      'a 207 whose parts are all done is done',
      { status: 207, json: { items: [{ status: 201 }, { status: '200' }] } },
      { verdict: 'done', outcome: undefined },
    ],
    [
      'a 207 with a part that is not leaves the outcome open',
      { status: 207, json: { items: [{ status: 201 }, { status: 409 }] } },
      { verdict: 'done', outcome: 'unknown' },
    ],
    [
      'a 207 that is a list is read too',
      { status: 207, json: [{ status: 400 }] },
      { verdict: 'done', outcome: 'unknown' },
    ],
    [
      'a 207 that says nothing leaves the outcome open',
      { status: 207, json: {} },
      { verdict: 'done', outcome: 'unknown' },
    ],
    ['a 500 is kept, and not sent again', { status: 500 }, { verdict: 'unknown', resend: false }],
    [
      'a repeated success is done, unmarked',
      { status: 201, afterLost: true },
      { verdict: 'done', replayed: false },
    ],
    [
      'a 400 to the caller’s key has failed (unverified: it may mean another payload)',
      { status: 400, given: true },
      'failed',
    ],
    [
      'a 409 after a lost answer may be running (unverified)',
      { status: 409, afterLost: true },
      { verdict: 'running', maxAsks: 10 },
    ],
  ],
})

describePreset(googleAip155, {
  carrier: bodyField('request_id'),
  methods: ['POST', 'PUT', 'PATCH'],
  keyTtlMs: hourMs,
  keys: { accepted: [uuidV4], refused: [uuid, uuidV4.replaceAll('-', ''), 'k'] },
  rows: [
    ['a repeated success is done, perhaps with fresher state', { status: 200, afterLost: true }, 'done'],
    [
      'ALREADY_EXISTS has failed',
      { status: 409, json: { error: { code: 409, status: 'ALREADY_EXISTS' } } },
      { verdict: 'failed', outcome: undefined },
    ],
    [
      'ALREADY_EXISTS to the caller’s key may be the work of an earlier call',
      { status: 409, given: true, json: { error: { code: 409, status: 'ALREADY_EXISTS' } } },
      { verdict: 'failed', outcome: 'unknown' },
    ],
    [
      'ALREADY_EXISTS after a lost answer is not asked about again',
      { status: 409, afterLost: true, json: { error: { code: 409, status: 'ALREADY_EXISTS' } } },
      'failed',
    ],
    [
      'ABORTED after a lost answer may be running (unverified)',
      { status: 409, afterLost: true, json: { error: { code: 409, status: 'ABORTED' } } },
      { verdict: 'running', maxAsks: 10 },
    ],
    ['a 503 is unknown', { status: 503, json: { error: { status: 'UNAVAILABLE' } } }, 'unknown'],
  ],
})
