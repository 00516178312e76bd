import { defineContract } from '../define-contract.js'
import { readText } from '../json-field.js'

/**
 * The Stripe API, v1.
 *
 * - Key: raw `Idempotency-Key` on POST, up to 255 characters. DELETE is idempotent there and takes no key.
 * - Kept: at least 24 hours; after that the same key is a new request.
 * - 409 with code `idempotency_key_in_use`: still running. Any other 409 is read as by `standard`.
 * - Error type `idempotency_error`: the key was used with other parameters. It comes with a 400 as far as Stripe's own
 *   libraries show (status unverified), so the type alone counts.
 * - Failures are stored once execution has begun, 500 included: a replayed one is final. A 500 says nothing about the
 *   outcome; `Stripe-Should-Retry` says whether a resend can help. A 424 names a dependency that failed, which
 *   leaves the outcome open too (unverified).
 *
 * @see {@link https://docs.stripe.com/api/idempotent_requests | Idempotent requests}
 * @see {@link https://docs.stripe.com/error-low-level | Advanced error handling}
 */
export const stripe = defineContract({
  name: 'stripe',
  methods: ['POST'],
  keyTtlMs: 86_400_000,
  retryHints: ['stripe-should-retry'],
  classify({ status, json }) {
    if (status === 409 && readText(json, 'error', 'code') === 'idempotency_key_in_use')
      return { verdict: 'running', namesKey: true }
    if (status >= 400 && readText(json, 'error', 'type') === 'idempotency_error') return 'key-reused'
    return status === 424 ? { verdict: 'failed', outcome: 'unknown' } : undefined
  },
})
