import { uuidForm } from '../../key/uuid-form.js'
import { defineContract } from '../define-contract.js'

/**
 * The Lithic API.
 *
 * - Key: raw `Idempotency-Key` on POST, a UUID.
 * - Kept: at least 24 hours.
 * - 409: a conflict with a request that is running is not stored, but neither its status nor its code is
 *   documented (unverified), so that a 409 is read as by `standard`.
 * - Unverified, from older documentation: failures are stored, 500 included, and a key with another payload is an error.
 * - `x-should-retry` says whether a resend can help, `retry-after-ms` when.
 * - A `token` of your own in the body becomes the object's id: with it, a `reconcile` option can look the object up.
 *
 * @see {@link https://docs.lithic.com/docs/idempotent-requests | Idempotent requests}
 */
export const lithic = defineContract({
  name: 'lithic',
  keyRules: { pattern: uuidForm },
  methods: ['POST'],
  keyTtlMs: 86_400_000,
  retryHints: ['x-should-retry'],
})
