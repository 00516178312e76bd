import { header, resend, twilio } from 'fetch-idempotency/contracts'
import { dayMs, describePreset, uuid } from './describe-preset.js'

describePreset(resend, {
  carrier: header('Idempotency-Key'),
  methods: ['POST'],
  keyTtlMs: dayMs,
  keys: { accepted: ['welcome/7', 'x'.repeat(256)], refused: ['', 'x'.repeat(257)] },
  honoured: [
    ['POST', 'https://api.resend.com/emails'],
    ['POST', 'https://api.resend.com/emails/batch'],
  ],
  ignored: [
    ['POST', 'https://api.resend.com/domains'],
    ['POST', 'https://api.resend.com/emails/e1/cancel'],
  ],
  rows: [
    [
      'concurrent_idempotent_requests is running',
      { status: 409, json: { name: 'concurrent_idempotent_requests' } },
      'running',
    ],
    [
      'invalid_idempotent_request means another payload',
      { status: 409, json: { name: 'invalid_idempotent_request' } },
      'key-reused',
    ],
    ['any other 409 on the first attempt has failed', { status: 409, json: { name: 'other' } }, 'failed'],
    [
      'a 400 invalid_idempotency_key has failed',
      { status: 400, json: { name: 'invalid_idempotency_key' } },
      'failed',
    ],
    ['a 429 is refused', { status: 429 }, 'refused'],
    ['a repeated success is done', { status: 200, afterLost: true }, 'done'],
  ],
})

describePreset(twilio, {
  carrier: header('Idempotency-Key'),
  methods: ['POST'],
  keyTtlMs: dayMs,
  keys: { accepted: [uuid], refused: [''] },
  honoured: [['POST', 'https://comms.twilio.com/v1/Emails']],
  ignored: [['POST', 'https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json']],
  rows: [
    [
      'error 17534 means another payload (status unverified)',
      { status: 409, json: { code: 17_534 } },
      'key-reused',
    ],
    [
      'error 17534 counts with any status (unverified)',
      { status: 400, json: { code: '17534' } },
      'key-reused',
    ],
    ['any other error has failed', { status: 400, json: { code: 20_001 } }, 'failed'],
    ['a repeated success gives the first answer', { status: 202, afterLost: true }, 'done'],
    ['a 500 is unknown', { status: 500, json: { code: 20_500 } }, 'unknown'],
  ],
})
