import { defineContract } from '../define-contract.js'
import { readField } from '../json-field.js'

/**
 * The Adyen APIs.
 *
 * - Key: raw `Idempotency-Key` on POST, up to 64 characters. It is known in one region only: never fail over to another
 *   region with it.
 * - Kept: 7 days at least.
 * - 409 or 422 with errorCode `704`: still running. Any other 409 is read as by `standard`.
 * - 503 with errorCode `703`: the store of keys is down and nothing was done.
 * - `transient-error: true`: resend under the same key. An error of the server without it is final, with the outcome
 *   unknown: Adyen has stored that answer.
 *
 * @see {@link https://docs.adyen.com/development-resources/api-idempotency | API idempotency}
 */
export const adyen = defineContract({
  name: 'adyen',
  keyRules: { maxLength: 64 },
  methods: ['POST'],
  keyTtlMs: 604_800_000,
  replayMarkers: [],
  retryHints: ['transient-error'],
  classify({ status, headers, json }) {
    const code = String(readField(json, 'errorCode'))
    if ((status === 409 || status === 422) && code === '704') return { verdict: 'running', namesKey: true }
    if (status === 503 && code === '703') return { verdict: 'refused', resend: true, keyStoreDown: true }
    const isFinal = status >= 500 && headers.get('transient-error')?.toLowerCase() !== 'true'
    return isFinal ? { verdict: 'unknown', resend: false } : undefined
  },
})
