import { defineContract } from '../define-contract.js'
import { readText } from '../json-field.js'
import { pathOf } from '../url-path.js'

/**
 * The Resend e-mail API.
 *
 * - Key: raw `Idempotency-Key`, 1 to 256 characters, on `POST /emails` and `POST /emails/batch`; any other endpoint is
 *   not resent after a lost answer.
 * - Kept: 24 hours.
 * - 409 `concurrent_idempotent_requests`: still running. 409 `invalid_idempotent_request`: the key was used with
 *   another payload. The `name` tells them apart; any other 409 is read as by `standard`.
 *
 * @see {@link https://resend.com/docs/dashboard/emails/idempotency-keys | Idempotency keys}
 */
export const resend = defineContract({
  name: 'resend',
  keyRules: { maxLength: 256 },
  methods: ['POST'],
  keyTtlMs: 86_400_000,
  honoursKey: ({ method, url }) => method === 'POST' && /\/emails(?:\/batch)?$/.test(pathOf(url)),
  classify({ status, json }) {
    const name = status === 409 ? readText(json, 'name') : undefined
    if (name === 'concurrent_idempotent_requests') return { verdict: 'running', namesKey: true }
    return name === 'invalid_idempotent_request' ? 'key-reused' : undefined
  },
})
