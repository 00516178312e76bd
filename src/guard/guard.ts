import { parseRetryAfter } from '../backoff/retry-after.js'
import { readAnswer } from '../contract/read-answer.js'
import type { Reading } from '../contract/verdict.js'
import type { ErrorFacts, Outcome } from '../errors/idempotency-error.js'
import { beginAttempt, endAttempt, outcomeOf, type Operation } from '../operation/operation.js'
import { decide, type Decision } from '../retry/decide.js'
import type { Attempted, Call, Ended } from './call.js'
import type { EventDetail } from './events.js'
import type { IdempotencyFacts } from './facts.js'
import type { GuardSettings } from './guard-options.js'
import { AnswerInFull } from './answer-in-full.js'
import { takeKey } from './take-key.js'

/** Drives one operation. It never sends and never sleeps: its host does, and obeys. */
export interface GuardedOperation {
  readonly key: string | undefined
  /** Whether the next request carries the key. */
  readonly isKeyed: () => boolean
  /** The headers that go with the key, the same for every attempt. */
  readonly companions: Readonly<Record<string, string>>
  /** Begins an attempt and gives the milliseconds that are left for it: none when it must not be sent. */
  readonly begin: () => number
  /** Reads what an attempt brought, and says what to do. */
  readonly end: (attempted: Attempted) => Ended
  /** Says the last word. */
  readonly settle: (outcome: Outcome, replayed?: boolean) => IdempotencyFacts
  readonly facts: () => IdempotencyFacts
  readonly errorFacts: () => ErrorFacts
  /** Whether the operation can be sent again after its end without the risk of a second execution. */
  readonly canResend: () => boolean
  /** What a later call needs in order to go on with this operation. */
  readonly resume: () => { readonly givenKey: string | undefined; readonly firstSentMs: number | undefined }
}

const final: Decision = { action: 'settle', why: 'final' }

const reads: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'])

