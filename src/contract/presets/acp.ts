import { defineContract } from '../define-contract.js'

/**
 * The Agentic Commerce Protocol.
 *
 * - Key: raw `Idempotency-Key` on every POST, up to 255 characters; a POST without one is refused.
 * - Kept: 24 hours at least; after that the same key is a new request.
 * - 409 `idempotency_in_flight`: still running. 422 `idempotency_conflict`: the key was used with another body; older texts
 *   of the protocol answer that with 409. Bodies are compared as JSON.
 * - A repetition gives the first answer, and should be marked `Idempotent-Replayed: true`. A 5xx is never kept.
 *
 * @see {@link https://github.com/agentic-commerce-protocol/agentic-commerce-protocol/blob/main/rfcs/rfc.agentic_checkout.md | Agentic Checkout, section 6}
 */
export const acp = defineContract({
  name: 'acp',
  methods: ['POST'],
  keyTtlMs: 86_400_000,
  keepsFailures: 'client-errors',
  answers: {
    running: { status: 409, code: 'idempotency_in_flight' },
    reused: { status: [409, 422], code: 'idempotency_conflict' },
    keyMissing: { status: 400, code: 'idempotency_key_required' },
  },
})
