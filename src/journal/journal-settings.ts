import { systemClock, systemRandom } from '../clock/system-clock.js'
import type { Clock, Random } from '../clock/clock.js'
import { checkOptions, type Checks } from '../errors/check-option.js'
import { createLeases, type Leases } from './leases.js'
import { createNaming, type Naming } from './names.js'
import type { OperationStore } from './store.js'

/** Options of `createJournal`. */
export interface JournalOptions {
  /** Where the entries are kept. */
  readonly store: OperationStore
  /**
   * Keeps the operations of several applications, or tenants, of one store apart: the same id in another namespace is another
   * operation.
   *
   * @defaultValue `''`
   */
  readonly namespace?: string | undefined
  /**
   * Makes names, fingerprints and keys an HMAC under this secret, so that nobody who knows an id can compute them. It must never
   * change: under another secret, every id names a new operation.
   *
   * @defaultValue none
   */
  readonly secret?: string | undefined
  /**
   * How long a worker that is gone keeps an operation from the others, in milliseconds. Workers that live renew their
   * leases; a lease only spares work, as an operation that is sent by two carries one key.
   *
   * @defaultValue `30_000`
   */
  readonly leaseMs?: number | undefined
  /** How long a call waits for another worker that has its operation, in milliseconds. @defaultValue `30_000` */
  readonly waitMs?: number | undefined
  /**
   * How long one call of the store may take, in milliseconds. One that takes longer counts as failed: it is made again, or refuses
   * the operation when nothing was sent. It is also how long an answer of the server waits at most for being written down.
   *
   * @defaultValue `15_000`
   */
  readonly storeTimeoutMs?: number | undefined
  /**
   * Keeps the request itself, so that `recover` can send it without the code that made it. Credentials are not kept: no header
   * but those that describe the payload, no user info, and no request whose query holds one.
   *
   * @defaultValue `false`
   */
  readonly keepRequests?: boolean | undefined
  /** More headers to keep with a request, any case. Never give one that holds a credential. @defaultValue none */
  readonly keepHeaders?: readonly string[] | undefined
  /**
   * Longest body of a successful answer that is kept, in bytes: the same operation, called again, is answered from the journal.
   * With `0` the server is asked again, under the same key.
   *
   * @defaultValue `65_536`
   */
  readonly maxAnswerBytes?: number | undefined
  /**
   * How long a settled operation is remembered, in milliseconds. It has to be longer than the time within which a job may run again:
   * an operation that is forgotten is a new one. `Infinity` for ever.
   *
   * @defaultValue 30 days
   */
  readonly keepSettledMs?: number | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
  /** Random numbers in [0, 1), for waits. @defaultValue `Math.random` */
  readonly random?: Random | undefined
}

const checks: Checks = {
  store: 'object',
  namespace: 'string',
  secret: 'string',
  leaseMs: [1],
  waitMs: [0],
  storeTimeoutMs: [1],
  keepHeaders: 'strings',
  maxAnswerBytes: [0],
  keepSettledMs: [1],
  clock: 'object',
  random: 'function',
}

/** {@link JournalOptions} checked and copied, and what all parts of a journal share. */
export interface JournalSettings {
  readonly store: OperationStore
  readonly clock: Clock
  readonly random: Random
  readonly naming: Naming
  readonly leases: Leases
  readonly waitMs: number
  readonly storeTimeoutMs: number
  readonly keepRequests: boolean
  readonly keepHeaders: ReadonlySet<string>
  readonly maxAnswerBytes: number
  readonly keepSettledMs: number
  /** Makes the name of a lease: one that was never used before. */
  readonly makeToken: () => string
  /** Operations that this process works on, each with the end of that. */
  readonly active: Map<string, Promise<void>>
  /** Writes that are tried again in the background. */
  readonly unfinished: Set<Promise<void>>
  /** Aborts when the journal is disposed of. */
  readonly closing: AbortController
}

const credentials = /authorization|cookie|token|secret|api-?key/i

/** @throws `TypeError` or `RangeError` that names the option. */
export function checkJournalOptions(options: JournalOptions): JournalSettings {
  const { keepRequests = false, ...rest } = options
  checkOptions('createJournal', rest, checks)
  if (typeof keepRequests !== 'boolean')
    throw new TypeError(`createJournal.keepRequests must be a boolean, not ${typeof keepRequests}`)
  const { store, namespace = '', secret, leaseMs = 30_000, clock = systemClock, keepHeaders = [] } = options
  for (const call of ['claim', 'renew', 'record', 'list', 'remove'] as const)
    if (typeof store?.[call] !== 'function')
      throw new TypeError(`createJournal.store must be an operation store: it has no ${call}()`)
  if (secret === '') throw new RangeError('createJournal.secret must not be empty')
  const secretHeader = keepHeaders.find((name) => credentials.test(name))
  if (secretHeader !== undefined)
    throw new TypeError(
      `createJournal.keepHeaders must not name ${secretHeader}: credentials are not kept; give them to recover's headersFor`,
    )
  return {
    store,
    clock,
    random: options.random ?? systemRandom,
    naming: createNaming({ namespace, secret }),
    leases: createLeases(store, clock, leaseMs),
    waitMs: options.waitMs ?? 30_000,
    storeTimeoutMs: options.storeTimeoutMs ?? 15_000,
    keepRequests,
    keepHeaders: new Set(keepHeaders.map((name) => name.toLowerCase())),
    maxAnswerBytes: options.maxAnswerBytes ?? 65_536,
    keepSettledMs: options.keepSettledMs ?? 30 * 86_400_000,
    makeToken: createTokens(),
    active: new Map(),
    unfinished: new Set(),
    closing: new AbortController(),
  }
}

/** Tokens that are random by their first part, and told apart by a number: drawing takes longer than counting. */
function createTokens(): () => string {
  let prefix: string | undefined
  let count = 0
  return () => {
    // Not before the first one is made: Workers refuse to draw while a module loads.
    prefix ??= [...crypto.getRandomValues(new Uint32Array(4))].map((word) => word.toString(36)).join('')
    count += 1
    return `${prefix}-${count.toString(36)}`
  }
}
