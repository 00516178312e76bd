import { coinbase, header, mercadoPago, sparkpost, worldline } from 'fetch-idempotency/contracts'
import { dayMs, describePreset, uuid, uuidV4 } from './describe-preset.js'

describePreset(sparkpost, {
  carrier: header(),
  methods: ['POST'],
  keyTtlMs: dayMs,
  keys: { accepted: [uuid], refused: [''] },
  honoured: [['POST', 'https://api.sparkpost.com/api/v1/transmissions']],
  ignored: [['POST', 'https://api.sparkpost.com/api/v1/templates']],
  rows: [
    ['code 1601 is running', { status: 409, json: { errors: [{ code: '1601' }] } }, 'running'],
    ['code 1600 means another payload', { status: 409, json: { errors: [{ code: 1600 }] } }, 'key-reused'],
    [
      'a marked 200 is replayed',
      { status: 200, headers: { 'X-Idempotent-Replayed': 'true' } },
      { replayed: true },
    ],
  ],
})

describePreset(worldline, {
  carrier: header('X-GCS-Idempotence-Key'),
  methods: ['POST'],
  keyTtlMs: dayMs,
  keys: { accepted: [uuid, 'x'.repeat(40)], refused: ['', 'x'.repeat(41)] },
  rows: [
    [
      'a 409 after a lost answer is running',
      { status: 409, afterLost: true },
      { verdict: 'running', guessed: undefined },
    ],
    ['a 409 on the first attempt with a new key has failed', { status: 409 }, 'failed'],
    [
      'the time of the first request marks a replay',
      { status: 201, headers: { 'X-GCS-Idempotence-Request-Timestamp': '1458225347000' } },
      { verdict: 'done', replayed: true },
    ],
    ['a first answer is no replay', { status: 201 }, { verdict: 'done', replayed: false }],
  ],
})

describePreset(mercadoPago, {
  carrier: header('X-Idempotency-Key'),
  methods: ['POST'],
  keyTtlMs: dayMs,
  keys: { accepted: [uuid], refused: [''] },
  rows: [
    [
      'cause 401001 is running',
      { status: 409, json: { error: 'Conflict', cause: [{ code: '401001' }] } },
      'running',
    ],
    ['cause 401001 as a number is running', { status: 409, json: { cause: [{ code: 401_001 }] } }, 'running'],
    [
      'any other 409 on the first attempt has failed',
      { status: 409, json: { cause: [{ code: '1' }] } },
      'failed',
    ],
    ['a repeated payment is done', { status: 200, afterLost: true }, 'done'],
  ],
})

describePreset(coinbase, {
  carrier: header('X-Idempotency-Key'),
  methods: ['POST', 'PUT'],
  keyTtlMs: dayMs,
  keys: { accepted: [uuidV4], refused: ['', uuid] },
  rows: [
    [
      'an idempotency_error means other parameters',
      { status: 409, json: { errorType: 'idempotency_error' } },
      { verdict: 'key-reused', outcome: 'unknown' },
    ],
    [
      'an idempotency_error counts with any status',
      { status: 422, json: { errorType: 'idempotency_error' } },
      'key-reused',
    ],
    ['any other error has failed', { status: 400, json: { errorType: 'invalid_request' } }, 'failed'],
  ],
})
