import { couldKnowKey } from '../could-know-key.js'
import { defineContract } from '../define-contract.js'
import { readId } from '../json-field.js'

/**
 * A server that answers 409 to every repetition of a write that succeeded, and remembers no failures: a 409 means
 * that the write was applied.
 *
 * Use it only for a server of that kind. It must not answer 409 to a request whose key is still being worked on, to a
 * used key with another payload, or to a conflict of its domain (a name that is taken): those would be reported as
 * applied. Where 409 has more than one meaning, adjust `classify` with `.with`.
 *
 * - Key: raw `Idempotency-Key` on POST, PUT and PATCH. Kept: a day is assumed (unverified); adjust it.
 * - The original is read from `Location`, or from `id`, `old_id` or `resource_id` in the body.
 * - On the first attempt with a new key, a 409 cannot be a repetition of ours. It is returned as it is, with
 *   the outcome `unknown`: something on the way may have sent the request twice.
 *
 * @see {@link https://github.com/stickfigure/blog/wiki/How-to-%28and-how-not-to%29-design-REST-APIs | How to (and how not to) design REST APIs}
 */
export const duplicateConflict = defineContract({
  name: 'duplicateConflict',
  classify(answer) {
    const { status, headers, json } = answer
    if (status !== 409) return undefined
    if (!couldKnowKey(answer)) return { verdict: 'failed', outcome: 'unknown' }
    const id = readId(json, 'id') ?? readId(json, 'old_id') ?? readId(json, 'resource_id')
    const location = headers.get('location')
    const url =
      location !== null && URL.canParse(location, answer.url) ? new URL(location, answer.url).href : undefined
    return { verdict: 'already-done', original: { id, url } }
  },
})
