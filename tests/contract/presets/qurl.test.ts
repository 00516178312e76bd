import { header, qurl } from 'fetch-idempotency/contracts'
import { dayMs, describePreset, uuid } from './describe-preset.js'

const root = 'https://api.layerv.ai'
const apiKeys = `${root}/v1/api-keys`
const conflict = (code: string) => ({ error: { code, status: 409 }, meta: { request_id: 'r' } })
const replayed = { 'Idempotency-Replayed': 'true' }

describePreset(qurl, {
  carrier: header('Idempotency-Key'),
  methods: ['POST', 'PUT', 'PATCH'],
  keyTtlMs: dayMs,
  keys: { accepted: ['k', uuid, 'x'.repeat(256)], refused: ['', 'x'.repeat(257), ' k', 'k ', 'k\t'] },
  honoured: [
    ['POST', `${root}/v1/resolve`],
    ['POST', `${root}/v1/qurls`],
    ['POST', `${root}/v1/qurls/batch`],
    ['POST', `${root}/v1/qurls/q_1/mint_link`],
    ['POST', `${root}/v1/resources/r_1/qurls`],
    ['POST', `${root}/v1/domains`],
    ['POST', `${root}/v1/webhooks`],
    ['POST', `${root}/v1/access-codes`],
    ['POST', apiKeys],
    ['PATCH', `${root}/v1/qurls/q_1`],
    ['PATCH', `${root}/v1/webhooks/w_1`],
    ['POST', `${root}/v1/qurls?expand=all`],
  ],
  ignored: [
    ['POST', `${root}/v1/resources`],
    ['PATCH', `${root}/v1/resources/r_1`],
    ['PATCH', `${root}/v1/resources/r_1/qurls/q_1`],
    ['PATCH', `${root}/v1/customer`],
    ['POST', `${root}/v1/domains/a.example/verify`],
    ['POST', `${root}/v1/domains/a.example/regenerate-token`],
    ['POST', `${root}/v1/webhooks/w_1/secret`],
    ['PATCH', `${root}/v1/api-keys/k_1`],
    ['POST', `${root}/v1/access-codes/redeem`],
    ['PUT', `${root}/v1/qurls/q_1`],
  ],
  rows: [
    [
      'a replayed 201 is done and replayed',
      { status: 201, headers: replayed },
      { verdict: 'done', replayed: true },
    ],
    ...[
      'already_exists',
      'alias_in_use',
      'resource_alias_mismatch',
      'resource_revoked',
      'resource_type_conflict',
      'revoked',
      'slug_in_use',
    ].map(
      (code) =>
        [
          `a 409 ${code} after a lost answer is a conflict of the domain`,
          { status: 409, afterLost: true, given: true, json: conflict(code) },
          'failed',
        ] as const,
    ),
    [
      'a replayed 409 is final',
      { status: 409, json: conflict('slug_in_use'), headers: replayed },
      { verdict: 'stored-failure', replayed: true },
    ],
    [
      'a 409 on api-keys to the caller’s key means another payload',
      { status: 409, url: apiKeys, given: true },
      'key-reused',
    ],
    [
      'a replayed 409 on api-keys is final',
      { status: 409, url: apiKeys, given: true, headers: { ...replayed, 'Retry-After': '1' } },
      'stored-failure',
    ],
    ['a 409 on api-keys to a new key has failed', { status: 409, url: apiKeys }, 'failed'],
    [
      'a 409 with an unknown code after a lost answer may be running (unverified)',
      { status: 409, afterLost: true, json: conflict('busy') },
      { verdict: 'running', maxAsks: 10 },
    ],
    ['a 503 on api-keys is resent under the same key', { status: 503, url: apiKeys }, 'unknown'],
    ['a 500 is unknown (unverified: it may be stored)', { status: 500 }, 'unknown'],
    ['a 429 is refused (unverified: it may be stored)', { status: 429 }, 'refused'],
    [
      'a DELETE that finds it revoked after a lost answer was applied',
      { status: 409, method: 'DELETE', afterLost: true, json: conflict('revoked') },
      { verdict: 'done', outcome: 'applied' },
    ],
    [
      'a DELETE that finds it revoked at once has failed',
      { status: 409, method: 'DELETE', json: conflict('revoked') },
      'failed',
    ],
  ],
})
