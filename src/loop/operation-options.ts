import { checkOption, takeOptions, type Checks, type Defined } from '../errors/check-option.js'
import { syncCallback } from '../errors/sync-callback.js'
import type { Clock, Random } from '../clock/clock.js'
import { systemClock, systemRandom } from '../clock/system-clock.js'
import { defaultContract } from '../contract/default-contract.js'
import { createOriginMemory, type OriginMemory } from '../contract/origin-memory.js'
import type { Contract } from '../contract/server-contract.js'
import { createRetryPolicy, type RetryOptions, type RetryPolicy } from '../retry/retry-policy.js'
import { openTracing, type Tracing } from './diagnostics.js'
import type { OperationJournal } from '../operation/operation-journal.js'
import type { EventListener } from './events.js'
import type { AroundAttempt } from './transport.js'

/** How far retries of writes may go. */
export type WritePolicy = 'keyed' | 'never' | 'always'

/** What every host takes. */
export interface OperationOptions {
  /** How the server treats keys. @defaultValue `standard`, which assumes that the server keeps keys */
  readonly contract?: Contract | undefined
  /** The methods that get a key, any case. @defaultValue those of the contract: POST, PUT and PATCH */
  readonly methods?: readonly string[] | undefined
  /** Makes a key, once per operation. @defaultValue that of the contract: a UUIDv7 */
  readonly generateKey?: (() => string) | undefined
  /** Which requests with one of `methods` get a key; the URL has no query. @defaultValue all of them */
  readonly match?: ((request: { readonly method: string; readonly url: string }) => boolean) | undefined
  /**
   * How far retries of writes may go after a lost answer or a 5xx:
   *
   * - `'keyed'`: resend with a key, on a target that honours keys
   * - `'never'`: only when the request was not sent or the server refused it
   * - `'always'`: resend even without a key. **This can apply a write twice**: choose it only for a server that
   *   drops duplicates in some other way.
   *
   * @defaultValue `'keyed'`
   */
  readonly writes?: WritePolicy | undefined
  /**
   * What to do when the server says that it cannot reach its store of keys: wait and resend with the key, or resend
   * without one, which gives up the protection. An operation that may have been executed already always waits, and so
   * does one with a key of yours: an earlier call may have been applied.
   *
   * @defaultValue `'wait'`
   */
  readonly whenKeyStoreDown?: 'wait' | 'send-without-key' | undefined
  /**
   * What to do when a server shows that it ignores keys, as by two answers to one operation that name two things: from then on
   * not resend to its origin what may have been executed, or go on. Either way there is an event `key-ignored`, and the facts say
   * `mayHaveRunTwice`.
   *
   * What was shown is remembered until the wrapper is gone. A call with `writes: 'always'` is resent all the same.
   *
   * @defaultValue `'stop'`
   */
  readonly whenKeysIgnored?: 'stop' | 'resend' | undefined
  /**
   * Hears what happens to each operation: attempts, verdicts, waits and outcomes. What it throws is ignored.
   *
   * @defaultValue none
   */
  readonly onEvent?: EventListener | undefined
  /** Makes operations durable, as `createJournal` of `fetch-idempotency/journal` does. @defaultValue none */
  readonly journal?: OperationJournal | undefined
  /**
   * Stands around each attempt: for tracing, and for headers that are new on each one, such as a timestamp and its
   * signature. It calls `next(headers)` once. What it throws ends the operation.
   *
   * @defaultValue none
   */
  readonly aroundAttempt?: AroundAttempt | undefined
  /**
   * The time and the waits between attempts: give your own to test without real waits. The time limit of an attempt
   * is always a timer of the machine.
   *
   * @defaultValue the machine's clock
   */
  readonly clock?: Clock | undefined
  /** Random numbers in [0, 1), for jitter. @defaultValue `Math.random` */
  readonly random?: Random | undefined
}

/** {@link OperationOptions} checked and copied. */
export interface OperationSettings extends Defined<
  Omit<OperationOptions, 'onEvent' | 'aroundAttempt' | 'journal'>
> {
  readonly journal: OperationJournal | undefined
  readonly onEvent: EventListener | undefined
  readonly aroundAttempt: AroundAttempt | undefined
  readonly tracing: Tracing | undefined
  readonly policy: RetryPolicy
  /** What was learnt of the servers of this wrapper. */
  readonly origins: OriginMemory
}

/** How far retries of writes may go. */
export const writesCheck = ['keyed', 'never', 'always'] as const

/** What {@link OperationOptions} may be. */
export const operationChecks: Checks = {
  contract: 'object',
  methods: 'strings',
  generateKey: 'function',
  match: 'function',
  writes: writesCheck,
  whenKeyStoreDown: ['wait', 'send-without-key'],
  whenKeysIgnored: ['stop', 'resend'],
  onEvent: 'function',
  aroundAttempt: 'function',
  journal: 'object',
  clock: 'object',
  random: 'function',
}

/**
 * Copies options that were checked one by one, with every default in place.
 *
 * @throws `TypeError` or `RangeError` that names the option, for what only shows in their parts.
 */
export function copyOperationOptions(
  options: OperationOptions,
  retry: RetryOptions | undefined,
): OperationSettings {
  const { contract = defaultContract } = options
  const settings = takeOptions<
    Omit<OperationSettings, 'policy' | 'onEvent' | 'aroundAttempt' | 'journal' | 'tracing' | 'origins'>
  >(options, {
    contract,
    methods: contract.methods,
    generateKey: contract.generateKey,
    match: () => true,
    writes: 'keyed',
    whenKeyStoreDown: 'wait',
    whenKeysIgnored: 'stop',
    clock: systemClock,
    random: systemRandom,
  })
  const { methods, clock } = settings
  if (typeof contract.classify !== 'function' || !Array.isArray(contract.methods))
    throw new TypeError('contract must be one of the presets, or made with defineContract()')
  for (const part of ['now', 'sleep'] as const) checkOption(`clock.${part}`, clock[part] ?? null, 'function')
  return {
    ...settings,
    ...(options.match && { match: syncCallback('match', options.match) }),
    ...(options.generateKey && { generateKey: syncCallback('generateKey', options.generateKey) }),
    ...(options.random && { random: syncCallback('random', options.random) }),
    methods: methods.map((method) => method.toUpperCase()),
    onEvent: options.onEvent,
    aroundAttempt: options.aroundAttempt,
    journal: options.journal,
    tracing: openTracing(),
    policy: createRetryPolicy(retry),
    origins: createOriginMemory(),
  }
}
