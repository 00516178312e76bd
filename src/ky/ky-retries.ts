import type { KyCall } from './ky-call.js'
import type { KyRetryOptions, KySendOptions } from './ky-shapes.js'

/** Whether ky makes an error of what an attempt brought and asks for another one after it. */
export function isRetried(
  { retry = {} }: KyCall,
  { throwHttpErrors = true }: KySendOptions,
  method: string,
  status: number | undefined,
): boolean {
  const { methods, statusCodes } = retry as KyRetryOptions
  if (methods?.includes(method.toLowerCase()) === false) return false
  if (status === undefined) return true
  const isThrown = typeof throwHttpErrors === 'function' ? throwHttpErrors(status) : throwHttpErrors
  return isThrown && statusCodes?.includes(status) === true
}

/** How long ky waits because the server says so, in milliseconds: it reads headers that nobody else does. */
export function readWait({ retry = {} }: KyCall, { status, headers }: Response): number {
  const { afterStatusCodes, maxRetryAfter = Infinity } = retry as KyRetryOptions
  const limits = ['ratelimit-reset', 'x-ratelimit-retry-after', 'x-ratelimit-reset', 'x-rate-limit-reset']
  const value = ['retry-after', ...limits].map((name) => headers.get(name)).find(Boolean)
  if (!value || !afterStatusCodes?.includes(status)) return 0
  const ms = Number(value) * 1000
  // A number of seconds, a point in time as one, or a date.
  const isPoint = !(ms < Date.parse('2024-01-01'))
  const waitMs = isPoint ? (ms || Date.parse(value)) - Date.now() : ms
  return Math.min(waitMs, maxRetryAfter)
}
