import { defineContract } from '../define-contract.js'
import { pathOf } from '../url-path.js'

/**
 * The SparkPost API, transmissions.
 *
 * - Key: raw `Idempotency-Key` on `POST /transmissions`; any other endpoint is not resent after a lost answer (unverified).
 * - Kept: unverified; a day is assumed.
 * - 409 with code `1601`: still running. 409 with code `1600`: the key was used with another payload.
 * - A repetition is marked `X-Idempotent-Replayed: true`.
 *
 * @see {@link https://developers.sparkpost.com/api/transmissions/ | Transmissions}
 */
export const sparkpost = defineContract({
  name: 'sparkpost',
  methods: ['POST'],
  honoursKey: ({ method, url }) => method === 'POST' && /\/transmissions\/?$/.test(pathOf(url)),
  replayMarkers: [{ header: 'x-idempotent-replayed' }],
  answers: {
    running: { status: 409, code: '1601' },
    reused: { status: 409, code: '1600' },
  },
})
