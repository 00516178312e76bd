import type { OperationSettings } from '../loop/operation-options.js'
import { safeUrl } from '../errors/safe-url.js'
import { isResendable } from '../loop/is-resendable.js'
import { readAttempt } from '../loop/read-attempt.js'
import { takeKey } from '../loop/take-key.js'
import { beginAttempt, endAttempt, outcomeOf, type Operation } from '../operation/operation.js'
import { rememberFacts } from '../operation/facts.js'
import { isConditional } from '../operation/is-conditional.js'
import { decide } from '../retry/decide.js'
import type { Attempted } from '../transport/attempted.js'
import { readKeyHeader, writeKeyHeader } from './key-header.js'

/** A call of ky that the parts follow: its operation as it stands, between hooks that have nothing else in common. */
export interface StampedCall {
  readonly settings: OperationSettings
  readonly companions: Readonly<Record<string, string>>
  operation: Operation
  /** The attempt that was begun last has not been judged. */
  isUnderWay: boolean
  /** The user's limit of retries, where ky has one more. */
  limit?: number
}

/** One object of options belongs to each call of ky in both majors, and so does its `context`: that is where the parts meet. */
const tag = Symbol('fetch-idempotency.stamped-call')

interface Tagged {
  [tag]?: StampedCall
}

export function findStampedCall(context: object): StampedCall | undefined {
  return (context as Tagged)[tag]
}

/**
 * Takes or makes the key of a call, once.
 *
 * @throws what {@link takeKey} throws.
 */
export function stampCall(
  settings: OperationSettings,
  context: Record<string, unknown>,
  request: Request,
): StampedCall {
  const known = findStampedCall(context)
  if (known !== undefined) return known
  const { contract, clock } = settings
  const { method, headers, mode } = request
  const url = safeUrl(request.url)
  const { idempotencyKey: givenKey = readKeyHeader(contract.carrier, headers) } = context
  const conditional = isConditional(method, (name) => headers.get(name))
  const described = { method, url, givenKey, conditional, isNoCors: mode === 'no-cors' }
  const taken = takeKey(settings, described, url, clock.now())
  const { key, firstSentMs } = taken
  const operation: Operation = {
    ...taken,
    method,
    url,
    conditional,
    // The parts put a key into a header alone: elsewhere it does not go out.
    resendable: isResendable(settings, described, url, key !== undefined && contract.carrier.in === 'header'),
    attempts: 0,
    spent: 0,
    asks: 0,
    mayHaveRun: false,
  }
  const companions = key === undefined ? {} : contract.companions({ key, firstSentMs })
  const call: StampedCall = { settings, companions, operation, isUnderWay: false }
  Object.defineProperty(context, tag, { value: call })
  return call
}

/** Puts the key of a call, and what goes with it, into a request that is about to be sent. */
export function beginStampedAttempt(call: StampedCall, request: Request): void {
  const { settings, companions, operation } = call
  const { carrier } = settings.contract
  const { headers } = request
  if (operation.key !== undefined && carrier.in === 'header') {
    for (const [name, value] of Object.entries(companions)) headers.set(name, value)
    // A key that is there already stays as the caller wrote it.
    if (readKeyHeader(carrier, headers) !== operation.key) writeKeyHeader(carrier, headers, operation.key)
  }
  call.operation = beginAttempt(operation)
  call.isUnderWay = true
  const { key, attempts } = call.operation
  rememberFacts(request, { key, attempts, replayed: false, outcome: 'unknown' })
}

/**
 * Whether what ended an attempt of a write allows another one. The waits, the time and the number of attempts are ky's.
 *
 * @returns `undefined` where nothing speaks against it, `false` where the write could happen twice.
 */
export function judgeAttempt(call: StampedCall, attempted: Attempted, error: unknown): false | undefined {
  const { settings } = call
  const { contract } = settings
  // Without reuseKey(), nothing tells of a retry before it has ended.
  const operation = call.isUnderWay ? call.operation : beginAttempt(call.operation)
  const reading = readAttempt(contract, operation, attempted)
  call.operation = endAttempt(operation, reading, attempted.isAtLeast)
  call.isUnderWay = false
  const { key, attempts, isLowerBound } = call.operation
  const outcome = outcomeOf(call.operation, reading)
  const replayed = reading.replayed === true
  rememberFacts(error, { key, attempts, replayed, outcome, ...(isLowerBound && { isLowerBound }) })
  const decision = decide(call.operation, reading, {
    maxAttempts: Infinity,
    maxRetryAfterMs: Infinity,
    backoff: () => 0,
    random: () => 0,
    nowMs: settings.clock.now(),
    leftMs: Infinity,
    retryAfterMs: undefined,
    keyTtlMs: contract.keyTtlMs,
    // ky asks for nothing that its user does not want.
    allowance: 'wanted',
  })
  return decision.action === 'settle' ? false : undefined
}
