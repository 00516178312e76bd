import { parseHttpDate } from './http-date.js'

const decimals = /^\d+(?:\.\d+)?(?:, ?\d+(?:\.\d+)?)*$/

/**
 * A number of `unit` milliseconds, 0 included; `undefined` for garbage. Of several, as when a proxy has added one of its own, the
 * longest counts.
 */
function parseDelay(value: string | null, unit: number): number | undefined {
  return value !== null && decimals.test(value) ? Math.max(...value.split(',').map(Number)) * unit : undefined
}

/** When the server sent its answer: by its own clock where it says so, so that a client whose clock is wrong waits the right time. */
export function readSentMs(headers: Pick<Headers, 'get'>, nowMs: number): number {
  const sentMs = parseHttpDate(headers.get('date'))
  return Number.isNaN(sentMs) ? nowMs : sentMs
}

/** The wait that the server names, 0 or less where it says "now"; `undefined` when it says nothing that can be read. */
export function readRetryAfter(headers: Pick<Headers, 'get'>, sentMs: number): number | undefined {
  const value = headers.get('retry-after')
  // Azure and AWS have names of their own for it.
  const ms = ['retry-after-ms', 'x-ms-retry-after-ms', 'x-amz-retry-after'].map((name) => headers.get(name))
  const inMs = parseDelay(ms.find((given) => given !== null) ?? null, 1)
  const delayMs = inMs || (parseDelay(value, 1000) ?? inMs)
  if (delayMs !== undefined) return delayMs
  const untilMs = parseHttpDate(value) - sentMs
  return Number.isNaN(untilMs) ? undefined : untilMs
}

/**
 * Reads how long the server asks to wait, in milliseconds, from `retry-after-ms` and the names of Azure and AWS for it, or
 * `Retry-After` (seconds or date). A date is measured against the response's own `Date`. Garbage, zero, negative numbers and dates
 * that have passed are ignored, as if the header were absent: "now" is no reason to come back faster than one's own backoff.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 | RFC 9110, section 10.2.3}
 */
export function parseRetryAfter(headers: Pick<Headers, 'get'>, nowMs: number): number | undefined {
  const delayMs = readRetryAfter(headers, readSentMs(headers, nowMs)) ?? 0
  return delayMs > 0 ? delayMs : undefined
}
