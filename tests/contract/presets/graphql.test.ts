import { bodyField, githubGraphql, header, shopifyGraphql } from 'fetch-idempotency/contracts'
import { dayMs, describePreset, uuid } from './describe-preset.js'

const throttled = (needed: number, available: number, perSecond: unknown) => ({
  errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED' } }],
  extensions: {
    cost: {
      requestedQueryCost: needed,
      throttleStatus: { currentlyAvailable: available, restoreRate: perSecond },
    },
  },
})
const userErrors = (code: string | null) => ({
  data: { refundCreate: { refund: null, userErrors: [{ code, message: 'no' }] } },
})

describePreset(shopifyGraphql, {
  carrier: bodyField('variables.idempotencyKey'),
  methods: ['POST'],
  keyTtlMs: dayMs,
  keys: { accepted: [uuid], refused: [''] },
  rows: [
    [
      'a 200 that is throttled is refused, for as long as the cost says',
      { status: 200, json: throttled(150, 50, 50) },
      { verdict: 'refused', minimumWaitMs: 2000 },
    ],
    [
      'a 200 that is throttled waits a second where the cost says nothing',
      { status: 200, json: throttled(150, 50, undefined) },
      { verdict: 'refused', minimumWaitMs: 1000 },
    ],
    [
      'a concurrent request is running',
      { status: 200, json: userErrors('IDEMPOTENCY_CONCURRENT_REQUEST') },
      { verdict: 'running', askForMs: 60_000 },
    ],
    [
      'a mismatch means other parameters',
      { status: 200, json: userErrors('IDEMPOTENCY_KEY_PARAMETER_MISMATCH') },
      { verdict: 'key-reused', outcome: 'unknown' },
    ],
    [
      'a failed earlier attempt leaves the outcome open (unverified)',
      { status: 200, json: userErrors('IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED') },
      { verdict: 'failed', outcome: 'unknown' },
    ],
    [
      'other user errors have failed',
      { status: 200, json: userErrors(null) },
      { verdict: 'failed', outcome: undefined },
    ],
    [
      'user errors of one mutation among several leave the outcome open',
      { status: 200, json: { data: { a: { userErrors: [{}] }, b: { userErrors: [] } } } },
      { verdict: 'failed', outcome: 'unknown' },
    ],
    [
      'a document that is refused has failed',
      { status: 200, json: { errors: [{ message: 'Parse error' }] } },
      'failed',
    ],
    [
      'several errors of that kind have failed',
      { status: 200, json: { errors: [{ extensions: { code: 'ACCESS_DENIED' } }] } },
      'failed',
    ],
    [
      'an error in a field of a result leaves the outcome open',
      {
        status: 200,
        json: {
          data: { refundCreate: { refund: { id: 1, order: null }, userErrors: [] } },
          errors: [{ path: ['refundCreate', 'refund', 'order'], extensions: { code: 'ACCESS_DENIED' } }],
        },
      },
      { verdict: 'failed', outcome: 'unknown' },
    ],
    [
      'so does one that has emptied the result',
      { status: 200, json: { data: null, errors: [{ extensions: { code: 'ACCESS_DENIED' } }] } },
      { verdict: 'failed', outcome: 'unknown' },
    ],
    [
      'user errors beside something that was made leave it open too',
      { status: 200, json: { data: { productSet: { product: { id: 1 }, userErrors: [{}] } } } },
      { verdict: 'failed', outcome: 'unknown' },
    ],
    [
      'an internal error is unknown',
      { status: 200, json: { errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] } },
      'unknown',
    ],
    [
      'a result without errors is done',
      { status: 200, json: { data: { refundCreate: { refund: { id: 1 }, userErrors: [] } } } },
      'done',
    ],
    ['a body that is no object is done', { status: 200, json: null }, 'done'],
    ['a 429 is refused', { status: 429 }, 'refused'],
  ],
})

const limited = {
  'x-ratelimit-remaining': '0',
  'x-ratelimit-reset': '1795845610',
  date: 'Sat, 28 Nov 2026 06:00:00 GMT',
}

describePreset(githubGraphql, {
  carrier: header(),
  methods: [],
  keyTtlMs: dayMs,
  keys: { accepted: [uuid], refused: [''] },
  ignored: [['POST', 'https://api.github.com/graphql']],
  rows: [
    [
      'a 200 that is rate limited is refused until the limit is lifted',
      { status: 200, keyless: true, json: { errors: [{ type: 'RATE_LIMITED' }] }, headers: limited },
      { verdict: 'refused', minimumWaitMs: 10_000 },
    ],
    [
      'a 403 with nothing left is refused',
      { status: 403, keyless: true, headers: limited },
      { verdict: 'refused', minimumWaitMs: 10_000 },
    ],
    [
      'a 403 with Retry-After is refused',
      { status: 403, keyless: true, headers: { 'retry-after': '60' } },
      { verdict: 'refused', minimumWaitMs: undefined },
    ],
    [
      'any other 403 has failed',
      { status: 403, keyless: true, headers: { 'x-ratelimit-remaining': '4999' } },
      'failed',
    ],
    [
      'errors without data have failed',
      { status: 200, keyless: true, json: { errors: [{ type: 'NOT_FOUND' }] } },
      { verdict: 'failed', outcome: undefined },
    ],
    [
      'errors beside data leave the outcome open',
      { status: 200, keyless: true, json: { data: { addComment: null }, errors: [{ type: 'NOT_FOUND' }] } },
      { verdict: 'failed', outcome: 'unknown' },
    ],
    [
      'errors that have emptied the data leave it open: they may have come after the work',
      { status: 200, keyless: true, json: { data: null, errors: [{ message: 'boom' }] } },
      { verdict: 'failed', outcome: 'unknown' },
    ],
    [
      'a limit that is met between two mutations is not sent again: the first one was executed',
      {
        status: 200,
        keyless: true,
        json: { data: { a: { id: 1 }, b: null }, errors: [{ type: 'RATE_LIMITED', path: ['b'] }] },
      },
      { verdict: 'failed', outcome: 'unknown' },
    ],
    ['data is done', { status: 200, keyless: true, json: { data: {} } }, 'done'],
    ['a 502 is unknown', { status: 502, keyless: true }, 'unknown'],
  ],
})
