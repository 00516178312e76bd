import { parseHttpDate } from './http-date.js'

type ReadableHeaders = Pick<Headers, 'get'>

const decimal = /^\d+(?:\.\d+)?$/

/** An instant of RFC 3339: without an offset it would be read in the machine's own time zone. */
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})$/i

/** A number of seconds below this is a wait; from here on it is a time since the epoch (2001-09-09). */
const firstEpochSeconds = 1e9

/** From here on a time since the epoch is in milliseconds (1973-03-03); in seconds it would lie in the year 5138. */
const firstEpochMs = 1e11

/** Headers that name a wait or its end, the most explicit one first. */
const resetHeaders = [
  'x-ratelimit-retry-after',
  'x-ratelimit-reset-after',
  'ratelimit-reset',
  'x-ratelimit-reset',
  'x-rate-limit-reset',
]

/** How long until a reset, in milliseconds: a number of seconds, or a time in any of the forms that servers use. */
function parseReset(value: string | null, sentMs: number): number | undefined {
  if (value === null) return undefined
  const number = decimal.test(value) ? Number(value) : NaN
  const untilMs =
    number >= firstEpochMs
      ? number - sentMs
      : number >= firstEpochSeconds
        ? number * 1000 - sentMs
        : number >= 0
          ? number * 1000
          : (instant.test(value) ? Date.parse(value) : parseHttpDate(value)) - sentMs
  return untilMs > 0 ? untilMs : undefined
}

/** Reads a whole number that is a parameter of an item, such as `t=30`. */
function readParameter(item: string, names: string): number | undefined {
  const digits = new RegExp(`(?:^|;)\\s*(?:${names})=(\\d{1,15})\\s*(?:;|$)`).exec(item)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/**
 * Reads the `RateLimit` field: a list of policies, each with what is left (`r`) and the seconds until its reset (`t`). Where
 * several policies are used up, the longest wait counts. Older drafts write one policy as `limit=…, remaining=…, reset=…`.
 */
function parseRateLimit(value: string | null): number | undefined {
  if (value === null || value.length > 2_000) return undefined
  // The name of a policy is a string, which may hold any of the signs that follow.
  const bare = value.replace(/"(?:[^"\\]|\\.)*"/g, '')
  if (bare.includes('"')) return undefined
  const isOlder = /(?:^|,)\s*remaining=/.test(bare)
  const items = isOlder ? [bare.replaceAll(',', ';')] : bare.split(',')
  const waits = items.flatMap((item) =>
    readParameter(item, 'r|remaining') === 0 ? (readParameter(item, 't|reset') ?? []) : [],
  )
  return Math.max(0, ...waits) * 1000 || undefined
}

/** Whether something is left of the limit that a reset belongs to, so that it is not what the server refuses us for. */
function hasRemaining(headers: ReadableHeaders, resetHeader: string): boolean {
  const name = resetHeader.replace(/reset.*$/, 'remaining')
  return name !== resetHeader && Number(headers.get(name)) > 0
}

/**
 * Reads how long until a rate limit lets us through, in milliseconds, where a server says so in the headers of its limit. A
 * limit of which something is left is not what it refuses us for, and is ignored; so is what cannot be read.
 *
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers | RateLimit header fields for HTTP}
 */
export function parseRateLimitReset(headers: ReadableHeaders, sentMs: number): number | undefined {
  const waitMs = parseRateLimit(headers.get('ratelimit'))
  if (waitMs !== undefined) return waitMs
  for (const name of resetHeaders) {
    const untilMs = hasRemaining(headers, name) ? undefined : parseReset(headers.get(name), sentMs)
    if (untilMs !== undefined) return untilMs
  }
  return undefined
}
