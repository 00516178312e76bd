import { header, stripe, stripeV2 } from 'fetch-idempotency/contracts'
import { dayMs, describePreset, uuid } from './describe-preset.js'

const inUse = { error: { code: 'idempotency_key_in_use', type: 'invalid_request_error' } }
const reused = { error: { type: 'idempotency_error', message: 'Keys for idempotent requests …' } }
const replayed = { 'Idempotent-Replayed': 'true' }
const keys = { accepted: [uuid, 'x'.repeat(255)], refused: ['', 'x'.repeat(256)] }

describePreset(stripe, {
  carrier: header('Idempotency-Key'),
  methods: ['POST'],
  keyTtlMs: dayMs,
  keys,
  rows: [
    [
      'a replayed 200 is done and replayed',
      { status: 200, headers: replayed },
      { verdict: 'done', replayed: true },
    ],
    ['a 409 with a key in use is running', { status: 409, json: inUse }, 'running'],
    [
      'a 409 with a key in use is running whatever its type says',
      { status: 409, json: { error: { code: 'idempotency_key_in_use', type: 'idempotency_error' } } },
      'running',
    ],
    [
      'any other 409 on the first attempt has failed',
      { status: 409, json: { error: { code: 'lock' } } },
      'failed',
    ],
    ['a 400 with an idempotency_error means other parameters', { status: 400, json: reused }, 'key-reused'],
    ['an idempotency_error counts with any status (unverified)', { status: 409, json: reused }, 'key-reused'],
    ['a 402 has failed', { status: 402, json: { error: { type: 'card_error' } } }, 'failed'],
    [
      'a replayed 402 is final',
      { status: 402, headers: replayed },
      { verdict: 'stored-failure', replayed: true },
    ],
    ['a 401 has failed', { status: 401 }, 'failed'],
    ['a 429 is refused', { status: 429 }, 'refused'],
    ['a 500 is indeterminate', { status: 500 }, { verdict: 'unknown', resend: undefined }],
    [
      'a 500 that should be retried is resent',
      { status: 500, headers: { 'Stripe-Should-Retry': 'true' } },
      { verdict: 'unknown', resend: true },
    ],
    [
      'a 500 that should not be retried is not',
      { status: 500, headers: { 'Stripe-Should-Retry': 'false' } },
      { verdict: 'unknown', resend: false },
    ],
    [
      'a replayed 500 is final, with the outcome unknown',
      { status: 500, headers: replayed },
      { verdict: 'stored-failure', outcome: 'unknown' },
    ],
    [
      'a 424 leaves the outcome open (unverified)',
      { status: 424, json: { error: { type: 'api_error' } } },
      { verdict: 'failed', outcome: 'unknown' },
    ],
  ],
})

describePreset(stripeV2, {
  carrier: header('Idempotency-Key'),
  methods: ['POST', 'DELETE'],
  keyTtlMs: 30 * dayMs,
  keys,
  rows: [
    ['a 200 is done', { status: 200 }, 'done'],
    ['an idempotency_error means another payload', { status: 400, json: reused }, 'key-reused'],
    ['a 409 with a key in use is running (unverified)', { status: 409, json: inUse }, 'running'],
    ['a 500 is executed again under the same key', { status: 500 }, 'unknown'],
    [
      'a 500 that should not be retried is not',
      { status: 500, headers: { 'Stripe-Should-Retry': 'false' } },
      { verdict: 'unknown', resend: false },
    ],
    [
      'a 404 on DELETE after a lost answer was done',
      { status: 404, method: 'DELETE', afterLost: true },
      'done',
    ],
  ],
})
