import { quotedHeader } from '../carrier.js'
import { couldKnowKey } from '../could-know-key.js'
import { defineContract } from '../define-contract.js'

/**
 * A server that follows the IETF draft to the letter.
 *
 * - Key: `Idempotency-Key` as a structured-field string, in double quotes. Most live servers take it raw: use
 *   `standard` for them, or `ietf.with({ carrier: header() })`.
 * - Kept: the draft leaves it to the server, which should publish it; a day is assumed here (unverified).
 * - 409: an earlier request with this key is still being processed. 422: the key was used with another payload.
 *   400: the key is missing, a plain failure. On the first attempt with a new key, a 409 or 422 cannot be about
 *   the key and is a plain failure too. A generated key cannot have carried another payload either, so that 422 means
 *   a used key only where the caller gave it.
 *
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07 | draft-ietf-httpapi-idempotency-key-header-07}
 */
export const ietf = defineContract({
  name: 'ietf',
  carrier: quotedHeader(),
  classify(answer) {
    if (answer.status === 409 && couldKnowKey(answer)) return 'running'
    return answer.status === 422 && answer.keyOrigin === 'given' ? 'key-reused' : undefined
  },
})
