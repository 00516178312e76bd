import { adyen, amazonPay, bodyField, checkout, header, paypal, square } from 'fetch-idempotency/contracts'
import { dayMs, describePreset, hourMs, uuid } from './describe-preset.js'

const hexKey = uuid.replaceAll('-', '')
const transient = { 'transient-error': 'true' }

describePreset(adyen, {
  carrier: header('Idempotency-Key'),
  methods: ['POST'],
  keyTtlMs: 7 * dayMs,
  keys: { accepted: [uuid, 'x'.repeat(64)], refused: ['', 'x'.repeat(65)] },
  rows: [
    [
      'a 200 with the key echoed is no replay',
      { status: 200, headers: { 'Idempotency-Key': uuid } },
      { verdict: 'done', replayed: false },
    ],
    [
      'a 422 with errorCode 704 is running',
      { status: 422, json: { errorCode: '704' }, headers: transient },
      'running',
    ],
    ['a 409 with errorCode 704 is running', { status: 409, json: { errorCode: '704' } }, 'running'],
    ['an errorCode that is a number is read too', { status: 409, json: { errorCode: 704 } }, 'running'],
    [
      'any other 422 has failed',
      { status: 422, json: { errorCode: '101' } },
      { verdict: 'failed', resend: undefined },
    ],
    ['a transient 422 is resent', { status: 422, headers: transient }, { verdict: 'failed', resend: true }],
    [
      'a 503 with code 703 means that the store of keys is down',
      { status: 503, json: { errorCode: '703' } },
      { verdict: 'refused', resend: true, keyStoreDown: true },
    ],
    ['a transient 500 is resent', { status: 500, headers: transient }, { verdict: 'unknown', resend: true }],
    ['a 500 without the header is final', { status: 500 }, { verdict: 'unknown', resend: false }],
    [
      'a 500 that is not transient is final',
      { status: 500, headers: { 'transient-error': 'false' } },
      { verdict: 'unknown', resend: false },
    ],
    ['a 429 is refused', { status: 429 }, { verdict: 'refused', resend: undefined }],
  ],
})

describePreset(amazonPay, {
  carrier: header('x-amz-pay-idempotency-key'),
  methods: ['POST'],
  keyTtlMs: Infinity,
  keys: { accepted: [hexKey, 'a_b-C9'], refused: [uuid, 'a.b', 'x'.repeat(33), ''] },
  rows: [
    ['a repeated success is done', { status: 201, afterLost: true }, 'done'],
    [
      'DuplicateIdempotencyKey means another payload (status unverified)',
      { status: 400, json: { reasonCode: 'DuplicateIdempotencyKey' } },
      'key-reused',
    ],
    ['any other reason has failed', { status: 400, json: { reasonCode: 'InvalidParameterValue' } }, 'failed'],
    ['a 409 on the first attempt has failed (unverified)', { status: 409 }, 'failed'],
  ],
})

const payments = 'https://api.checkout.com/payments'

describePreset(checkout, {
  carrier: header('Cko-Idempotency-Key'),
  methods: ['POST'],
  keyTtlMs: dayMs,
  keys: { accepted: [uuid], refused: ['', 'k\r\n'] },
  honoured: [
    ['POST', payments],
    ['POST', `${payments}/pay_1/captures`],
    ['POST', `${payments}/pay_1/refunds`],
    ['POST', `${payments}/pay_1/voids`],
    ['POST', `${payments}/pay_1/authorizations`],
    ['POST', `${payments}/pay_1/cancellations`],
    ['POST', 'https://api.checkout.com/transfers'],
    ['POST', 'https://api.checkout.com/payment-contexts'],
  ],
  ignored: [
    ['POST', 'https://api.checkout.com/customers'],
    ['POST', `${payments}/pay_1/other`],
    ['PATCH', payments],
  ],
  rows: [
    [
      'a 409 after a lost answer is running, with half a minute between asks',
      { status: 409, url: payments, afterLost: true },
      { verdict: 'running', minimumWaitMs: 30_000 },
    ],
    [
      'a 429 after a lost answer is running, as it was until 2024',
      { status: 429, url: payments, afterLost: true },
      { verdict: 'running', minimumWaitMs: 30_000 },
    ],
    ['a 409 to the caller’s key is running', { status: 409, url: payments, given: true }, 'running'],
    [
      'a 429 on the first attempt with a new key is a rate limit',
      { status: 429, url: payments },
      { verdict: 'refused', minimumWaitMs: undefined },
    ],
    ['a 409 on the first attempt with a new key has failed', { status: 409, url: payments }, 'failed'],
    ['a repeated success may be a 202', { status: 202, url: payments, afterLost: true }, 'done'],
    ['a 422 has failed', { status: 422, url: payments, afterLost: true }, 'failed'],
    ['a 500 is executed again', { status: 500, url: payments }, 'unknown'],
  ],
})