/** The target as it may be shown: user info, query and fragment can hold secrets. */
export function withoutSecrets(url: string): string {
  return /[?#@]/.test(url) ? url.replace(/[?#].*$/s, '').replace(/^([a-z][\w+.-]*:\/\/)[^/@]*@/i, '$1') : url
}

function isResendable(
  { contract, writes }: GuardSettings,
  call: Call,
  url: string,
  hasKey: boolean,
): boolean {
  const { method, conditional, writes: allowed = writes } = call
  if (reads.has(method) || allowed === 'always') return true
  if (allowed === 'never') return false
  return method === 'DELETE' || conditional || (hasKey && contract.honoursKey({ method, url }))
}

/**
 * A redirect may have turned the write into a GET, after it was applied or instead of it. Only a status that a GET does not
 * get is the write's own for sure, and nothing that went wrong behind a redirect says that the write was not applied.
 */
function readRedirected(reading: Reading, status: number): Reading {
  if (reading.verdict === 'done') return status === 200 ? { ...reading, outcome: 'unknown' } : reading
  return { ...reading, verdict: reading.verdict === 'unknown' ? 'unknown' : 'failed', outcome: 'unknown' }
}

/**
 * Opens one operation: makes or checks its key, once.
 *
 * @throws what {@link takeKey} throws.
 */
export function openOperation(settings: GuardSettings, call: Call): GuardedOperation {
  const { contract, clock, onEvent, random } = settings
  const { method, conditional, policy = settings.policy } = call
  const url = withoutSecrets(call.url)
  const nowMs = clock.now()
  const taken = takeKey(settings, call, url, nowMs)
  const { key } = taken

  // Written out: V8 takes microseconds for an object that is spread first and then added to.
  let operation: Operation = {
    key,
    keyOrigin: taken.keyOrigin,
    firstSentMs: taken.firstSentMs,
    method,
    url,
    conditional,
    resendable: isResendable(settings, call, url, key !== undefined),
    deadlineAtMs: nowMs + policy.deadlineMs,
    attempts: 0,
    spent: 0,
    asks: 0,
    mayHaveRun: call.firstSentMs !== undefined,
  }
  let outcome: Outcome = operation.mayHaveRun ? 'unknown' : 'not-applied'
  let replayed = false
  let isKeyed = key !== undefined
  let isSettled = false
  let paid = 0

  const tell =
    onEvent &&
    ((detail: EventDetail) => {
      try {
        onEvent({ key, method, url, attempts: operation.attempts, ...detail })
      } catch {
        // A listener must not change what happens to a write.
      }
    })

  function read(attempted: Attempted): Reading {
    if ('lost' in attempted) return { verdict: attempted.lost }
    const reading = readAnswer(contract, new AnswerInFull(attempted, operation))
    return attempted.redirected === true && !reads.has(method)
      ? readRedirected(reading, attempted.status)
      : reading
  }

  function decideNext(reading: Reading, attempted: Attempted): Decision {
    if (reading.verdict === 'done') return final
    const nowMs = clock.now()
    const isLost = 'lost' in attempted
    const decision = decide(operation, reading, {
      ...policy,
      backoff: (reading.verdict !== 'running' && call.resendBackoff) || policy.backoff,
      random,
      nowMs,
      retryAfterMs: isLost ? undefined : parseRetryAfter(attempted.headers, nowMs),
      keyTtlMs: contract.keyTtlMs,
    })
    if (decision.action === 'settle' || reading.verdict === 'running') return decision
    const cost = policy.budget.take(isLost && attempted.isTimeout)
    if (cost === undefined) return { action: 'settle', why: 'budget' }
    paid += cost
    const mayDropKey = settings.whenKeyStoreDown === 'send-without-key' && !operation.mayHaveRun
    if (reading.keyStoreDown === true && mayDropKey) {
      isKeyed = false
      operation = { ...operation, resendable: false }
    }
    return decision
  }

  const facts = (): IdempotencyFacts => ({ key, attempts: operation.attempts, replayed, outcome })

  return {
    key,
    isKeyed: () => isKeyed,
    companions: key === undefined ? {} : contract.companions({ key, firstSentMs: operation.firstSentMs }),
    begin() {
      const nowMs = clock.now()
      const leftMs = operation.deadlineAtMs - nowMs
      // A wait can last longer than was asked for: a machine that slept wakes up with a key that is too old.
      const isTooOld =
        key !== undefined && operation.attempts > 0 && nowMs >= operation.firstSentMs + contract.keyTtlMs
      if (leftMs <= 0 || isTooOld) return 0
      operation = beginAttempt(operation)
      // An attempt on its way may be executed until we have read that it was not.
      outcome = 'unknown'
      tell?.({ type: 'attempt-started' })
      return Math.min(policy.attemptTimeoutMs, leftMs)
    },
    end(attempted) {
      const reading = read(attempted)
      operation = endAttempt(operation, reading)
      outcome = outcomeOf(operation, reading)
      replayed = reading.replayed === true
      const { status, error } = attempted as { status?: number; error?: unknown }
      tell?.({ type: 'attempt-ended', verdict: reading.verdict, status, error, replayed })
      const decision = decideNext(reading, attempted)
      if (decision.action === 'resend')
        tell?.({ type: 'waiting', delayMs: decision.delayMs, reason: decision.reason })
      else if (reading.verdict === 'done') policy.budget.giveBack(paid || undefined)
      return { reading, decision }
    },
    settle(last, lastReplayed = replayed) {
      outcome = last
      replayed = lastReplayed
      if (!isSettled) tell?.({ type: 'settled', outcome, replayed })
      isSettled = true
      return facts()
    },
    facts,
    errorFacts: () => ({ key, attempts: operation.attempts, outcome, method, url }),
    canResend: () => (isKeyed === (key !== undefined) && operation.resendable) || !operation.mayHaveRun,
    resume: () => ({ givenKey: key, firstSentMs: operation.mayHaveRun ? operation.firstSentMs : undefined }),
  }
}
