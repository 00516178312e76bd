import { generateRandomKey } from '../../key/generate-key.js'
import { uuidV4Form } from '../../key/uuid-form.js'
import { header } from '../carrier.js'
import { defineContract } from '../define-contract.js'

/**
 * The Coinbase Developer Platform APIs, v2.
 *
 * - Key: raw `X-Idempotency-Key` on POST and PUT, a UUID version 4 and nothing else.
 * - Kept: 24 hours.
 * - Error type `idempotency_error` (409 in the payment APIs): the key was used with other parameters. Whether the same
 *   error answers a request whose first one is still running is not documented (unverified); any other 409 is read as by
 *   `standard`.
 * - A repetition gives exactly the first answer, unmarked.
 *
 * @see {@link https://docs.cdp.coinbase.com/api-reference/v2/idempotency | Idempotency}
 */
export const coinbase = defineContract({
  name: 'coinbase',
  carrier: header('X-Idempotency-Key'),
  keyRules: { pattern: uuidV4Form },
  generateKey: generateRandomKey,
  methods: ['POST', 'PUT'],
  keyTtlMs: 86_400_000,
  answers: { reused: { code: 'idempotency_error', field: 'errorType' } },
})
