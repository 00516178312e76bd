import { header } from '../carrier.js'
import { defineContract } from '../define-contract.js'

/**
 * A receiver of webhooks that follows Standard Webhooks: for those who send them.
 *
 * - Key: raw `webhook-id` on POST, the same on every attempt, without a dot. `webhook-timestamp` and `webhook-signature` are those of
 *   the attempt: set them in a `beforeRequest` hook, with `signWebhook`.
 * - Kept: by the receiver, for as long as it likes; a delivery may come more than once, so that it is resent at any age.
 * - 410: the receiver wants no more of them, a plain failure: disable the endpoint. 429, 502, 503 and 504: slow down. What a
 *   409 means is not laid down; it is read as by `standard`.
 *
 * @see {@link https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md | Standard Webhooks}
 */
export const standardWebhooks = defineContract({
  name: 'standardWebhooks',
  carrier: header('webhook-id'),
  keyRules: { pattern: /[^.]+/ },
  methods: ['POST'],
  keyTtlMs: Infinity,
  ttlAssumed: true,
})
