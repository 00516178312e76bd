import { couldKnowKey } from '../could-know-key.js'
import { defineContract } from '../define-contract.js'

/**
 * The Modern Treasury API.
 *
 * - Key: raw `Idempotency-Key` on POST. It is known per API key and whatever the path: the same key on another path
 *   gives the first path's answer, so never use one key for two writes.
 * - Kept: 24 hours.
 * - 409: an earlier request with this key is still being processed. On the first attempt with a new key it cannot
 *   be, and is a plain failure. No answer is documented for a key with another payload (unverified).
 * - Only successes are stored. `x-should-retry` says whether a resend can help, `retry-after-ms` when.
 *
 * @see {@link https://docs.moderntreasury.com/reference/idempotent-requests | Idempotent requests}
 */
export const modernTreasury = defineContract({
  name: 'modernTreasury',
  methods: ['POST'],
  keyTtlMs: 86_400_000,
  retryHints: ['x-should-retry'],
  classify: (answer) => (answer.status === 409 && couldKnowKey(answer) ? 'running' : undefined),
})
