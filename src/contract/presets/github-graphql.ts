import { defineContract } from '../define-contract.js'
import { readField, readList, readText } from '../json-field.js'
import type { Answer } from '../verdict.js'

/** How long until the limit is lifted, in milliseconds, by the server's own clock. */
function readResetMs({ headers }: Answer): number | undefined {
  const resetMs = Number(headers.get('x-ratelimit-reset') ?? NaN) * 1000
  const waitMs = resetMs - Date.parse(headers.get('date') ?? '')
  return waitMs > 0 ? waitMs : undefined
}

/** Whether the answer is about a rate limit, met before anything was done; only some of them have the status for it. */
function isLimited({ status, headers, json }: Answer): boolean {
  if (status === 200)
    return (
      readList(json, 'errors').some((error) => readText(error, 'type') === 'RATE_LIMITED') &&
      readField(json, 'data') == null
    )
  const isUsedUp = headers.get('x-ratelimit-remaining') === '0' || headers.get('retry-after') !== null
  return status === 403 && isUsedUp
}

/**
 * The GitHub GraphQL API, and servers like it: mutations **without** idempotency keys.
 *
 * - Key: none. `clientMutationId` comes back in the answer and drops no duplicates, so that a mutation is not resent after a
 *   lost answer: its outcome is unknown until `reconcile` has looked.
 * - A 200 with an error of type `RATE_LIMITED`, and a 403 with `Retry-After` or with nothing left of the limit: refused, and sent
 *   again when the limit is lifted, as far as `maxRetryAfterMs` and the deadline allow.
 * - A 200 with other errors: a plain failure where there is no `data`; else the outcome is unknown, be it `null`. Mutations of one
 *   request are executed one after the other, and an error in a field of a result empties what is around it.
 *
 * @see {@link https://spec.graphql.org/October2021/#sec-Data | GraphQL, section 7.1.1}
 * @see {@link https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api | Rate limits}
 */
export const githubGraphql = defineContract({
  name: 'githubGraphql',
  methods: [],
  honoursKey: () => false,
  classify(answer) {
    if (isLimited(answer)) return { verdict: 'refused', minimumWaitMs: readResetMs(answer) }
    const { status, json } = answer
    if (status !== 200 || readList(json, 'errors').length === 0) return undefined
    // GraphQL leaves `data` out only where it has not begun to execute.
    return { verdict: 'failed', outcome: readField(json, 'data') === undefined ? undefined : 'unknown' }
  },
})
