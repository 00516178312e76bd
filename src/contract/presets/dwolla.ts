import { couldKnowKey } from '../could-know-key.js'
import { defineContract } from '../define-contract.js'

/**
 * The Dwolla API.
 *
 * - Key: raw `Idempotency-Key` on POST; a UUID is advised.
 * - Kept: 24 hours.
 * - 409: an earlier request with this key is still being processed, or a 500 has left the key locked, which lasts until
 *   it expires. The two look alike, so it is asked about five times and then returned with the outcome unknown:
 *   look the write up before you send it under a new key. On the first attempt with a new key a 409 cannot be about
 *   the key, and is a plain failure.
 * - A repetition gives 201 and the first answer, unmarked. Key and body belong together; what another body gets is
 *   unverified.
 *
 * @see {@link https://developers.dwolla.com/docs/api-reference/api-fundamentals/idempotency-key | Idempotency key}
 */
export const dwolla = defineContract({
  name: 'dwolla',
  methods: ['POST'],
  keyTtlMs: 86_400_000,
  classify: (answer) =>
    answer.status === 409 && couldKnowKey(answer) ? { verdict: 'running', maxAsks: 5 } : undefined,
})