const orders = 'https://api-m.paypal.com/v2/checkout/orders'
const issue = (name: string, ...issues: string[]) => ({
  name,
  details: issues.map((word) => ({ issue: word })),
})

describePreset(paypal, {
  carrier: header('PayPal-Request-Id'),
  methods: ['POST'],
  keyTtlMs: 3 * hourMs,
  keys: { accepted: [uuid, 'x'.repeat(108)], refused: ['', 'x'.repeat(109)] },
  rows: [
    ['a 201 is the first answer', { status: 201, url: orders }, { verdict: 'done', replayed: false }],
    [
      'a 200 for an order is a replay',
      { status: 200, url: orders, afterLost: true },
      { verdict: 'done', replayed: true },
    ],
    [
      'a 200 for a capture is a replay',
      { status: 200, url: `${orders}/5O1/capture` },
      { verdict: 'done', replayed: true },
    ],
    [
      'a 200 for a vault token is a replay',
      { status: 200, url: 'https://api-m.paypal.com/v3/vault/setup-tokens' },
      { verdict: 'done', replayed: true },
    ],
    [
      'a 200 elsewhere claims no replay',
      { status: 200, url: 'https://api-m.paypal.com/v1/billing/plans/P-1/activate' },
      { verdict: 'done', replayed: false },
    ],
    [
      'a 409 with a request in progress is running',
      { status: 409, json: issue('RESOURCE_CONFLICT', 'PREVIOUS_REQUEST_IN_PROGRESS') },
      'running',
    ],
    [
      'any other 409 on the first attempt has failed',
      { status: 409, json: issue('RESOURCE_CONFLICT', 'OTHER') },
      'failed',
    ],
    [
      'DUPLICATE_REQUEST_ID to the caller’s key means that it was used (status unverified)',
      { status: 422, given: true, json: issue('DUPLICATE_REQUEST_ID') },
      'key-reused',
    ],
    [
      'PAYPAL_REQUEST_ID_PREVIOUSLY_USED to the caller’s key means that it was used (status unverified)',
      { status: 422, given: true, json: issue('UNPROCESSABLE_ENTITY', 'PAYPAL_REQUEST_ID_PREVIOUSLY_USED') },
      'key-reused',
    ],
    [
      'DUPLICATE_REQUEST_ID to a generated key is our own lost attempt',
      { status: 422, afterLost: true, json: issue('DUPLICATE_REQUEST_ID') },
      { verdict: 'failed', outcome: 'unknown' },
    ],
    [
      'a 400 without a key has failed',
      { status: 400, json: issue('INVALID_REQUEST', 'PAYPAL_REQUEST_ID_REQUIRED') },
      'failed',
    ],
    ['a 503 is resent with the same id', { status: 503 }, 'unknown'],
  ],
})

describePreset(square, {
  carrier: bodyField('idempotency_key'),
  methods: ['POST', 'PUT'],
  keyTtlMs: dayMs,
  keys: { accepted: [uuid, hexKey, 'x'.repeat(45)], refused: ['', 'x'.repeat(46)] },
  rows: [
    [
      'a repeated success is done, unmarked',
      { status: 200, afterLost: true },
      { verdict: 'done', replayed: false },
    ],
    [
      'IDEMPOTENCY_KEY_REUSED means another payload',
      {
        status: 400,
        json: { errors: [{ category: 'INVALID_REQUEST_ERROR', code: 'IDEMPOTENCY_KEY_REUSED' }] },
      },
      'key-reused',
    ],
    ['any other 400 has failed', { status: 400, json: { errors: [{ code: 'BAD_REQUEST' }] } }, 'failed'],
    ['a 400 without a list of errors has failed', { status: 400, json: { errors: 'none' } }, 'failed'],
    [
      'a 409 after a lost answer may be running (unverified)',
      { status: 409, afterLost: true },
      { verdict: 'running', maxAsks: 10 },
    ],
  ],
})
