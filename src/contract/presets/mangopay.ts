import { defineContract } from '../define-contract.js'

/** Up to the client id, as in `https://api.mangopay.com/v2.01/acme`. */
const clientRoot = /^.*?\/v2(?:\.\d+)?\/[^/?#]+/

/**
 * The Mangopay API.
 *
 * - Key: raw `Idempotency-Key` on POST, 16 to 36 letters, digits and dashes.
 * - Kept: 24 hours.
 * - 409: this key was used before. Mangopay blocks every repetition, whether the first request succeeded **or
 *   failed**, so that the outcome is unknown until it is looked up: `original.url` is the address
 *   (`…/responses/{key}`) that gives the first answer as `StatusCode` and `Resource`. Give a `resolve` option that reads it.
 *
 * @see {@link https://docs.mangopay.com/api-reference/overview/idempotency | Idempotency}
 */
export const mangopay = defineContract({
  name: 'mangopay',
  keyRules: { minLength: 16, maxLength: 36, pattern: /^[A-Za-z0-9-]+$/ },
  methods: ['POST'],
  keyTtlMs: 86_400_000,
  classify({ status, url, key }) {
    if (status !== 409) return undefined
    const root = clientRoot.exec(url)?.[0]
    return {
      verdict: 'already-done',
      outcome: 'unknown',
      original: { url: root === undefined || key === undefined ? undefined : `${root}/responses/${key}` },
    }
  },
})
