import { monotonicNow } from '../clock/clock.js'
import type { Reading } from '../contract/verdict.js'
import type { ErrorFacts, Outcome } from '../errors/idempotency-error.js'
import { safeUrl } from '../errors/safe-url.js'
import { beginAttempt, endAttempt, outcomeOf, type Operation } from '../operation/operation.js'
import { generateKey } from '../key/generate-key.js'
import type { Allowance, Decision } from '../retry/decide.js'
import { RetryPayment } from '../retry/retry-payment.js'
import type { RetryPolicy } from '../retry/retry-policy.js'
import type { Attempted } from '../transport/attempted.js'
import type { Call } from './call.js'
import { decideNext } from './decide-next.js'
import type { EventDetail } from './events.js'
import { AssumedFacts, type IdempotencyFacts } from '../operation/facts.js'
import type { OperationSettings } from './operation-options.js'
import { isResendable } from './is-resendable.js'
import { KeyWatch } from './key-watch.js'
import { readAttempt } from './read-attempt.js'
import { takeKey } from './take-key.js'
import { tellEvent } from './tell-event.js'
import type { AttemptInfo } from './transport.js'

/** One operation on its way: it takes the key, reads what attempts bring, decides, and tells. The loop obeys it. */
export class TrackedOperation {
  declare readonly key: string | undefined
  declare readonly policy: RetryPolicy
  /** The headers that go with the key, the same for every attempt. */
  declare readonly companions: Readonly<Record<string, string>>
  /** Nothing is begun at or past this time of the monotonic clock. */
  declare readonly deadlineAtMs: number
  /** Where a redirect has led the write to another server: what may have been executed there is sent again there alone. */
  landing: string | undefined
  readonly #settings: OperationSettings
  readonly #call: Call
  #id: string | undefined
  #operation: Operation
  #outcome: Outcome
  #replayed = false
  #isKeyed: boolean
  readonly #keyWatch: KeyWatch
  readonly #payment: RetryPayment
  #isSettled = false
  /** When the server said for the first time that it is still running, by the monotonic clock. */
  #askedSinceMs = 0

