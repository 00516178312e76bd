import { generateRandomKey } from '../../key/generate-key.js'
import { uuidV4Form } from '../../key/uuid-form.js'
import { bodyField } from '../carrier.js'
import { defineContract } from '../define-contract.js'
import { readText } from '../json-field.js'

/**
 * A Google API with request ids, AIP-155.
 *
 * - Key: the field `request_id` of the JSON body, a UUID version 4. Where the body is the resource itself, the key is
 *   a query parameter: `googleAip155.with({ carrier: queryParameter('requestId') })`.
 * - Kept: "any reasonable timeframe"; Google Cloud names 60 minutes for most of its APIs, which is assumed here
 *   (unverified in the AIP).
 * - 409 with the status `ALREADY_EXISTS`: the name is taken, by our own lost attempt or by someone else's, so that
 *   asking again is no use. With a key of yours that may have been an earlier call: the outcome is unknown. Any other 409 is read as by `standard`.
 * - A repetition gives the earlier success or the current state, unmarked. Failures are not promised to be stored.
 *
 * @see {@link https://google.aip.dev/155 | AIP-155}
 */
export const googleAip155 = defineContract({
  name: 'googleAip155',
  carrier: bodyField('request_id'),
  keyRules: { pattern: uuidV4Form },
  generateKey: generateRandomKey,
  keyTtlMs: 3_600_000,
  ttlAssumed: true,
  replayMayDiffer: true,
  classify: ({ status, json, keyOrigin }) =>
    status === 409 && readText(json, 'error', 'status') === 'ALREADY_EXISTS'
      ? { verdict: 'failed', outcome: keyOrigin === 'given' ? 'unknown' : undefined }
      : undefined,
})
