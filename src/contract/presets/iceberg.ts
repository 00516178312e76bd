import { uuidForm } from '../../key/uuid-form.js'
import { defineContract } from '../define-contract.js'

/**
 * An Iceberg REST catalog that supports keys: one whose `GET /v1/config` has an `idempotency-key-lifetime`. Do not use it for
 * one that has none.
 *
 * - Key: raw `Idempotency-Key` on POST and DELETE, a UUID, version 7 preferred.
 * - Kept: as the catalog's `idempotency-key-lifetime` says, an ISO 8601 duration. 30 minutes, the specification's example, are
 *   assumed: use `iceberg.with({ keyTtlMs })` with what yours says.
 * - 422: the key was used for another operation. 409 `RequestInProgressException`: still running (unverified; some catalogs
 *   answer both with a plain 409, which is read as by `standard`).
 * - A repetition gives an equivalent answer, which may show the catalog's current state. A 5xx frees the key.
 *
 * @see {@link https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml | Iceberg REST catalog API}
 */
export const iceberg = defineContract({
  name: 'iceberg',
  keyRules: { pattern: uuidForm },
  methods: ['POST', 'DELETE'],
  keyTtlMs: 1_800_000,
  ttlAssumed: true,
  keepsFailures: 'client-errors',
  replayMayDiffer: true,
  answers: {
    running: { status: 409, code: 'RequestInProgressException' },
    reused: { status: 422 },
  },
})
