import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { parseWait } from '../../src/backoff/parse-wait.js'

const now = Date.UTC(2026, 10, 28, 6, 0, 0)
const seconds = now / 1000
const wait = (headers: Record<string, string>, status = 429, nowMs = now) =>
  parseWait(status, new Headers(headers), nowMs)

describe('parseWait', () => {
  it.each([200, 202, 409, 425, 429, 500, 503])('reads Retry-After of a %i', (status) => {
    expect(wait({ 'Retry-After': '3' }, status)).toBe(3000)
    for (const name of ['retry-after-ms', 'x-ms-retry-after-ms', 'x-amz-retry-after'])
      expect(wait({ [name]: '250', 'Retry-After': '3' }, status)).toBe(250)
  })

  it.each([200, 409, 425, 500, 502, 504])('reads no rate limit of a %i', (status) => {
    expect(wait({ 'RateLimit-Reset': '3', RateLimit: '"a";r=0;t=3' }, status)).toBeUndefined()
  })

  it.each<[string, Record<string, string>, number]>([
    ['RateLimit of the current draft', { RateLimit: '"default";r=0;t=3' }, 3000],
    [
      'RateLimit with its parameters in another order',
      { RateLimit: '"default";t=3;r=0;pk=:cHsdsRa894==:' },
      3000,
    ],
    ['RateLimit with spaces', { RateLimit: '"default"; r=0; t=3' }, 3000],
    ['RateLimit with a token for its name', { RateLimit: 'hourly;r=0;t=3' }, 3000],
    [
      'the longest of the policies that are used up',
      { RateLimit: '"a";r=0;t=3, "b";r=0;t=9, "c";r=5;t=60' },
      9000,
    ],
    ['a name that looks like parameters', { RateLimit: '"x;r=9;t=70, \\"y";r=0;t=3' }, 3000],
    ['RateLimit of an older draft', { RateLimit: 'limit=100, remaining=0, reset=3' }, 3000],
    [
      'RateLimit-Reset',
      { 'RateLimit-Limit': '10', 'RateLimit-Remaining': '0', 'RateLimit-Reset': '3' },
      3000,
    ],
    ['RateLimit-Reset alone', { 'RateLimit-Reset': '3' }, 3000],
    ['RateLimit-Reset as a time', { 'RateLimit-Reset': `${seconds + 3}` }, 3000],
    ['X-RateLimit-Reset in seconds', { 'X-RateLimit-Reset': '3' }, 3000],
    ['X-RateLimit-Reset in fractions', { 'X-RateLimit-Reset': '0.5' }, 500],
    ['X-RateLimit-Reset as a time in seconds', { 'X-RateLimit-Reset': `${seconds + 3}` }, 3000],
    ['X-RateLimit-Reset as a time in fractions', { 'X-RateLimit-Reset': `${seconds + 3}.5` }, 3500],
    ['X-RateLimit-Reset as a time in milliseconds', { 'X-RateLimit-Reset': `${now + 3000}` }, 3000],
    ['X-RateLimit-Reset as an HTTP date', { 'X-RateLimit-Reset': 'Sat, 28 Nov 2026 06:00:03 GMT' }, 3000],
    ['X-RateLimit-Reset as an instant', { 'X-RateLimit-Reset': '2026-11-28T06:00:03Z' }, 3000],
    [
      'X-RateLimit-Reset as an instant elsewhere',
      { 'X-RateLimit-Reset': '2026-11-28T07:00:03.5+01:00' },
      3500,
    ],
    ['X-Rate-Limit-Reset', { 'X-Rate-Limit-Reset': `${seconds + 3}` }, 3000],
    ['X-RateLimit-Reset-After', { 'X-RateLimit-Reset-After': '1.5' }, 1500],
    ['X-RateLimit-Retry-After', { 'X-RateLimit-Retry-After': '3' }, 3000],
    [
      'the header that names the wait before the one that names the window',
      { 'X-RateLimit-Retry-After': '3', 'X-RateLimit-Reset': '900' },
      3000,
    ],
    ['RateLimit before the older headers', { RateLimit: '"a";r=0;t=3', 'X-RateLimit-Reset': '900' }, 3000],
    [
      'the next header where one cannot be read',
      { RateLimit: 'soon', 'RateLimit-Reset': 'later', 'X-RateLimit-Reset': '3' },
      3000,
    ],
    [
      'the limit that is used up',
      {
        'RateLimit-Remaining': '7',
        'RateLimit-Reset': '900',
        'X-RateLimit-Remaining': '0',
        'X-RateLimit-Reset': '3',
      },
      3000,
    ],
    ['the rate limit where Retry-After is garbage', { 'Retry-After': 'soon', 'RateLimit-Reset': '3' }, 3000],
    [
      'a long wait as it is: whether to wait so long is for the policy',
      { 'X-RateLimit-Reset': '86400' },
      86_400_000,
    ],
  ])('reads %s', (_, headers, ms) => {
    expect(wait(headers)).toBe(ms)
    for (const status of [413, 503]) expect(wait(headers, status)).toBe(ms)
  })

  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['a RateLimit of which something is left', { RateLimit: '"a";r=1;t=3' }],
    ['a RateLimit without a reset', { RateLimit: '"a";r=0' }],
    ['a RateLimit without what is left', { RateLimit: '"a";t=3' }],
    ['an older RateLimit of which something is left', { RateLimit: 'limit=9, remaining=1, reset=3' }],
    ['a RateLimit that resets now', { RateLimit: '"a";r=0;t=0' }],
    ['a negative reset', { RateLimit: '"a";r=0;t=-3' }],
    ['a reset with a fraction, which is no sf-integer', { RateLimit: '"a";r=0;t=3.5' }],
    ['a name that is never closed', { RateLimit: '"a;r=0;t=3' }],
    ['a policy', { 'RateLimit-Policy': '"a";q=10;w=60' }],
    ['a window of which something is left', { 'X-RateLimit-Remaining': '4999', 'X-RateLimit-Reset': '900' }],
    ['the same, spelt otherwise', { 'X-Rate-Limit-Remaining': '1', 'X-Rate-Limit-Reset': '900' }],
    ['the same, of the older draft', { 'RateLimit-Remaining': '1', 'RateLimit-Reset': '900' }],
    ['a time that has passed', { 'X-RateLimit-Reset': `${seconds - 3}` }],
    ['a time in milliseconds that has passed', { 'X-RateLimit-Reset': `${now - 3}` }],
    ['a date that has passed', { 'X-RateLimit-Reset': 'Sat, 28 Nov 2026 05:59:59 GMT' }],
    ['an instant without an offset', { 'X-RateLimit-Reset': '2026-11-28T06:00:03' }],
    ['a day', { 'X-RateLimit-Reset': '2026-11-29' }],
    ['two values', { 'X-RateLimit-Reset': '3, 60' }],
    ['a duration', { 'X-RateLimit-Reset': '6m0s' }],
    ['a negative number', { 'X-RateLimit-Reset': '-3' }],
    ['an exponent', { 'X-RateLimit-Reset': '3e3' }],
    ['a hexadecimal number', { 'X-RateLimit-Reset': '0x3' }],
    ['zero', { 'X-RateLimit-Reset': '0' }],
    ['an empty value', { 'X-RateLimit-Reset': '' }],
    ['a rate limit beside "now"', { 'Retry-After': '0', 'RateLimit-Reset': '900' }],
    ['a rate limit beside "now" in milliseconds', { 'retry-after-ms': '0', 'RateLimit-Reset': '900' }],
    [
      'a rate limit beside a date that has passed',
      { 'Retry-After': 'Sat, 28 Nov 2026 05:59:59 GMT', 'RateLimit-Reset': '900' },
    ],
  ])('asks for no wait of its own by %s', (_, headers) => {
    expect(wait(headers)).toBeUndefined()
  })

  it('measures a time against the Date of the answer, whatever our own clock says', () => {
    const headers = { Date: 'Sat, 28 Nov 2026 06:00:00 GMT', 'X-RateLimit-Reset': `${seconds + 3}` }
    for (const nowMs of [0, now, now + 1e12]) expect(wait(headers, 429, nowMs)).toBe(3000)
  })

  it('reads an instant as it is wherever the machine stands', () => {
    vi.stubEnv('TZ', 'America/New_York')
    expect(wait({ 'X-RateLimit-Reset': '2026-11-28T06:00:03Z' })).toBe(3000)
    vi.unstubAllEnvs()
  })

  it('needs no more of the headers than get', () => {
    expect(parseWait(429, { get: (name) => (name === 'retry-after' ? '3' : null) }, now)).toBe(3000)
  })

  it('gives more than zero, or nothing, for any value', () => {
    const parts = fc.constantFrom(
      '"a"',
      ';',
      'r=0',
      't=3',
      ',',
      'remaining=0',
      'reset=9',
      ' ',
      '"',
      '\\',
      '1',
      '-',
      '.',
    )
    const values = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.integer().map(String),
      fc.array(parts, { maxLength: 12 }).map((list) => list.join('')),
    )
    const names = [
      'retry-after',
      'ratelimit',
      'ratelimit-reset',
      'x-ratelimit-reset',
      'x-ratelimit-remaining',
      'date',
    ]
    fc.assert(
      fc.property(fc.array(values, { minLength: 6, maxLength: 6 }), fc.integer(), (list, nowMs) => {
        const get = (name: string) => list[names.indexOf(name)] ?? null
        const delayMs = parseWait(429, { get }, nowMs)
        expect(delayMs === undefined || delayMs > 0).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  it('reads long hostile values in no time', () => {
    const start = performance.now()
    for (const value of [
      '"'.repeat(100_000),
      '"a";r=0;t=3,'.repeat(20_000),
      '\\"'.repeat(50_000),
      '1'.repeat(100_000) + 'x',
    ])
      wait({ RateLimit: value, 'RateLimit-Reset': value })
    expect(performance.now() - start).toBeLessThan(500)
  })
})
