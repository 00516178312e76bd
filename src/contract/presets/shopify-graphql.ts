import { bodyField } from '../carrier.js'
import { defineContract } from '../define-contract.js'
import { readField, readList, readText } from '../json-field.js'
import type { Reading } from '../verdict.js'

/** The codes of the errors of the whole request. */
function listErrorCodes(json: unknown): readonly (string | undefined)[] {
  return readList(json, 'errors').map((error) => readText(error, 'extensions', 'code'))
}

/** The errors that mutations list in their own results. */
function listUserErrors(results: readonly unknown[]): readonly unknown[] {
  return results.flatMap((result) => readList(result, 'userErrors'))
}

/** What each mutation of the request has given. */
function listResults(json: unknown): readonly unknown[] {
  return Object.values(readField(json, 'data') ?? {})
}

/** Whether a result names nothing that was made or changed. */
function isEmpty(result: unknown): boolean {
  return Object.entries(result ?? {}).every(
    ([name, value]) =>
      name === 'userErrors' ||
      value === null ||
      value === false ||
      (Array.isArray(value) && value.length === 0),
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
  const results = listResults(json)
  const userErrors = listUserErrors(results)
  const userCodes = userErrors.map((error) => readText(error, 'code'))
  if (userCodes.includes('IDEMPOTENCY_CONCURRENT_REQUEST')) return { verdict: 'running', namesKey: true }
  if (userCodes.includes('IDEMPOTENCY_KEY_PARAMETER_MISMATCH')) return { verdict: 'key-reused' }
  if (userCodes.includes('IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED'))
    return { verdict: 'failed', outcome: 'unknown' }
  if (userErrors.length === 0 && codes.length === 0) return undefined
  // An error in a field of a result may come after the work, and with several mutations in one request some are applied.
  const isDefinite =
    codes.length > 0 ? readField(json, 'data') === undefined : results.length === 1 && isEmpty(results[0])
  return { verdict: 'failed', outcome: isDefinite ? undefined : 'unknown' }
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
 *   outcome is unknown (unverified). Other `userErrors` are a plain failure where the result is empty beside
 *   them. Errors beside `data` leave the outcome unknown: a field of the result may have failed after the work.
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
