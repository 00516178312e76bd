import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseRetryAfter } from '../../src/backoff/retry-after.js'

const now = Date.UTC(1994, 10, 6, 8, 49, 37)
const parse = (headers: Record<string, string>, nowMs = now) => parseRetryAfter(new Headers(headers), nowMs)

afterEach(() => void vi.unstubAllEnvs())

describe('parseRetryAfter', () => {
  it.each([
    ['1', 1000],
    ['120', 120_000],
    ['007', 7000],
    ['1.5', 1500],
    [' 3 ', 3000],
    ['86400', 86_400_000],
    ['1, 5,2', 5000],
    ['99999999999', 99_999_999_999_000],
  ])('reads %j seconds', (value, ms) => {
    expect(parse({ 'Retry-After': value })).toBe(ms)
  })

  it('reads any number of digits as a long wait, not as none', () => {
    expect(parse({ 'Retry-After': '9'.repeat(400) })).toBe(Infinity)
    expect(parse({ 'retry-after-ms': '9'.repeat(400) })).toBe(Infinity)
  })

  it.each([
    ['an IMF-fixdate', 'Sun, 06 Nov 1994 08:49:47 GMT'],
    ['an RFC 850 date', 'Sunday, 06-Nov-94 08:49:47 GMT'],
    ['an asctime date, which is in GMT without saying so', 'Sun Nov  6 08:49:47 1994'],
  ])('reads %s (RFC 9110, section 5.6.7)', (_, value) => {
    expect(parse({ 'Retry-After': value })).toBe(10_000)
  })

  it('reads an asctime date as GMT wherever the machine stands', () => {
    vi.stubEnv('TZ', 'America/New_York')
    expect(new Date(now).getHours()).toBe(3)
    expect(parse({ 'Retry-After': 'Sun Nov  6 08:49:47 1994' })).toBe(10_000)
  })

  it('measures a date against the Date of the answer, whatever our own clock says', () => {
    const headers = { 'Retry-After': 'Sun, 06 Nov 1994 08:49:47 GMT', Date: 'Sun, 06 Nov 1994 08:49:45 GMT' }
    for (const nowMs of [0, now, now + 1e12]) expect(parse(headers, nowMs)).toBe(2000)
  })

  it('measures a date against our clock when the answer’s Date is garbage', () => {
    expect(parse({ 'Retry-After': 'Sun, 06 Nov 1994 08:49:47 GMT', Date: 'yesterday' })).toBe(10_000)
  })

  it.each([
    '',
    '0',
    '0.0',
    '-1',
    '-0',
    '+5',
    '1e99',
    '1e3',
    '0x10',
    '1.',
    '.5',
    'Infinity',
    'NaN',
    'soon',
    '5s',
    '5 seconds',

    '2026-01-01T00:00:00Z',
    '06 Nov 1994 08:49:47 GMT',
    'Sun, 99 Nov 1994 08:49:47 GMT',
    'Sun, 06 Foo 1994 08:49:47 GMT',
    'Sun, tomorrow',
    'Sun, ',
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:36 GMT',
    'Thu, 01 Jan 1970 00:00:00 GMT',
  ])('takes %j as absent', (value) => {
    expect(parse({ 'Retry-After': value })).toBeUndefined()
  })

  it('is absent when there is no header', () => {
    expect(parse({})).toBeUndefined()
    expect(parse({ Date: 'Sun, 06 Nov 1994 08:49:47 GMT' })).toBeUndefined()
  })

  it.each([
    ['250', 250],
    ['0.5', 0.5],
    ['60000', 60_000],
  ])('reads retry-after-ms %j', (value, ms) => {
    expect(parse({ 'retry-after-ms': value })).toBe(ms)
  })

  it('prefers retry-after-ms', () => {
    expect(parse({ 'retry-after-ms': '250', 'Retry-After': '1' })).toBe(250)
  })

  it.each(['', '0', '-1', '1e3', 'soon'])('reads Retry-After when retry-after-ms is %j', (value) => {
    expect(parse({ 'retry-after-ms': value, 'Retry-After': '1' })).toBe(1000)
  })

  it('gives more than zero, or nothing, for any value', () => {
    const values = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    )
    fc.assert(
      fc.property(values, values, values, fc.integer(), (a, b, c, nowMs) => {
        const get = (name: string) => ({ 'retry-after': a, 'retry-after-ms': b, date: c })[name] ?? null
        const delayMs = parseRetryAfter({ get } as unknown as Headers, nowMs)
        expect(delayMs === undefined || delayMs > 0).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  it('takes a long hostile value as absent', () => {
    for (const value of ['1'.repeat(100_000) + 'x', 'sun' + 'a'.repeat(100_000), '1.'.repeat(50_000)])
      expect(parse({ 'Retry-After': value, Date: value })).toBeUndefined()
  })
})
