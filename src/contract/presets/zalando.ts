import { defineContract } from '../define-contract.js'
import { readField, readList } from '../json-field.js'

/** Whether every part of a bulk answer says that it was done. */
function isDone(json: unknown): boolean {
  const parts = Array.isArray(json) ? json : readList(json, 'items')
  return parts.length > 0 && parts.every((part) => /^2\d\d$/.test(String(readField(part, 'status'))))
}

/**
 * An API that follows the Zalando guidelines, rule 230.
 *
 * - Key: raw `Idempotency-Key` on POST and PATCH.
 * - Kept: 24 hours, the guideline's example.
 * - A repetition gives exactly the first answer, success or failure, unmarked.
 * - 207, rule 152: a bulk request whose parts have a status each. It is applied when all of them are 2xx; else the outcome
 *   is unknown, as some parts may be applied: read the parts.
 * - A used key with another payload gets a 400 that nothing tells from any other (unverified), so that it is a plain
 *   failure. What a running request gets is not laid down; a 409 is read as by `standard`.
 * - Rule 231, a natural key in the body whose repetition is a 409, is `duplicateConflict`.
 *
 * @see {@link https://opensource.zalando.com/restful-api-guidelines/#230 | Rule 230}
 * @see {@link https://opensource.zalando.com/restful-api-guidelines/#152 | Rule 152}
 */
export const zalando = defineContract({
  name: 'zalando',
  methods: ['POST', 'PATCH'],
  keyTtlMs: 86_400_000,
  keepsFailures: 'all',
  classify: ({ status, json }) =>
    status === 207 && !isDone(json) ? { verdict: 'done', outcome: 'unknown' } : undefined,
})
