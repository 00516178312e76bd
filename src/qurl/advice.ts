import type { Call } from './call.js'
import { isKnockFailure } from './contract.js'

/** Refusals that do not tell whether the service knows the key: once they are over, it can be asked again. */
const passing: ReadonlySet<number> = new Set([401, 403, 408, 425, 429])

/**
 * What a caller can do about a write that may have been done.
 *
 * @param status - That of the last answer, 0 when it was lost.
 */
export function advise(call: Call, status = 0): string {
  const { method, path, writes = 'never' } = call
  const isRefusal = status >= 400 && status < 500 && !passing.has(status)
  const isFinal = isRefusal || isKnockFailure(method, path, status)
  return `It may have been done: ${isFinal ? look : next[writes]}`
}

const look = 'look before you call again'

const next = {
  keyed:
    'call again with the same idempotencyKey and input to have it done once, ' +
    'and with firstSentAt (when the key was first sent), or a refusal would count as not-applied',
  always: 'call again with the same input, which finds what is there',
  never: look,
} as const
