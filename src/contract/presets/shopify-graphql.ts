import { bodyField } from '../carrier.js'
import { defineContract } from '../define-contract.js'
import { readField, readList, readText } from '../json-field.js'
import type { Reading } from '../verdict.js'

/** The codes of the errors of the whole request. */
function listErrorCodes(json: unknown): readonly (string | undefined)[] {
  return readList(json, 'errors').map((error) => readText(error, 'extensions', 'code'))
}

/** The errors that mutations list in their own results. */
function listUserErrors(json: unknown): readonly unknown[] {
  const data = readField(json, 'data')
  return Object.values(typeof data === 'object' && data !== null ? data : {}).flatMap((result) =>
    readList(result, 'userErrors'),
  )
}

/** How long until the bucket holds what the request costs, in milliseconds. */
function readWaitMs(json: unknown): number {
  const cost = readField(json, 'extensions', 'cost')
  const [needed, available, perSecond] = [
    readField(cost, 'requestedQueryCost'),
    readField(cost, 'throttleStatus', 'currentlyAvailable'),
    readField(cost, 'throttleStatus', 'restoreRate'),
  ].map(Number) as [number, number, number]
  const ms = Math.ceil(((needed - available) / perSecond) * 1000)
  return ms > 0 && ms < Infinity ? ms : 1000
}

function readGraphQL(json: unknown): Reading | undefined {
  const codes = listErrorCodes(json)
  if (codes.includes('THROTTLED')) return { verdict: 'refused', minimumWaitMs: readWaitMs(json) }
  if (codes.includes('INTERNAL_SERVER_ERROR')) return { verdict: 'unknown' }
  const userErrors = listUserErrors(json)
  const userCodes = userErrors.map((error) => readText(error, 'code'))
  if (userCodes.includes('IDEMPOTENCY_CONCURRENT_REQUEST')) return { verdict: 'running', namesKey: true }
  if (userCodes.includes('IDEMPOTENCY_KEY_PARAMETER_MISMATCH')) return { verdict: 'key-reused' }
  if (userCodes.includes('IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED'))
    return { verdict: 'failed', outcome: 'unknown' }
  if (userErrors.length === 0 && codes.length === 0) return undefined
  // With several mutations in one request, those without an error are applied.
  const data = readField(json, 'data')
  const results = Object.values(typeof data === 'object' && data !== null ? data : {})
  return { verdict: 'failed', outcome: results.length > 1 ? 'unknown' : undefined }
}

/**
 * The Shopify GraphQL Admin API.
 *
 * - Key: the variable `idempotencyKey` of the request, which your mutation hands to the directive:
 *   `mutation ($input: RefundInput!, $idempotencyKey: String!) { refundCreate(input: $input) @idempotent(key: $idempotencyKey) { … } }`.
 *   GraphQL refuses variables that a document does not declare: leave queries, and mutations without the directive, out with the
 *   `match` option, by the URL that you give them, or use another client for them.
 * - Kept: 24 hours.
 * - Errors come in a 200. `THROTTLED`: refused, with the wait that the cost says. `IDEMPOTENCY_CONCURRENT_REQUEST`: still running.
 *   `IDEMPOTENCY_KEY_PARAMETER_MISMATCH`: the key was used with other parameters. `IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED`: the
 *   outcome is unknown (unverified). Other `userErrors` are a plain failure.
 * - A repetition gives a result made from the current state, unmarked.
 *
 * @see {@link https://shopify.dev/docs/api/usage/idempotent-requests | Idempotent requests}
 * @see {@link https://shopify.dev/docs/api/usage/implementing-idempotency | Implementing idempotency}
 * @see {@link https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits | Rate limits}
 */
export const shopifyGraphql = defineContract({
  name: 'shopifyGraphql',
  carrier: bodyField('variables.idempotencyKey'),
  methods: ['POST'],
  keyTtlMs: 86_400_000,
  replayMayDiffer: true,
  classify: ({ status, json }) => (status === 200 ? readGraphQL(json) : undefined),
})
