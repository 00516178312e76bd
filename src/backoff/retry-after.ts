const httpDate = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? /i

/** The three date forms of HTTP; the last one (asctime) does not say that it is in GMT. */
function parseHttpDate(value: string | null): number {
  if (value === null || !httpDate.test(value)) return NaN
  return Date.parse(value.endsWith('GMT') ? value : `${value} GMT`)
}

/** A number of `unit` milliseconds, `undefined` unless it is more than 0. */
function parseDelay(value: string | null, unit: number): number | undefined {
  if (value === null || !/^\d+(?:\.\d+)?$/.test(value)) return undefined
  return Number(value) * unit || undefined
}

/**
 * Reads how long the server asks to wait, in milliseconds, from `retry-after-ms` or `Retry-After` (seconds or date).
 * A date is measured against the response's own `Date`, so that a client whose clock is wrong waits the right time.
 * Garbage, zero, negative numbers and dates that have passed are ignored, as if the header were absent: "now" is no
 * reason to come back faster than one's own backoff.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 | RFC 9110, section 10.2.3}
 */
export function parseRetryAfter(headers: Headers, nowMs: number): number | undefined {
  const value = headers.get('retry-after')
  const delayMs = parseDelay(headers.get('retry-after-ms'), 1) ?? parseDelay(value, 1000)
  if (delayMs !== undefined) return delayMs
  const sentMs = parseHttpDate(headers.get('date'))
  const untilMs = parseHttpDate(value) - (Number.isNaN(sentMs) ? nowMs : sentMs)
  return untilMs > 0 ? untilMs : undefined
}
