import { defineContract } from '../define-contract.js'
import { readId, readList, readText } from '../json-field.js'

/**
 * The GoCardless API.
 *
 * - Key: raw `Idempotency-Key` on POST. Its greatest length is unverified; a UUID fits.
 * - Kept: unverified; a day is assumed.
 * - 409 with the reason `idempotent_creation_conflict`: a resource was created with this key before, whatever the
 *   payload now. The error names it, and `original.id` carries that id. Any other 409 is read as by `standard`.
 *
 * @see {@link https://developer.gocardless.com/api-reference/#making-requests-idempotency-keys | Idempotency keys}
 * @see {@link https://github.com/gocardless/gocardless-nodejs | gocardless-nodejs}
 */
export const gocardless = defineContract({
  name: 'gocardless',
  methods: ['POST'],
  classify({ status, json }) {
    if (status !== 409) return undefined
    const conflict = readList(json, 'error', 'errors').find(
      (error) => readText(error, 'reason') === 'idempotent_creation_conflict',
    )
    if (conflict === undefined) return undefined
    return {
      verdict: 'already-done',
      original: { id: readId(conflict, 'links', 'conflicting_resource_id') },
    }
  },
})
