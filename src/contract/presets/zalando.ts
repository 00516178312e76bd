import { defineContract } from '../define-contract.js'

/**
 * An API that follows the Zalando guidelines, rule 230.
 *
 * - Key: raw `Idempotency-Key` on POST and PATCH.
 * - Kept: 24 hours, the guideline's example.
 * - A repetition gives exactly the first answer, success or failure, unmarked.
 * - A used key with another payload gets a 400 that nothing tells from any other (unverified), so that it is a plain
 *   failure. What a running request gets is not laid down; a 409 is read as by `standard`.
 * - Rule 231, a natural key in the body whose repetition is a 409, is `duplicateConflict`.
 *
 * @see {@link https://opensource.zalando.com/restful-api-guidelines/#230 | Rule 230}
 */
export const zalando = defineContract({ name: 'zalando', methods: ['POST', 'PATCH'] })
