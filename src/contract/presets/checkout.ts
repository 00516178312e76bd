import { header } from '../carrier.js'
import { couldKnowKey } from '../could-know-key.js'
import { defineContract } from '../define-contract.js'
import { pathOf } from '../url-path.js'

/** The endpoints that are listed as idempotent. */
const honoured =
  /\/(?:payment-contexts|transfers|payments(?:\/[^/]+\/(?:authorizations|cancellations|captures|refunds|voids))?)$/

/**
 * The Checkout.com API.
 *
 * - Key: raw `Cko-Idempotency-Key` on the POST endpoints that are listed as idempotent (payments, their actions,
 *   payment contexts, transfers); any other is not resent after a lost answer.
 * - Kept: 24 hours, unless your account has another window.
 * - 409 (until 2024: 429): an earlier request with this key is still being processed; wait at least 30 seconds. On
 *   the first attempt with a new key neither can be about the key: a 409 is a plain failure, a 429 a rate limit.
 * - Only successes are stored: a 4xx or 5xx is executed again under the same key. A repeated success may come as 202,
 *   unmarked.
 * - What a used key with another payload gets is not documented (unverified).
 *
 * @see {@link https://www.checkout.com/docs/developer-resources/api/idempotency | Idempotency}
 */
export const checkout = defineContract({
  name: 'checkout',
  carrier: header('Cko-Idempotency-Key'),
  methods: ['POST'],
  keyTtlMs: 86_400_000,
  minimumWaitMs: 30_000,
  honoursKey: ({ method, url }) => method === 'POST' && honoured.test(pathOf(url)),
  classify: (answer) =>
    (answer.status === 409 || answer.status === 429) && couldKnowKey(answer) ? 'running' : undefined,
})