  /**
   * Makes or checks the key, once.
   *
   * @throws what {@link takeKey} throws.
   */
  constructor(settings: OperationSettings, call: Call) {
    const { contract, clock } = settings
    const { method, conditional, policy = settings.policy } = call
    const url = safeUrl(call.url)
    const { key, keyOrigin, firstSentMs } = takeKey(settings, call, url, clock.now())
    const isKeyed = key !== undefined
    const mayHaveRun = call.firstSentMs !== undefined
    this.key = key
    this.companions = isKeyed ? contract.companions({ key, firstSentMs }) : {}
    this.landing = call.landing
    this.#settings = settings
    this.#call = call
    this.#keyWatch = new KeyWatch(settings, url)
    this.#payment = new RetryPayment(policy.budget)
    this.policy = policy
    this.deadlineAtMs = call.deadlineAtMs ?? monotonicNow(clock) + policy.deadlineMs
    this.#isKeyed = isKeyed
    this.#outcome = call.opened?.knownOutcome ?? (mayHaveRun ? 'unknown' : 'not-applied')
    // Written out: V8 takes microseconds for an object that is spread first and then added to.
    this.#operation = {
      key,
      keyOrigin,
      firstSentMs,
      method,
      url,
      conditional,
      resendable: isResendable(settings, call, url, isKeyed),
      attempts: call.attemptsBefore ?? 0,
      spent: 0,
      asks: 0,
      mayHaveRun,
    }
  }

  /** Tells operations apart, those without a key too. */
  get id(): string {
    return (this.#id ??= generateKey())
  }

  /** Whether the next request carries the key. */
  isKeyed(): boolean {
    return this.#isKeyed
  }

  /** The milliseconds that are left until the deadline. */
  leftMs(): number {
    return this.deadlineAtMs - monotonicNow(this.#settings.clock)
  }

  /** Whether the server may have forgotten the key by now. */
  isTooOld(): boolean {
    const { contract, clock } = this.#settings
    return this.key !== undefined && clock.now() >= this.#operation.firstSentMs + contract.keyTtlMs
  }

  /** The milliseconds that the next attempt may take: none when it must not be sent. */
  timeForAttemptMs(): number {
    // A wait can last longer than was asked for: a machine that slept wakes up with a key that is too old.
    return this.isTooOld() ? 0 : Math.max(0, Math.min(this.policy.attemptTimeoutMs, this.leftMs()))
  }

  /** Begins an attempt: from now on it may be executed, until something tells that it was not. */
  begin(): void {
    this.#payment.pay()
    if (!this.#operation.mayHaveRun) this.landing = undefined
    this.#operation = beginAttempt(this.#operation)
    this.#outcome = 'unknown'
    this.#tell({ type: 'attempt-started' })
  }

  /** Reads what an attempt brought. */
  read(attempted: Attempted): Reading {
    const reading = readAttempt(this.#settings.contract, this.#operation, attempted)
    const { verdict } = reading
    if (verdict === 'running' && this.#operation.asks === 0)
      this.#askedSinceMs = monotonicNow(this.#settings.clock)
    this.#operation = endAttempt(this.#operation, reading, attempted.isAtLeast)
    this.#outcome = outcomeOf(this.#operation, reading)
    this.#replayed = reading.replayed === true
    const { status, error } = attempted as { status?: number; error?: unknown }
    this.#tell({ type: 'attempt-ended', verdict, status, error, replayed: this.#replayed })
    if (verdict === 'done' || verdict === 'unknown') {
      const key = this.#isKeyed ? this.key : undefined
      const found = this.#keyWatch.look(attempted, verdict, this.#replayed, key)
      if (found !== undefined) this.#tell(found)
    }
    if (verdict === 'done') this.#payment.succeed()
    return reading
  }

  /** Decides what follows an attempt, and reserves the price of a retry. */
  decide(reading: Reading, attempted: Attempted, allowance?: Allowance): Decision {
    const decision = this.#decide(reading, attempted, allowance)
    if (decision.action === 'resend') {
      const { delayMs, reason, mustProbe = false } = decision
      this.#tell({ type: 'waiting', delayMs, reason, mustProbe })
    }
    return decision
  }

  /** Says the last word: what is known already, unless it is told better. */
  settle(outcome = this.#outcome, replayed = this.#replayed): IdempotencyFacts {
    this.#outcome = outcome
    this.#replayed = replayed
    if (this.#isSettled) return this.facts()
    this.#isSettled = true
    this.#payment.release()
    const facts = this.facts()
    const { mayHaveRunTwice } = facts
    this.#tell({ type: 'settled', outcome, replayed, ...(mayHaveRunTwice && { mayHaveRunTwice }) })
    return facts
  }

  facts(outcome = this.#outcome): IdempotencyFacts {
    const { key } = this
    const { attempts, isLowerBound, hiddenResend } = this.#operation
    const replayed = this.#replayed
    const facts: { -readonly [Name in keyof IdempotencyFacts]: IdempotencyFacts[Name] } =
      key !== undefined && this.#settings.contract.ttlAssumed
        ? new AssumedFacts(key, attempts, replayed, outcome)
        : { key, attempts, replayed, outcome }
    if (isLowerBound) facts.isLowerBound = true
    if (hiddenResend) facts.hiddenResend = true
    if (!replayed && this.#isKeyed && this.#keyWatch.mayHaveRunTwice()) facts.mayHaveRunTwice = true
    return facts
  }

  /** The earliest time at which the server may have seen the key. */
  get firstSentMs(): number {
    return this.#operation.firstSentMs
  }

  /** Whether an attempt may have been executed, of this call or of an earlier one. */
  get mayHaveRun(): boolean {
    return this.#operation.mayHaveRun
  }

  /** Whether a redirect may lead the write to a URL: once it may have been executed, not to another server, nor away from its key. */
  mayMoveTo(url: string, isOtherServer: boolean): boolean {
    const before = this.#operation
    this.goTo(url)
    if (before.mayHaveRun && (isOtherServer || before.resendable !== this.#operation.resendable)) {
      this.#operation = before
      return false
    }
    if (isOtherServer) this.landing = url
    return true
  }

  /** The write goes elsewhere than the call says: whether it may be resent depends on what becomes of its key there. */
  goTo(url: string, method = this.#operation.method): void {
    const { carrier } = this.#settings.contract
    const hasKey = this.#isKeyed && (carrier.in !== 'query' || carrier.read(carrier.name, url) === this.key)
    const resendable =
      this.#operation.resendable &&
      isResendable(this.#settings, { ...this.#call, method }, safeUrl(url), hasKey)
    this.#operation = { ...this.#operation, method, resendable }
  }

  attemptInfo(): AttemptInfo {
    const { key, method, url, attempts } = this.#operation
    return { operation: this.id, key, method, url, attempt: attempts }
  }

  errorFacts(): ErrorFacts {
    const { key, attempts, method, url } = this.#operation
    return { key, attempts, outcome: this.#outcome, method, url }
  }

  /** Whether a request may be repeated without the risk of a second execution, as far as is known of the server. */
  isRepeatable(): boolean {
    return (
      this.#isKeyed === (this.key !== undefined) && this.#operation.resendable && !this.#dependsOnIgnoredKey()
    )
  }

  /** Whether the operation can be sent again after its end without the risk of a second execution. */
  canResend(): boolean {
    return !this.#operation.mayHaveRun || this.isRepeatable()
  }

  /** Whether nothing may be sent at all: an earlier call may have been applied, and a resend could be a second execution. */
  isForbidden(): boolean {
    return this.#call.isFollowing !== true && !this.canResend()
  }

  /** Whether a resend could be a second execution, as the server was found to ignore keys since the first one. */
  isUnsafe(): boolean {
    return this.#operation.mayHaveRun && this.#dependsOnIgnoredKey()
  }

  #dependsOnIgnoredKey(): boolean {
    const isStopped = this.#settings.whenKeysIgnored === 'stop' && this.#keyWatch.isIgnored()
    return isStopped && !isResendable(this.#settings, this.#call, this.#operation.url, false)
  }

  /** What a later call needs in order to go on with this operation. */
  resume(): Pick<Call, 'givenKey' | 'isGenerated' | 'firstSentMs' | 'landing'> {
    const { mayHaveRun, firstSentMs, keyOrigin } = this.#operation
    return {
      givenKey: this.key,
      landing: this.landing,
      isGenerated: keyOrigin === 'generated',
      firstSentMs: mayHaveRun ? firstSentMs : undefined,
    }
  }

  #tell(detail: EventDetail): void {
    const { onEvent } = this.#settings
    if (onEvent === undefined) return
    const { key, method, url, attempts } = this.#operation
    tellEvent(onEvent, { operation: this.id, key, method, url, attempts, ...detail })
  }

  #decide(reading: Reading, attempted: Attempted, allowance: Allowance | undefined): Decision {
    const { verdict, keyStoreDown } = reading
    const { policy } = this
    if ('lost' in attempted && attempted.stop !== undefined) return { action: 'settle', why: attempted.stop }
    const decision = decideNext(this.#settings, this.#call, this.#operation, {
      reading,
      attempted,
      allowance,
      policy,
      leftMs: this.leftMs(),
      askedSinceMs: this.#askedSinceMs,
    })
    if (decision.action === 'settle') return decision
    if (this.isUnsafe()) return { action: 'settle', why: 'key-ignored' }
    if (verdict === 'running') return decision
    const isPaid = this.#payment.reserve(verdict === 'refused' ? 'throttled' : 'transient')
    if (!isPaid && policy.whenBudgetIsEmpty === 'stop') return { action: 'settle', why: 'budget' }
    if (keyStoreDown) this.#leaveKeyOut()
    return isPaid ? decision : { ...decision, mustProbe: true }
  }

  /** Where the server cannot keep keys now: not when an earlier attempt, or call with a key of the caller's, may have been applied. */
  #leaveKeyOut(): void {
    const { mayHaveRun, keyOrigin } = this.#operation
    if (this.#settings.whenKeyStoreDown !== 'send-without-key' || mayHaveRun || keyOrigin !== 'generated')
      return
    this.#isKeyed = false
    this.#operation = { ...this.#operation, resendable: false }
  }
}
