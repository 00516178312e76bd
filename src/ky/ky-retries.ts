import type { Backoff } from '../backoff/backoff.js'
import { parseWait } from '../backoff/parse-wait.js'
import type { Allowance } from '../retry/decide.js'
import { countRetries, type KyCall, type LastAttempt } from './ky-call.js'
import { isConnectionFailure, isTimeoutError } from './ky-errors.js'
import type { KyRetryOptions } from './ky-shapes.js'

/**
 * ky 1 shows no options as they were given. Where nobody sets a limit, it has this one: ky's own default of 2, as an object,
 * by which a write can tell that nobody has set it. ky 2 never sees it.
 */
export const unsetLimit = Object(2) as number

/** What ky 1 fills in, as text. */
const defaults: { readonly [name: string]: RegExp } = {
  // Only the first major knows a method less.
  methods: /^get,put,head,delete,options,trace(?:,query)?$/,
  statusCodes: /^408,413,429,500,502,503,504$/,
  afterStatusCodes: /^413,429,503$/,
  delay: /^300,600,1200$/,
  backoffLimit: /^Infinity$/,
  maxRetryAfter: /^Infinity$/,
}

function isSet([name, value]: [string, unknown]): boolean {
  if (name === 'limit') return value !== unsetLimit
  // In ky 1, one that nobody has set is our `0`.
  if (name === 'retryOnTimeout') return typeof value === 'boolean'
  // By its source first: a function of the user's own is not called at times when ky would not call it.
  const isKys = name === 'delay' && /\.3\b/.test(String(value))
  const shown = isKys ? [1, 2, 3].map(value as (retry: number) => number) : value
  return !defaults[name]?.test(String(shown))
}

/** What a user has set of ky's retry options; whatever nobody has set is absent. */
export type OwnRetryOptions = Readonly<KyRetryOptions>

/** Leaves of ky's retry options those that a user has set, whichever major completes them. */
export function readOwnOptions(given: KyRetryOptions | number | undefined): OwnRetryOptions {
  if (typeof given === 'number') return { limit: given }
  return Object.fromEntries(Object.entries(given ?? {}).filter(isSet))
}

/** How long a write waits before it is sent again, by what its user has set; `undefined` where that is nothing. */
export function readBackoff({
  delay,
  jitter,
  backoffLimit = Infinity,
}: OwnRetryOptions): Backoff | undefined {
  if (delay === undefined && jitter === undefined && backoffLimit === Infinity) return undefined
  const base = delay ?? ((retry: number) => 0.3 * 2 ** (retry - 1) * 1000)
  return (retry, random) => {
    const delayMs = base(retry)
    const jittered = typeof jitter === 'function' ? jitter(delayMs) : delayMs
    const isUsable = Number.isFinite(jittered) && jittered >= 0
    // Without a word of the user, writes that failed together do not come back together.
    const spread = jitter === false ? 1 : typeof jitter === 'function' ? 1 : random()
    return Math.min(backoffLimit, (isUsable ? jittered : delayMs) * spread)
  }
}

/** What ky makes of a wait that the server asks for, by what its user has set. */
export function limitWait(
  { afterStatusCodes, maxRetryAfter = Infinity }: OwnRetryOptions,
  { last }: { readonly last?: LastAttempt },
  status: number,
  waitMs: number,
): number | undefined {
  // A yes of the user's own does not wait for the server.
  const isHeeded = afterStatusCodes?.includes(status) !== false && last?.isWanted !== true
  return isHeeded ? Math.min(waitMs, maxRetryAfter) : undefined
}

/** Whether ky makes an error of an answer. */
function isThrown(call: KyCall, { ok, status, type }: Response): boolean {
  const { throwHttpErrors = true } = call.options
  if (ok || type === 'opaque') return false
  if (typeof throwHttpErrors !== 'function') return throwHttpErrors
  call.thrown = undefined
  call.thrown = { status, isThrown: throwHttpErrors(status) }
  return call.thrown.isThrown
}

/** What a user says of a retry by ky's own options. Ours decides; this is what it is given. `show` makes ky's error of the attempt. */
export async function readAllowance(
  call: KyCall,
  last: LastAttempt,
  { method, nowMs, show }: { readonly method: string; readonly nowMs: number; readonly show: () => Error },
): Promise<Allowance> {
  const { attempted, answer, error } = last.result
  const { methods, statusCodes, retryOnTimeout, shouldRetry } = call.retry ?? {}
  if (methods?.some((one) => one.toLowerCase() === method.toLowerCase()) === false) return 'refused'
  // ky takes what it does not throw for a success.
  if (answer !== undefined && !isThrown(call, answer)) return 'refused'
  const said = shouldRetry && (await shouldRetry({ error: show(), retryCount: countRetries(call) + 1 }))
  if (said === false) return 'refused'
  if (said === true) {
    last.isWanted = true
    return 'wanted'
  }
  if (answer === undefined || 'lost' in attempted) {
    const isTimeout = ('lost' in attempted && attempted.isTimeout) || isTimeoutError(error)
    if (isTimeout) return retryOnTimeout === false ? 'refused' : 'allowed'
    // An error of the fetch itself: to send again would not help.
    return isConnectionFailure(error) ? 'allowed' : 'refused'
  }
  const { status, headers } = attempted
  if (status === 413) {
    // ky takes one that says how long to wait for one that will pass.
    const hasWait = headers.has('retry-after') || parseWait(status, headers, nowMs) !== undefined
    if (!hasWait) return 'refused'
    if (statusCodes === undefined) return 'wanted'
  }
  if (statusCodes === undefined) return 'allowed'
  return statusCodes.includes(status) ? 'wanted' : 'refused'
}
