const httpDate = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? /i

/**
 * Reads the three date forms of HTTP, in milliseconds since the epoch; `NaN` for anything else. The last form (asctime) does
 * not say that it is in GMT.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 | RFC 9110, section 5.6.7}
 */
export function parseHttpDate(value: string | null): number {
  if (value === null || !httpDate.test(value)) return NaN
  return Date.parse(value.endsWith('GMT') ? value : `${value} GMT`)
}
