import { describe, expect, it, vi } from 'vitest'
import { ValidationError } from '../../../src/qurl/errors.js'
import { resolveClientOptions } from '../../../src/qurl/resolve-client-options.js'
import { maskApiKey } from '../../../src/qurl/credential.js'

const apiKey = 'lv_live_0123456789abcdef'
const resolve = (options: object) => resolveClientOptions({ apiKey, ...options } as never, 'agent/1')

describe('resolveClientOptions', () => {
  it('fills in the defaults', () => {
    expect(resolve({})).toMatchObject({
      apiKey,
      baseUrl: 'https://api.layerv.ai',
      fetch: globalThis.fetch,
      maxRetries: 3,
      timeoutMs: 30_000,
      deadlineMs: undefined,
      maxRetryAfterMs: 60_000,
      userAgent: 'agent/1',
      retryDelay: undefined,
    })
  })

  it.each(['a', 'lv_test_x', 'eyJhbGciOi.eyJzdWIi.sig-_', '!~'])('takes the API key %j', (key) => {
    expect(resolve({ apiKey: key }).apiKey).toBe(key)
  })

  it.each([
    ['an empty one', ''],
    ['only spaces', '   '],
    ['a space within', 'lv_live secret'],
    ['a scheme', 'Bearer lv_live_secret'],
    ['a line break', 'lv_live_secret\r\nX-Evil: 1'],
    ['a trailing newline', 'lv_live_secret\n'],
    ['a NUL', 'lv_live_secret\0'],
    ['a tab', 'lv_live\tsecret'],
    ['another alphabet', 'lv_live_sécret'],
    ['a control character', 'lv_live_secret\x7f'],
    ['undefined', undefined],
    ['null', null],
    ['an object', { lv_live_secret: 1 }],
  ])('refuses an API key with %s, and does not show it', (_, key) => {
    const make = () => resolve({ apiKey: key })
    expect(make).toThrow(ValidationError)
    expect(make).not.toThrow(/lv_live|secret/)
  })

  it.each([
    ['https://api.example', 'https://api.example'],
    ['https://api.example/', 'https://api.example'],
    ['https://api.example/qurl///', 'https://api.example/qurl'],
    ['https://api.example:8443/a/b/', 'https://api.example:8443/a/b'],
    ['HTTPS://API.example', 'https://api.example'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://127.0.0.1:3000/', 'http://127.0.0.1:3000'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
  ])('takes the base URL %s', (baseUrl, expected) => {
    expect(resolve({ baseUrl }).baseUrl).toBe(expected)
  })

  it.each([
    'http://api.example',
    'http://localhost.evil.example',
    'http://0.0.0.0',
    'http://127.0.0.2',
    'http://[::2]',
    'ftp://api.example',
    'javascript:alert(1)',
    'api.example',
    '/v1',
    '',
    'https://api.example?x=1',
    'https://api.example?',
    'https://api.example#x',
    'https://api.example/#',
    'https://user@api.example',
    'https://user:hunter2@api.example',
    7,
    null,
    new URL('https://api.example'),
  ])('refuses the base URL %s', (baseUrl) => {
    if (baseUrl === null) return expect(resolve({ baseUrl }).baseUrl).toBe('https://api.layerv.ai')
    const make = () => resolve({ baseUrl })
    expect(make).toThrow(ValidationError)
    expect(make).toThrow(/^Invalid input \(0\): baseUrl/)
    expect(make).not.toThrow(/hunter2/)
  })

  it.each([
    [5, 5],
    [0, 0],
    [-1, 0],
    [2.9, 2],
    [Number.NaN, 3],
    [Number.POSITIVE_INFINITY, 3],
  ])('reads maxRetries %d as %d', (maxRetries, expected) => {
    expect(resolve({ maxRetries }).maxRetries).toBe(expected)
  })

  it.each([
    [1000, 1000],
    [0.2, 1],
    [0, 30_000],
    [-5, 30_000],
    [Number.NaN, 30_000],
    [Number.POSITIVE_INFINITY, 30_000],
    [2 ** 31 - 1, 2 ** 31 - 1],
    [2 ** 31, 2 ** 31 - 1],
    [2 ** 33, 2 ** 31 - 1],
  ])('reads timeout %d as %d milliseconds', (timeout, expected) => {
    expect(resolve({ timeout }).timeoutMs).toBe(expected)
  })

  it('takes a deadline of any length', () => {
    expect(resolve({ deadlineMs: 5000 }).deadlineMs).toBe(5000)
    expect(resolve({ deadlineMs: 2 ** 40 }).deadlineMs).toBe(2 ** 31 - 1)
  })

  it.each([
    ['maxRetries', '3'],
    ['timeout', '1000'],
    ['deadlineMs', 0],
    ['deadlineMs', -1],
    ['deadlineMs', Number.NaN],
    ['maxRetryAfterMs', -1],
    ['maxRetryAfterMs', Number.NaN],
    ['fetch', 'fetch'],
    ['retryDelay', 100],
    ['userAgent', ''],
    ['userAgent', 'a\r\nX-Evil: 1'],
    ['userAgent', 'ä'],
    ['userAgent', 1],
    ['debug', 'yes'],
    ['timeoutMs', 1000],
  ])('refuses %s: %o, by its name', (name, value) => {
    expect(() => resolve({ [name]: value })).toThrow(new RegExp(`^Invalid input \\(0\\): .*${name}`))
  })

  it.each([undefined, null, 'key', []])('refuses %o instead of options', (options) => {
    expect(() => resolveClientOptions(options as never, 'agent/1')).toThrow(ValidationError)
  })

  it('refuses a fetch that retries already', () => {
    const fetch = Object.assign(async () => new Response(), {
      [Symbol.for('fetch-idempotency.fetch')]: true,
    })
    expect(() => resolve({ fetch })).toThrow(/fetch: retries already/)
  })

  it('hands debug lines to the function, to the console, or to nobody', () => {
    const debug = vi.fn()
    resolve({ debug }).debug?.('debug', 'hello', { a: 1 })
    resolve({ debug }).debug?.('warn', 'odd', {})
    expect(debug.mock.calls).toEqual([
      ['hello', { level: 'debug', a: 1 }],
      ['odd', { level: 'warn' }],
    ])
    const toDebug = vi.spyOn(console, 'debug').mockImplementation(() => {})
    const toWarn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    for (const level of [true, 'debug', 'warn'] as const) {
      resolve({ debug: level }).debug?.('debug', `hello ${level}`, {})
      resolve({ debug: level }).debug?.('warn', `odd ${level}`, {})
    }
    expect(toDebug.mock.calls.map(([line]) => line as string)).toEqual(['hello true', 'hello debug'])
    expect(toWarn.mock.calls.map(([line]) => line as string)).toEqual(['odd true', 'odd debug', 'odd warn'])
    expect(resolve({ debug: false }).debug).toBeUndefined()
    vi.restoreAllMocks()
  })
})

describe('maskApiKey', () => {
  it.each([
    ['lv_live_0123456789', 'lv_l***6789'],
    ['123456789', '1234***6789'],
    ['12345678', '***'],
    ['x', '***'],
  ])('shows of %s only %s', (key, shown) => {
    expect(maskApiKey(key)).toBe(shown)
  })
})
