import { KeyExpiredError } from '../errors/key-expired-error.js'
import { KeyInvalidError } from '../errors/key-invalid-error.js'
import { generateKey } from '../key/generate-key.js'
import { findKeyProblem } from '../key/key-rules.js'
import { readKeyTime } from '../key/key-time.js'
import type { Operation } from '../operation/operation.js'
import type { Call } from './call.js'
import type { OperationSettings } from './operation-options.js'

/**
 * Takes the caller's key, or makes one, or leaves the operation without: once per operation.
 *
 * @throws {@link KeyInvalidError} when the key breaks the contract's rules.
 * @throws {@link KeyExpiredError} when the key is older than the server keeps it, unless a journal knows the operation. A UUIDv7
 * tells its own age.
 */
export function takeKey(
  settings: OperationSettings,
  { method, givenKey, isGenerated, firstSentMs, isNoCors, opened }: Call,
  url: string,
  nowMs: number,
): Pick<Operation, 'key' | 'keyOrigin' | 'firstSentMs'> {
  const { contract } = settings
  const { carrier, honoursKey, keyRules, keyTtlMs } = contract
  const isGiven = givenKey !== undefined
  const isDropped = carrier.in === 'header' && isNoCors === true
  const isCarried =
    !isDropped &&
    settings.methods.includes(method) &&
    settings.match({ method, url }) &&
    // A header that nobody reads does no harm; a field or parameter that nobody knows may be refused.
    (carrier.in === 'header' || honoursKey({ method, url }))
  if (!isGiven && !isCarried) return { key: undefined, keyOrigin: 'none', firstSentMs: nowMs }

  const key = (isGiven ? givenKey : settings.generateKey()) as string
  // Ours fits: it was held against these rules when the contract was made.
  const isOurs = !isGiven && settings.generateKey === generateKey && contract.generateKey === generateKey
  const problem = isDropped
    ? 'a request of mode no-cors cannot carry it'
    : isOurs
      ? undefined
      : findKeyProblem(key, keyRules)
  if (problem !== undefined)
    throw new KeyInvalidError({ key: undefined, attempts: 0, outcome: 'not-applied', method, url }, problem)
  const bornMs = Math.min(
    firstSentMs ?? (isGiven && !isGenerated ? readKeyTime(key) : undefined) ?? nowMs,
    nowMs,
  )
  if (!opened && nowMs >= bornMs + keyTtlMs)
    throw new KeyExpiredError({ key, attempts: 0, outcome: 'unknown', method, url })
  return { key, keyOrigin: isGiven && !isGenerated ? 'given' : 'generated', firstSentMs: bornMs }
}
