import { defineContract } from '../define-contract.js'
import { readField } from '../json-field.js'
import { pathOf } from '../url-path.js'

/**
 * The newer Twilio APIs.
 *
 * - Key: raw `Idempotency-Key`, a UUID, on the POST endpoints that list it. The classic API (`/2010-04-01/…`) takes no
 *   key: its writes are not resent after a lost answer.
 * - Kept: unverified; a day is assumed.
 * - Error 17534: the key was used with another payload (status unverified, so the code alone counts). What a 409 means
 *   is not documented; it is read as by `standard`.
 *
 * @see {@link https://www.twilio.com/docs/api/errors/17534 | Error 17534}
 */
export const twilio = defineContract({
  name: 'twilio',
  methods: ['POST'],
  honoursKey: ({ url }) => !/^\/\d{4}-\d{2}-\d{2}\//.test(pathOf(url)),
  classify: ({ status, json }) =>
    status >= 400 && Number(readField(json, 'code')) === 17_534 ? 'key-reused' : undefined,
})
