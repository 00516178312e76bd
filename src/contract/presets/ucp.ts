import { defineContract } from '../define-contract.js'

/**
 * The Universal Commerce Protocol, REST binding.
 *
 * - Key: raw `Idempotency-Key` on operations that change state, at least 128 bits (22 characters). It is part of what a signed
 *   request signs: sign each attempt in a hook, with the same key.
 * - Kept: 24 hours at least, 48 recommended.
 * - 409: the key was used with another payload. With a generated key it can only be a conflict of another kind.
 * - A lost answer is looked up before the write is resent: give a `reconcile` option that GETs the checkout. Changed payloads,
 *   and a new try after a checkout has become ready again, need a new key.
 *
 * @see {@link https://ucp.dev/latest/specification/signatures/ | UCP: replay protection}
 */
export const ucp = defineContract({
  name: 'ucp',
  keyRules: { minLength: 22 },
  methods: ['POST', 'PUT'],
  keyTtlMs: 86_400_000,
  lookBeforeResend: true,
  classify({ status, keyOrigin }) {
    if (status !== 409) return undefined
    return keyOrigin === 'given' ? 'key-reused' : 'failed'
  },
})
