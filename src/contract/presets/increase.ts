import { defineContract } from '../define-contract.js'
import { readId, readText } from '../json-field.js'

/**
 * The Increase API.
 *
 * - Key: raw `Idempotency-Key` on POST, up to 200 characters.
 * - Kept: for as long as the object that was made with it, so for ever.
 * - 409 with the type `idempotency_key_already_used_error`: the key made another object, named by `resource_id`.
 *   Any other 409 is read as by `standard`.
 * - A repetition with the same payload gives the object and `Idempotent-Replayed: true`. Each list endpoint has a
 *   filter `?idempotency_key=`, with which a `reconcile` option can look an operation up.
 *
 * @see {@link https://increase.com/documentation/idempotency-keys | Idempotency keys}
 */
export const increase = defineContract({
  name: 'increase',
  keyRules: { maxLength: 200 },
  methods: ['POST'],
  keyTtlMs: Infinity,
  classify: ({ status, json }) =>
    status === 409 && readText(json, 'type') === 'idempotency_key_already_used_error'
      ? { verdict: 'key-reused', original: { id: readId(json, 'resource_id') } }
      : undefined,
})
