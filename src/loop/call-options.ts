import { checkOption, checkOptions, type Checks } from '../errors/check-option.js'
import type { OperationJournal } from '../operation/operation-journal.js'
import type { RetryOptions } from '../retry/retry-policy.js'
import type { BodyReading } from '../transport/decide-reading.js'
import { isDate } from '../transport/web-shapes.js'
import { endChecks, type EndOptions } from './end-options.js'
import { writesCheck, type WritePolicy } from './operation-options.js'

/** What can be set for one call, over the options of the wrapper. */
export interface CallOptions extends EndOptions {
  /**
   * How far retries may go for this call after a lost answer or a 5xx: `'keyed'`, `'never'`, or `'always'`, which
   * resends even without a key. **`'always'` can apply a write twice**: choose it only for a server that drops
   * duplicates in some other way.
   *
   * @defaultValue that of the wrapper, which is `'keyed'` unless set
   */
  readonly writes?: WritePolicy | undefined
  /**
   * How often, how long and how hard this call is retried. ky has options of its own for that, and does not read this one.
   *
   * @defaultValue each option that is left out is that of the wrapper
   */
  readonly retry?: RetryOptions | undefined
  /**
   * When this key was first sent, as a date or in milliseconds since the epoch. Give it when an earlier call, maybe of
   * another process, may have sent it: the key's age counts from then, and no answer is taken for a definite "not applied".
   *
   * @defaultValue the time inside a UUIDv7, else now
   */
  readonly firstSentAt?: Date | number | undefined
  /**
   * Whether the body of the answer is read within the attempt, so that a connection that breaks off is retried, or streams to
   * the caller as it comes.
   *
   * @defaultValue by the type and the length of the answer: JSON is read, lines and events stream
   */
  readonly response?: BodyReading | undefined
  /** Names the operation for ever: the same id, in whichever process or job, is the same write. Needs a journal. @defaultValue none */
  readonly operationId?: string | undefined
  /** The name of this step, inside of a run. @defaultValue counted per method and path */
  readonly step?: string | undefined
  /** Operations of one lane are recovered in their order. @defaultValue none */
  readonly lane?: string | undefined
  /** The journal of this call, such as a run. @defaultValue that of the wrapper */
  readonly journal?: OperationJournal | undefined
}

const callChecks: Checks = {
  ...endChecks,
  writes: writesCheck,
  retry: 'object',
  firstSentAt: [0],
  response: ['read', 'stream'],
  operationId: 'string',
  step: 'string',
  lane: 'string',
  journal: 'object',
}

/** The options of one call, checked: `firstSentAt` in milliseconds. */
export type CheckedCallOptions = Omit<CallOptions, 'firstSentAt'> & {
  readonly firstSentMs: number | undefined
}

/** @throws `TypeError` or `RangeError` that names the option. */
export function checkCallOptions(options: CallOptions): CheckedCallOptions {
  checkOption('idempotency', options, 'object')
  const { firstSentAt } = options
  const isInMs = !isDate(firstSentAt)
  const firstSentMs = isInMs ? firstSentAt : firstSentAt.getTime()
  const inMs = { firstSentAt: { value: firstSentMs, enumerable: true } }
  // Only for a date: an object that becomes a prototype is slow to read from then on.
  checkOptions('idempotency', isInMs ? options : Object.create(options, inMs), callChecks)
  const taken: Record<string, unknown> = { firstSentMs }
  // Not spread: that would lose what is inherited, such as the `writes` of an object that was made from another.
  for (const name in callChecks) {
    const value = options[name as keyof CallOptions]
    if (value !== undefined && name !== 'firstSentAt') taken[name] = value
  }
  return taken as unknown as CheckedCallOptions
}
