import { generateHexKey } from '../../key/generate-key.js'
import { bodyField } from '../carrier.js'
import { defineContract } from '../define-contract.js'
import { readList, readText } from '../json-field.js'

/**
 * The Square API.
 *
 * - Key: the field `idempotency_key` of the JSON body, on POST and PUT. The greatest length differs by endpoint (45
 *   for payments and refunds, up to 255 for bookings); 45 fits all of them. Searches are POST requests that take no key:
 *   leave them out with the `match` option.
 * - Kept: not published (unverified); a day is assumed.
 * - 400 with the code `IDEMPOTENCY_KEY_REUSED`: the key was used with another payload; Square says that this may
 *   differ by endpoint. A 409 is not about the key as far as is documented, and is read as by `standard`.
 * - A repetition gives 200 with the existing resource, unmarked. What a request gets while the first is still
 *   running is unverified.
 *
 * @see {@link https://developer.squareup.com/docs/build-basics/common-api-patterns/idempotency | Idempotency}
 * @see {@link https://github.com/square/connect-api-specification | Square's OpenAPI description}
 */
export const square = defineContract({
  name: 'square',
  carrier: bodyField('idempotency_key'),
  keyRules: { maxLength: 45 },
  generateKey: generateHexKey,
  methods: ['POST', 'PUT'],
  replayMayDiffer: true,
  classify: ({ status, json }) =>
    status === 400 &&
    readList(json, 'errors').some((error) => readText(error, 'code') === 'IDEMPOTENCY_KEY_REUSED')
      ? 'key-reused'
      : undefined,
})
