const httpDate = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? /i

/** The three date forms of HTTP; the last one (asctime) does not say that it is in GMT. */
function parseHttpDate(value: string | null): number {
  if (value === null || !httpDate.test(value)) return NaN
  return Date.parse(value.endsWith('GMT') ? value : `${value} GMT`)
}

/**
 * Reads how long the server asks to wait, in milliseconds, from `retry-after-ms` or `Retry-After` (seconds or date).
 * A date is measured against the response's own `Date`, so that a client whose clock is wrong waits the right time.
 * Garbage, negative numbers and dates that have passed are ignored, as if the header were absent.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 | RFC 9110, section 10.2.3}
 */
export function parseRetryAfter(headers: Headers, nowMs: number): number | undefined {
  const ms = headers.get('retry-after-ms')
  if (ms !== null && /^\d+(?:\.\d+)?$/.test(ms)) return Number(ms)
  const value = headers.get('retry-after')
  if (value === null) return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const sentMs = parseHttpDate(headers.get('date'))
  const delayMs = parseHttpDate(value) - (Number.isNaN(sentMs) ? nowMs : sentMs)
  return delayMs > 0 ? delayMs : undefined
}
