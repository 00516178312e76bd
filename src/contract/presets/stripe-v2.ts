import { defineContract } from '../define-contract.js'
import { readText } from '../json-field.js'

/**
 * The Stripe API, v2 namespace.
 *
 * - Key: raw `Idempotency-Key` on POST and DELETE; a UUID is advised.
 * - Kept: 30 days.
 * - Failures are not stored: the same key executes failed work again, so that a 5xx is worth a resend.
 * - Error type `idempotency_error`: the key was used with other parameters, whatever the status.
 * - 409 with code `idempotency_key_in_use`: still running, as in v1 (unverified for v2).
 *
 * @see {@link https://docs.stripe.com/api-v2-overview | API v2 overview}
 * @see {@link https://docs.stripe.com/error-low-level | Advanced error handling}
 */
export const stripeV2 = defineContract({
  name: 'stripeV2',
  methods: ['POST', 'DELETE'],
  keyTtlMs: 2_592_000_000,
  retryHints: ['stripe-should-retry'],
  classify({ status, json }) {
    if (status === 409 && readText(json, 'error', 'code') === 'idempotency_key_in_use')
      return { verdict: 'running', namesKey: true }
    return status >= 400 && readText(json, 'error', 'type') === 'idempotency_error' ? 'key-reused' : undefined
  },
})
