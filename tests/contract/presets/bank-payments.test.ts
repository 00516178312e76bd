import {
  bodyField,
  dwolla,
  gocardless,
  header,
  increase,
  lithic,
  mangopay,
  modernTreasury,
  plaid,
  razorpay,
} from 'fetch-idempotency/contracts'
import { dayMs, describePreset, uuid, uuidV4 } from './describe-preset.js'

const idempotencyKey = header('Idempotency-Key')
const anyKeys = { accepted: ['k', uuid, 'x'.repeat(255)], refused: ['', 'x'.repeat(256)] }

describePreset(dwolla, {
  carrier: idempotencyKey,
  methods: ['POST'],
  keyTtlMs: dayMs,
  keys: anyKeys,
  rows: [
    [
      'a repeated success is a 201, unmarked',
      { status: 201, afterLost: true },
      { verdict: 'done', replayed: false },
    ],
    [
      'a 409 after a lost answer is running or locked, so the asks are counted',
      { status: 409, afterLost: true },
      { verdict: 'running', maxAsks: 5 },
    ],
    [
      'a 409 to the caller’s key is running or locked',
      { status: 409, given: true },
      { verdict: 'running', maxAsks: 5 },
    ],
    ['a 409 on the first attempt with a new key has failed', { status: 409 }, 'failed'],
    ['a 500 is unknown', { status: 500 }, 'unknown'],
  ],
})

const creationConflict = (reason: string, links: object) => ({
  error: { type: 'invalid_state', code: 409, errors: [{ reason, links }] },
})

describePreset(gocardless, {
  carrier: idempotencyKey,
  methods: ['POST'],
  keyTtlMs: dayMs,
  keys: anyKeys,
  rows: [
    [
      'an idempotent_creation_conflict was done, and names the original',
      {
        status: 409,
        json: creationConflict('idempotent_creation_conflict', { conflicting_resource_id: 'PM123' }),
      },
      { verdict: 'already-done', original: { id: 'PM123' } },
    ],
    [
      'an idempotent_creation_conflict without an id was done all the same',
      { status: 409, json: creationConflict('idempotent_creation_conflict', {}) },
      { verdict: 'already-done', original: { id: undefined } },
    ],
    [
      'any other 409 on the first attempt has failed',
      { status: 409, json: creationConflict('bank_account_exists', { creditor_bank_account: 'BA1' }) },
      'failed',
    ],
    [
      'a 422 has failed',
      { status: 422, json: creationConflict('idempotent_creation_conflict', {}) },
      'failed',
    ],
    ['a 500 is unknown', { status: 500 }, 'unknown'],
  ],
})

describePreset(increase, {
  carrier: idempotencyKey,
  methods: ['POST'],
  keyTtlMs: Infinity,
  keys: { accepted: ['invoice-7', 'x'.repeat(200)], refused: ['', 'x'.repeat(201)] },
  rows: [
    [
      'a marked 200 is done and replayed',
      { status: 200, headers: { 'Idempotent-Replayed': 'true' } },
      { verdict: 'done', replayed: true },
    ],
    [
      'idempotency_key_already_used_error means another payload, and names the first object',
      { status: 409, json: { type: 'idempotency_key_already_used_error', resource_id: 'account_1' } },
      { verdict: 'key-reused', original: { id: 'account_1' } },
    ],
    [
      'any other 409 on the first attempt has failed',
      { status: 409, json: { type: 'invalid_operation_error' } },
      'failed',
    ],
  ],
})

describePreset(lithic, {
  carrier: idempotencyKey,
  methods: ['POST'],
  keyTtlMs: dayMs,
  keys: {
    accepted: [uuid, uuidV4, uuid.toUpperCase()],
    refused: ['k', uuid.replaceAll('-', ''), `{${uuid}}`],
  },
  rows: [
    [
      'a 409 after a lost answer may be running (unverified)',
      { status: 409, afterLost: true },
      { verdict: 'running', maxAsks: 10 },
    ],
    ['a 409 on the first attempt with a new key has failed', { status: 409 }, 'failed'],
    [
      'a 500 that should not be retried is not',
      { status: 500, headers: { 'x-should-retry': 'false' } },
      { verdict: 'unknown', resend: false },
    ],
    [
      'a 400 that should be retried is',
      { status: 400, headers: { 'x-should-retry': 'true' } },
      { verdict: 'failed', resend: true },
    ],
  ],
})

const mangopayUrl = 'https://api.mangopay.com/v2.01/acme/payins/card/direct'

