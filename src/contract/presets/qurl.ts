import { defineContract } from '../define-contract.js'
import { readText } from '../json-field.js'
import { pathOf } from '../url-path.js'

/** The operations whose specification declares the header; on any other it may go unheeded. */
const honoured: Readonly<Record<string, RegExp>> = {
  POST: /\/v1\/(?:resolve|qurls|qurls\/batch|qurls\/[^/]+\/mint_link|resources\/[^/]+\/qurls|domains|webhooks|access-codes|api-keys|delegated-qurl-batches)$/,
  PATCH: /\/v1\/(?:qurls|webhooks)\/[^/]+$/,
}

/** Conflicts of qURL's own domain, stored under the key like any other answer. */
const domainConflicts: ReadonlySet<string | undefined> = new Set([
  'already_exists',
  'alias_in_use',
  'resource_alias_mismatch',
  'resource_revoked',
  'resource_type_conflict',
  'revoked',
  'slug_in_use',
])

/**
 * The qURL API.
 *
 * - Key: raw `Idempotency-Key` on POST, PUT and PATCH, 1 to 256 characters; `POST /v1/api-keys` and
 *   `POST /v1/delegated-qurl-batches` take no fewer than 32.
 *   Operations that do not declare the header are not resent after a lost answer.
 * - Kept: 24 hours, per method and path.
 * - 409 with a known code: a conflict of the domain, never about the key. It is stored too: use a new key once
 *   the conflict is resolved. A 409 with an unknown code is read as by `standard`; on `POST /v1/api-keys` with a
 *   caller's key it means that the key was used with another payload.
 * - DELETE that answers 409 `revoked` after a lost answer has been applied.
 * - Unverified: what a second request gets while the first is running, whether a 429 or 5xx is stored, and whether
 *   other operations compare payloads.
 *
 * @see {@link https://github.com/layervai/qurl-mcp | qURL's OpenAPI description}
 */
export const qurl = defineContract({
  name: 'qurl',
  keyPerTarget: true,
  keyRules: { maxLength: 256 },
  keyTtlMs: 86_400_000,
  honoursKey: ({ method, url }) => honoured[method]?.test(pathOf(url)) === true,
  classify({ status, json, method, url, keyOrigin, mayHaveRun }) {
    if (status !== 409) return undefined
    const code = readText(json, 'error', 'code')
    if (mayHaveRun && method === 'DELETE' && code === 'revoked')
      return { verdict: 'done', outcome: 'applied' }
    if (domainConflicts.has(code)) return 'failed'
    const isApiKeys = method === 'POST' && pathOf(url).endsWith('/v1/api-keys')
    return isApiKeys && keyOrigin === 'given' ? 'key-reused' : undefined
  },
})
