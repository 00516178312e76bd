import { header } from '../carrier.js'
import { defineContract } from '../define-contract.js'

/**
 * Worldline Connect and Worldline Direct.
 *
 * - Key: raw `X-GCS-Idempotence-Key` on POST, up to 40 ASCII characters.
 * - Kept: 24 hours at least.
 * - 409: an earlier request with this key is still being processed. On the first attempt with a new key it cannot be, and is a
 *   plain failure.
 * - A used key with **another payload gets the first answer**: never use one key for two writes.
 * - A repetition gives the first answer, in which a status may have moved on, and any value of
 *   `X-GCS-Idempotence-Request-Timestamp`, the time of the first request.
 *
 * @see {@link https://docs.direct.worldline-solutions.com/integration/api-developer-guide/idempotent-requests | Direct: idempotent requests}
 * @see {@link https://docs.connect.worldline-solutions.com/documentation/error-handling/idempotent-requests | Connect: idempotent requests}
 */
export const worldline = defineContract({
  name: 'worldline',
  carrier: header('X-GCS-Idempotence-Key'),
  keyRules: { maxLength: 40 },
  methods: ['POST'],
  keyTtlMs: 86_400_000,
  replayMarkers: [{ header: 'x-gcs-idempotence-request-timestamp', anyValue: true }],
  replayMayDiffer: true,
  answers: { running: { status: 409 } },
})