describePreset(mangopay, {
  carrier: idempotencyKey,
  methods: ['POST'],
  keyTtlMs: dayMs,
  keys: {
    accepted: [uuid, 'x'.repeat(16), 'x'.repeat(36)],
    refused: ['x'.repeat(15), 'x'.repeat(37), 'a_bcdefghijklmnop'],
  },
  rows: [
    [
      'a 409 was seen before, may have failed, and can be looked up',
      { status: 409, url: mangopayUrl, afterLost: true, json: { Type: 'idempotent_creation_conflict' } },
      {
        verdict: 'already-done',
        outcome: 'unknown',
        original: { url: `https://api.mangopay.com/v2.01/acme/responses/${uuid}` },
      },
    ],
    [
      'a 409 elsewhere has no address to look it up',
      { status: 409, url: 'https://proxy.example.com/pay' },
      { verdict: 'already-done', outcome: 'unknown', original: { url: undefined } },
    ],
    ['a 400 has failed', { status: 400, url: mangopayUrl }, 'failed'],
    ['a 500 is unknown', { status: 500, url: mangopayUrl }, 'unknown'],
  ],
})

describePreset(modernTreasury, {
  carrier: idempotencyKey,
  methods: ['POST'],
  keyTtlMs: dayMs,
  keys: anyKeys,
  rows: [
    ['a 409 after a lost answer is running', { status: 409, afterLost: true }, 'running'],
    ['a 409 to the caller’s key is running', { status: 409, given: true }, 'running'],
    ['a 409 on the first attempt with a new key has failed', { status: 409 }, 'failed'],
    [
      'a 500 that should be retried is',
      { status: 500, headers: { 'x-should-retry': 'true' } },
      { verdict: 'unknown', resend: true },
    ],
    [
      'a repeated success is done, unmarked',
      { status: 201, afterLost: true },
      { verdict: 'done', replayed: false },
    ],
  ],
})

const plaidRoot = 'https://production.plaid.com'

describePreset(plaid, {
  carrier: bodyField('idempotency_key'),
  methods: ['POST'],
  keyTtlMs: dayMs,
  keys: { accepted: [uuid, 'x'.repeat(50)], refused: ['', 'x'.repeat(51)] },
  honoured: [
    ['POST', `${plaidRoot}/transfer/authorization/create`],
    ['POST', `${plaidRoot}/transfer/create`],
    ['POST', `${plaidRoot}/transfer/ledger/deposit`],
    ['POST', `${plaidRoot}/wallet/transaction/execute`],
    ['POST', `${plaidRoot}/bank_transfer/create`],
    ['POST', `${plaidRoot}/payment_initiation/consent/payment/execute`],
  ],
  ignored: [
    ['POST', `${plaidRoot}/accounts/get`],
    ['POST', `${plaidRoot}/transfer/list`],
    ['POST', `${plaidRoot}/transfer/cancel`],
  ],
  rows: [
    ['a repeated success gives the first object', { status: 200, afterLost: true }, 'done'],
    [
      'a 500 may have created it',
      { status: 500, url: `${plaidRoot}/transfer/create` },
      { verdict: 'unknown', minimumWaitMs: undefined },
    ],
    [
      'a failed wallet transaction waits a minute',
      { status: 500, url: `${plaidRoot}/wallet/transaction/execute` },
      { verdict: 'unknown', minimumWaitMs: 60_000 },
    ],
    [
      'a 409 after a lost answer may be running (unverified)',
      { status: 409, afterLost: true },
      { verdict: 'running', maxAsks: 10 },
    ],
  ],
})

const payouts = 'https://api.razorpay.com/v1/payouts'
const badRequest = (description: string) => ({ error: { code: 'BAD_REQUEST_ERROR', description } })

describePreset(razorpay, {
  carrier: header('X-Payout-Idempotency'),
  methods: ['POST'],
  keyTtlMs: dayMs,
  keys: { accepted: [uuid, 'abcd', 'a b_c-9'], refused: ['abc', 'x'.repeat(37), 'ab.cd'] },
  honoured: [
    ['POST', payouts],
    ['POST', 'https://api.razorpay.com/v1/transfers'],
  ],
  ignored: [['POST', 'https://api.razorpay.com/v1/contacts']],
  rows: [
    ['a 409 after a lost answer is running', { status: 409, url: payouts, afterLost: true }, 'running'],
    ['a 409 to the caller’s key is running', { status: 409, url: payouts, given: true }, 'running'],
    ['a 409 on the first attempt with a new key has failed', { status: 409, url: payouts }, 'failed'],
    [
      'a 400 about a different request means another payload (wording unverified)',
      {
        status: 400,
        url: payouts,
        given: true,
        json: badRequest('Different request body sent for the same Idempotency Key'),
      },
      'key-reused',
    ],
    [
      'a 400 about a missing key has failed',
      { status: 400, url: payouts, given: true, json: badRequest('Idempotency key is missing.') },
      'failed',
    ],
    [
      'a failed payout is a success of the request',
      { status: 200, url: payouts, json: { status: 'failed' } },
      'done',
    ],
  ],
})
