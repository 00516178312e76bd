import { uuidForm } from '../../key/uuid-form.js'
import { header } from '../carrier.js'
import { couldKnowKey } from '../could-know-key.js'
import { defineContract } from '../define-contract.js'

/**
 * OASIS Repeatable Requests 1.0, as Azure services speak it.
 *
 * - Key: `Repeatability-Request-ID`, a UUID, with `Repeatability-First-Sent`: the time of the first attempt, the same
 *   on every one. On POST, PUT, PATCH and DELETE.
 * - Kept: 5 minutes at least, counted from the first attempt by the server's clock; a service may keep it longer.
 * - 412 with `Repeatability-Result: rejected`: the first attempt lies outside the window, the key is expired.
 *   400 with it: the key was used with another payload. Without it, both are about something else.
 * - 409: an earlier request with this key is still being processed. On the first attempt with a new key it cannot
 *   be, and is a plain failure.
 * - `Repeatability-Result: accepted` comes with the first answer too, so it marks no replay. 2xx and 4xx are stored, 5xx
 *   are executed again. A service without support answers 501.
 *
 * @see {@link https://docs.oasis-open.org/odata/repeatable-requests/v1.0/repeatable-requests-v1.0.html | Repeatable Requests 1.0}
 * @see {@link https://learn.microsoft.com/rest/api/communication/repeatable-requests | Azure Communication Services}
 */
export const oasis = defineContract({
  name: 'oasis',
  carrier: header('Repeatability-Request-ID'),
  keyRules: { pattern: uuidForm },
  methods: ['POST', 'PUT', 'PATCH', 'DELETE'],
  keyTtlMs: 300_000,
  companions: ({ firstSentMs }) => ({ 'Repeatability-First-Sent': new Date(firstSentMs).toUTCString() }),
  replayMarkers: [],
  classify(answer) {
    const { status, headers } = answer
    const isRejected = headers.get('repeatability-result')?.toLowerCase() === 'rejected'
    if (status === 412 && isRejected) return 'key-expired'
    if (status === 400 && isRejected) return 'key-reused'
    return status === 409 && couldKnowKey(answer) ? 'running' : undefined
  },
})
