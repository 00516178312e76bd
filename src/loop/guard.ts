import { parseRetryAfter } from '../backoff/retry-after.js'
import { readAnswer } from '../contract/read-answer.js'
import type { Reading } from '../contract/verdict.js'
import type { ErrorFacts, Outcome } from '../errors/idempotency-error.js'
import { beginAttempt, endAttempt, outcomeOf, type Operation } from '../operation/operation.js'
import { decide, type Decision } from '../retry/decide.js'
import type { RetryPolicy } from '../retry/retry-policy.js'
import type { Attempted } from '../transport/attempted.js'
import type { Call, Ended } from './call.js'
import type { EventDetail } from './events.js'
import type { IdempotencyFacts } from '../operation/facts.js'
import type { GuardSettings } from './guard-options.js'
import { AnswerInFull } from './answer-in-full.js'
import { takeKey } from './take-key.js'

const final: Decision = { action: 'settle', why: 'final' }

const reads: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'])

/** The target as it may be shown: user info, query and fragment can hold secrets. */
export function withoutSecrets(url: string): string {
  return /[?#@]/.test(url) ? url.replace(/[?#].*$/s, '').replace(/^([a-z][\w+.-]*:\/\/)[^/@]*@/i, '$1') : url
}

function isResendable(
  { contract, methods, writes }: GuardSettings,
  call: Call,
  url: string,
  hasKey: boolean,
): boolean {
  const { method, conditional, writes: allowed = writes } = call
  if (reads.has(method) || allowed === 'always') return true
  if (allowed === 'never') return false
  if (method === 'DELETE' || conditional) return true
  // A key of the caller's goes out with any method; the contract says with which it is honoured.
  const isKnown = contract.methods.includes(method) || methods.includes(method)
  return hasKey && isKnown && contract.honoursKey({ method, url })
}

/**
 * A redirect may have turned the write into a GET, after it was applied or instead of it. Only a status that a GET does not
 * get is the write's own for sure, and nothing that went wrong behind a redirect says that the write was not applied.
 */
function readRedirected(reading: Reading, status: number): Reading {
  const isOfWrite = status === 201 || status === 202
  if (reading.verdict === 'done') return isOfWrite ? reading : { ...reading, outcome: 'unknown' }
  return { ...reading, verdict: reading.verdict === 'unknown' ? 'unknown' : 'failed', outcome: 'unknown' }
}

/** Drives one operation. It never sends and never sleeps: its host does, and obeys. */
export class GuardedOperation {
  declare readonly key: string | undefined
  declare readonly policy: RetryPolicy
  /** The headers that go with the key, the same for every attempt. */
  declare readonly companions: Readonly<Record<string, string>>
  readonly #settings: GuardSettings
  readonly #call: Call
  #operation: Operation
  #outcome: Outcome
  #replayed = false
  #isKeyed: boolean
  #isSettled = false
  /** What the retries have cost. */
  #paid = 0

  /**
   * Makes or checks the key, once.
   *
   * @throws what {@link takeKey} throws.
   */
  constructor(settings: GuardSettings, call: Call) {
    const { contract, clock } = settings
    const { method, conditional, policy = settings.policy } = call
    const url = withoutSecrets(call.url)
    const nowMs = clock.now()
    const { key, keyOrigin, firstSentMs } = takeKey(settings, call, url, nowMs)
    const isKeyed = key !== undefined
    const mayHaveRun = call.firstSentMs !== undefined
    this.key = key
    this.companions = isKeyed ? contract.companions({ key, firstSentMs }) : {}
    this.#settings = settings
    this.#call = call
    this.policy = policy
    this.#isKeyed = isKeyed
    this.#outcome = mayHaveRun ? 'unknown' : 'not-applied'
    // Written out: V8 takes microseconds for an object that is spread first and then added to.
    this.#operation = {
      key,
      keyOrigin,
      firstSentMs,
      method,
      url,
      conditional,
      resendable: isResendable(settings, call, url, isKeyed),
      deadlineAtMs: nowMs + policy.deadlineMs,
      attempts: 0,
      spent: 0,
      asks: 0,
      mayHaveRun,
    }
  }

  /** Whether the next request carries the key. */
  isKeyed(): boolean {
    return this.#isKeyed
  }

  /** The milliseconds that are left until the deadline. */
  leftMs(): number {
    return this.#operation.deadlineAtMs - this.#settings.clock.now()
  }

  /** Begins an attempt and gives the milliseconds that are left for it: none when it must not be sent. */
  begin(): number {
    const { contract, clock } = this.#settings
    const { deadlineAtMs, firstSentMs } = this.#operation
    const nowMs = clock.now()
    const leftMs = deadlineAtMs - nowMs
    // A wait can last longer than was asked for: a machine that slept wakes up with a key that is too old.
    const isTooOld = this.key !== undefined && nowMs >= firstSentMs + contract.keyTtlMs
    if (leftMs <= 0 || isTooOld) return 0
    this.#operation = beginAttempt(this.#operation)
    // An attempt on its way may be executed until we have read that it was not.
    this.#outcome = 'unknown'
    this.#tell({ type: 'attempt-started' })
    return Math.min(this.policy.attemptTimeoutMs, leftMs)
  }

  /** Reads what an attempt brought, and says what to do. */
  end(attempted: Attempted): Ended {
    const reading = this.#read(attempted)
    const { verdict } = reading
    this.#operation = endAttempt(this.#operation, reading)
    this.#outcome = outcomeOf(this.#operation, reading)
    this.#replayed = reading.replayed === true
    const { status, error } = attempted as { status?: number; error?: unknown }
    this.#tell({ type: 'attempt-ended', verdict, status, error, replayed: this.#replayed })
    const decision = verdict === 'done' ? final : this.#decide(reading, attempted)
    if (decision.action === 'resend')
      this.#tell({ type: 'waiting', delayMs: decision.delayMs, reason: decision.reason })
    else if (verdict === 'done') this.policy.budget.giveBack(this.#paid || undefined)
    return { reading, decision }
  }

  /** Says the last word: what is known already, unless it is told better. */
  settle(outcome = this.#outcome, replayed = this.#replayed): IdempotencyFacts {
    this.#outcome = outcome
    this.#replayed = replayed
    if (!this.#isSettled) this.#tell({ type: 'settled', outcome, replayed })
    this.#isSettled = true
    return this.facts()
  }

  facts(): IdempotencyFacts {
    return {
      key: this.key,
      attempts: this.#operation.attempts,
      replayed: this.#replayed,
      outcome: this.#outcome,
    }
  }

  errorFacts(): ErrorFacts {
    const { key, attempts, method, url } = this.#operation
    return { key, attempts, outcome: this.#outcome, method, url }
  }

  /** Whether the operation can be sent again after its end without the risk of a second execution. */
  canResend(): boolean {
    const { resendable, mayHaveRun } = this.#operation
    return (this.#isKeyed === (this.key !== undefined) && resendable) || !mayHaveRun
  }

  /** What a later call needs in order to go on with this operation. */
  resume(): Pick<Call, 'givenKey' | 'isGenerated' | 'firstSentMs'> {
    const { mayHaveRun, firstSentMs, keyOrigin } = this.#operation
    return {
      givenKey: this.key,
      isGenerated: keyOrigin === 'generated',
      firstSentMs: mayHaveRun ? firstSentMs : undefined,
    }
  }

  #tell(detail: EventDetail): void {
    const { key, method, url, attempts } = this.#operation
    try {
      this.#settings.onEvent?.({ key, method, url, attempts, ...detail })
    } catch {
      // A listener must not change what happens to a write.
    }
  }

  #read(attempted: Attempted): Reading {
    if ('lost' in attempted) return { verdict: attempted.lost }
    const reading = readAnswer(this.#settings.contract, new AnswerInFull(attempted, this.#operation))
    return attempted.redirected === true && !reads.has(this.#operation.method)
      ? readRedirected(reading, attempted.status)
      : reading
  }

  #decide(reading: Reading, attempted: Attempted): Decision {
    const { contract, clock, random, whenKeyStoreDown } = this.#settings
    const policy = this.policy
    const { verdict, keyStoreDown } = reading
    const nowMs = clock.now()
    const isLost = 'lost' in attempted
    const decision = decide(this.#operation, reading, {
      ...policy,
      backoff: (verdict !== 'running' && this.#call.resendBackoff) || policy.backoff,
      random,
      nowMs,
      retryAfterMs: isLost ? undefined : parseRetryAfter(attempted.headers, nowMs),
      keyTtlMs: contract.keyTtlMs,
    })
    if (decision.action === 'settle' || verdict === 'running') return decision
    const cost = policy.budget.take(isLost && attempted.isTimeout)
    if (cost === undefined) return { action: 'settle', why: 'budget' }
    this.#paid += cost
    const { mayHaveRun, keyOrigin } = this.#operation
    // With a key of the caller's, an earlier call may have been applied.
    const isFirst = !mayHaveRun && keyOrigin === 'generated'
    if (keyStoreDown && whenKeyStoreDown === 'send-without-key' && isFirst) {
      this.#isKeyed = false
      this.#operation = { ...this.#operation, resendable: false }
    }
    return decision
  }
}
