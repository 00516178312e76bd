import { header } from '../carrier.js'
import { couldKnowKey } from '../could-know-key.js'
import { defineContract } from '../define-contract.js'
import { readText } from '../json-field.js'
import { pathOf } from '../url-path.js'

/**
 * RazorpayX payouts, and direct transfers with
 * `razorpay.with({ carrier: header('X-Transfer-Idempotency') })`.
 *
 * - Key: raw `X-Payout-Idempotency`, 4 to 36 letters, digits, spaces, dashes and underscores; mandatory on
 *   `POST /v1/payouts`. Other endpoints are not resent after a lost answer.
 * - Kept: unverified; a day is assumed.
 * - 409: an earlier request with this key is still being processed. On the first attempt with a new key it cannot
 *   be, and is a plain failure.
 * - 400 `BAD_REQUEST_ERROR`: among other things, the key was used with another payload. It counts as that where the
 *   description speaks of a different request under the same key (wording unverified), else as a plain failure.
 * - A payout that failed stays failed under its key: a new attempt needs a new key.
 *
 * @see {@link https://razorpay.com/docs/api/x/payout-idempotency/ | Payout idempotency}
 */
export const razorpay = defineContract({
  name: 'razorpay',
  carrier: header('X-Payout-Idempotency'),
  keyRules: { minLength: 4, maxLength: 36, pattern: /^[\w -]+$/ },
  methods: ['POST'],
  honoursKey: ({ method, url }) => method === 'POST' && /\/v1\/(?:payouts|transfers)$/.test(pathOf(url)),
  classify(answer) {
    const { status, json } = answer
    if (!couldKnowKey(answer)) return undefined
    if (status === 409) return 'running'
    const description = status === 400 ? (readText(json, 'error', 'description') ?? '') : ''
    return /idempoten/i.test(description) && /differ/i.test(description) ? 'key-reused' : undefined
  },
})
