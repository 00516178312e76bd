import { parseRateLimitReset } from './rate-limit.js'
import { readRetryAfter, readSentMs } from './retry-after.js'

/**
 * Reads how long the server asks to wait before the next request, in milliseconds: from `Retry-After` or one of its forms in
 * milliseconds, and where a 413, 429 or 503 has neither, from the headers of its rate limit. `undefined` when it asks for no
 * wait.
 *
 * `Retry-After` comes first, "now" included: a rate limit may name the end of a window that has nothing to do with this answer.
 */
export function parseWait(status: number, headers: Pick<Headers, 'get'>, nowMs: number): number | undefined {
  const sentMs = readSentMs(headers, nowMs)
  const delayMs = readRetryAfter(headers, sentMs)
  if (delayMs !== undefined) return delayMs > 0 ? delayMs : undefined
  return [413, 429, 503].includes(status) ? parseRateLimitReset(headers, sentMs) : undefined
}
