import { header } from '../carrier.js'
import { defineContract } from '../define-contract.js'
import { readList, readText } from '../json-field.js'
import { pathOf } from '../url-path.js'

/** Creations that answer 201 the first time and 200 when they are repeated. */
const answers200WhenRepeated =
  /\/v2\/checkout\/orders(?:\/[^/]+\/(?:capture|authorize))?$|\/v3\/vault\/(?:setup|payment)-tokens$/

const usedKeyCodes: ReadonlySet<string | undefined> = new Set([
  'DUPLICATE_REQUEST_ID',
  'PAYPAL_REQUEST_ID_PREVIOUSLY_USED',
])

/**
 * The PayPal REST APIs.
 *
 * - Key: raw `PayPal-Request-Id` on POST, where the endpoint lists it. The greatest length differs: vault 36 (and
 *   no fewer than 7), subscriptions 50, payments v1 78, orders 108, payouts 1,000; 108 is allowed here and PayPal refuses
 *   what is too long for an endpoint.
 * - Kept: differs by API, and 3 hours is the shortest (vault, web profiles). Orders keep it 6 hours, subscriptions and
 *   catalogue 72, payouts and payments v1 30 days, payments v2 45 days: use
 *   `paypal.with({ keyTtlMs: 6 * 3_600_000 })` for a client of one API.
 * - 409 `PREVIOUS_REQUEST_IN_PROGRESS`: still running. Any other 409 is read as by `standard`.
 * - `DUPLICATE_REQUEST_ID`, `PAYPAL_REQUEST_ID_PREVIOUSLY_USED`: the key was used before (their statuses are unverified,
 *   so the code alone counts). With a generated key that can only have been our own lost attempt: a plain failure, with
 *   the outcome unknown.
 * - A repeated creation gives the current state, with 200 in place of 201 and without a marker. It counts as replayed
 *   for orders, captures, authorizations and vault tokens, where PayPal says so.
 *
 * @see {@link https://developer.paypal.com/api/rest/reference/idempotency/ | Idempotency}
 * @see {@link https://github.com/paypal/paypal-rest-api-specifications | PayPal's OpenAPI descriptions}
 */
export const paypal = defineContract({
  name: 'paypal',
  carrier: header('PayPal-Request-Id'),
  keyRules: { maxLength: 108 },
  methods: ['POST'],
  keyTtlMs: 10_800_000,
  replayMayDiffer: true,
  classify({ status, method, url, json, keyOrigin }) {
    if (status === 200 && method === 'POST' && answers200WhenRepeated.test(pathOf(url)))
      return { verdict: 'done', replayed: true }
    if (status < 400) return undefined
    const codes = [json, ...readList(json, 'details')].flatMap((part) => [
      readText(part, 'name'),
      readText(part, 'issue'),
    ])
    if (codes.includes('PREVIOUS_REQUEST_IN_PROGRESS')) return { verdict: 'running', namesKey: true }
    if (!codes.some((code) => usedKeyCodes.has(code))) return undefined
    return keyOrigin === 'given' ? 'key-reused' : { verdict: 'failed', outcome: 'unknown' }
  },
})
