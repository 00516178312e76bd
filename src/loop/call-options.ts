import { checkOption, checkOptions, type Checks } from '../errors/check-option.js'
import type { RetryOptions } from '../retry/retry-policy.js'
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
}

const callChecks: Checks = { ...endChecks, writes: writesCheck, retry: 'object', firstSentAt: [0] }

/** The options of one call, checked: `firstSentAt` in milliseconds. */
export type CheckedCallOptions = Omit<CallOptions, 'firstSentAt'> & {
  readonly firstSentMs: number | undefined
}

/** @throws `TypeError` or `RangeError` that names the option. */
export function checkCallOptions(options: CallOptions): CheckedCallOptions {
  checkOption('idempotency', options, 'object')
  const { firstSentAt, ...rest } = options
  const firstSentMs = firstSentAt instanceof Date ? firstSentAt.getTime() : firstSentAt
  checkOptions('idempotency', { ...rest, firstSentAt: firstSentMs }, callChecks)
  return { ...rest, firstSentMs }
}
