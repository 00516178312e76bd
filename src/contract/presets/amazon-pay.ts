import { generateHexKey } from '../../key/generate-key.js'
import { header } from '../carrier.js'
import { defineContract } from '../define-contract.js'
import { readText } from '../json-field.js'

/**
 * Amazon Pay, API v2.
 *
 * - Key: raw `x-amz-pay-idempotency-key` on POST, up to 32 letters, digits, dashes and underscores: a UUID with its
 *   dashes is too long, so that generated keys have none.
 * - Kept: for ever.
 * - Reason code `DuplicateIdempotencyKey`: the key was used with another payload (status unverified, so the code alone
 *   counts). What a request gets while the first is still running is not documented; a 409 is read as by `standard`.
 *
 * @see {@link https://developer.amazon.com/docs/amazon-pay-api-v2/idempotency.html | Idempotency}
 */
export const amazonPay = defineContract({
  name: 'amazonPay',
  carrier: header('x-amz-pay-idempotency-key'),
  keyRules: { maxLength: 32, pattern: /^[\w-]+$/ },
  generateKey: generateHexKey,
  methods: ['POST'],
  keyTtlMs: Infinity,
  classify: ({ status, json }) =>
    status >= 400 && readText(json, 'reasonCode') === 'DuplicateIdempotencyKey' ? 'key-reused' : undefined,
})
