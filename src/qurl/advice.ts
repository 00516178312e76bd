import type { Call } from './call.js'
import { isKnockFailure } from './contract.js'

/** Refusals that do not tell whether the service knows the key: once they are over, it can be asked again. */
const passing: ReadonlySet<number> = new Set([401, 403, 408, 425, 429])

const look = 'look before you call again'

const next = {
  keyed:
    'call again with the same idempotencyKey and input to have it done once, ' +
    'and with firstSentAt (when the key was first sent), or a refusal would count as not-applied',
  always: 'call again with the same input, which finds what is there',
  never: look,
} as const

/** A DELETE can be sent again: what is gone stays gone. */
const nextOfDelete =
  'call again; an answer that it is gone already (404, 410, or 409 "revoked") means that it is done'

/**
 * What a caller can do about a write that may have been done.
 *
 * @param status - That of the last answer, 0 when it was lost.
 */
export function advise({ method, path, advice, writes = 'never' }: Call, status = 0): string {
  const isRefusal = status >= 400 && status < 500 && !passing.has(status)
  const isFinal = isRefusal || isKnockFailure(method, path, status)
  if (isFinal) return `It may have been done: ${look}`
  return `It may have been done: ${advice ?? (method === 'DELETE' ? nextOfDelete : next[writes])}`
}
