import { acp, adcp, bodyField, header, iceberg, standardWebhooks, ucp } from 'fetch-idempotency/contracts'
import { expect, it } from 'vitest'
import { dayMs, describePreset, hourMs, uuid, uuidV4 } from './describe-preset.js'

const replayed = { 'Idempotent-Replayed': 'true' }

describePreset(acp, {
  carrier: header(),
  methods: ['POST'],
  keyTtlMs: dayMs,
  keys: { accepted: [uuid, 'x'.repeat(255)], refused: ['', 'x'.repeat(256)] },
  rows: [
    [
      'a 409 in flight is running',
      { status: 409, json: { type: 'invalid_request', code: 'idempotency_in_flight' } },
      { verdict: 'running', guessed: undefined },
    ],
    [
      'a 422 conflict means another body',
      { status: 422, json: { code: 'idempotency_conflict' } },
      { verdict: 'key-reused', outcome: 'unknown' },
    ],
    [
      'a 409 conflict of an older text does too',
      { status: 409, json: { code: 'idempotency_conflict' } },
      'key-reused',
    ],
    [
      'a key that is required is a definite no',
      { status: 400, json: { code: 'idempotency_key_required' } },
      { verdict: 'failed', resend: false },
    ],
    ['a marked 200 is replayed', { status: 200, headers: replayed }, { verdict: 'done', replayed: true }],
    ['any other 422 has failed', { status: 422, json: { code: 'out_of_stock' } }, 'failed'],
    ['a 500 is sent again', { status: 500 }, { verdict: 'unknown', resend: undefined }],
  ],
})

describePreset(ucp, {
  carrier: header(),
  methods: ['POST', 'PUT'],
  keyTtlMs: dayMs,
  keys: { accepted: [uuid, 'x'.repeat(22)], refused: ['', 'x'.repeat(21)] },
  rows: [
    [
      'a 409 to the caller’s key means another payload',
      { status: 409, given: true },
      { verdict: 'key-reused', outcome: 'unknown' },
    ],
    [
      'a 409 to a key of ours is another conflict, and is not asked about',
      { status: 409, afterLost: true },
      'failed',
    ],
    ['a 503 is unknown', { status: 503 }, 'unknown'],
  ],
})

it('looks before it resends, as UCP wants', () => {
  expect([ucp.lookBeforeResend, acp.lookBeforeResend]).toEqual([true, false])
})

describePreset(iceberg, {
  carrier: header(),
  methods: ['POST', 'DELETE'],
  keyTtlMs: hourMs / 2,
  keys: { accepted: [uuid], refused: ['', 'x'] },
  rows: [
    ['a 422 to the caller’s key means another operation', { status: 422, given: true }, 'key-reused'],
    ['a 422 to a key of ours has failed', { status: 422 }, 'failed'],
    [
      'a request in progress is running (unverified)',
      { status: 409, json: { error: { type: 'RequestInProgressException', code: 409 } } },
      'running',
    ],
    [
      'a table that exists has failed',
      { status: 409, json: { error: { type: 'AlreadyExistsException' } } },
      'failed',
    ],
    ['a 503 is sent again', { status: 503 }, { verdict: 'unknown', resend: undefined }],
  ],
})

describePreset(adcp, {
  carrier: bodyField('idempotency_key'),
  methods: ['POST'],
  keyTtlMs: hourMs,
  keys: {
    accepted: [uuidV4, 'order:7_17.2026-11-28'],
    refused: ['', 'x'.repeat(15), 'x y'.repeat(8), 'x'.repeat(256)],
  },
  rows: [
    [
      'a conflict means another payload',
      { status: 409, json: { adcp_error: { code: 'IDEMPOTENCY_CONFLICT' } } },
      { verdict: 'key-reused', outcome: 'unknown' },
    ],
    [
      'a conflict in a 200 does too',
      {
        status: 200,
        json: { result: { structuredContent: { adcp_error: { code: 'IDEMPOTENCY_CONFLICT' } } } },
      },
      'key-reused',
    ],
    [
      'an expired key is expired',
      { status: 400, json: { error: { code: 'IDEMPOTENCY_EXPIRED' } } },
      'key-expired',
    ],
    [
      'another error in a 200 is no success',
      { status: 200, json: { adcp_error: { code: 'PRODUCT_NOT_FOUND' } } },
      { verdict: 'failed', outcome: 'unknown' },
    ],
    ['a 200 with a code that is no error is done', { status: 200, json: { code: 'A1' } }, 'done'],
    [
      'a replay says so in its body',
      { status: 200, json: { media_buy_id: 'm1', replayed: true } },
      { verdict: 'done', replayed: true },
    ],
    [
      'a first answer says so too',
      { status: 200, json: { media_buy_id: 'm1', replayed: false } },
      { verdict: 'done', replayed: false },
    ],
  ],
})

describePreset(standardWebhooks, {
  carrier: header('webhook-id'),
  methods: ['POST'],
  keyTtlMs: Infinity,
  keys: { accepted: [uuid, 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W'], refused: ['', 'msg.1'] },
  rows: [
    ['a 204 is done', { status: 204 }, 'done'],
    ['a 410 wants no more', { status: 410 }, 'failed'],
    ['a 429 is refused', { status: 429 }, 'refused'],
    ['a 502 is sent again', { status: 502 }, 'unknown'],
  ],
})

it('says which retention is assumed', () => {
  expect([acp, ucp, iceberg, adcp, standardWebhooks].map(({ ttlAssumed }) => ttlAssumed)).toEqual([
    false,
    false,
    true,
    true,
    true,
  ])
})
