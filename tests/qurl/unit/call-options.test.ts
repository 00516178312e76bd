import { describe, expect, it } from 'vitest'
import { resolveCallOptions, type RequestOptions } from '../../../src/qurl/call-options.js'
import { ValidationError } from '../../../src/qurl/errors.js'

describe('resolveCallOptions', () => {
  it('takes nothing', () => {
    expect(resolveCallOptions(undefined, true)).toMatchObject({
      signal: undefined,
      timeoutMs: undefined,
      key: undefined,
      firstSentMs: undefined,
    })
  })

  it('takes everything', () => {
    const { signal } = new AbortController()
    const headers = { 'X-Trace': '1' }
    const resolved = resolveCallOptions({ signal, timeout: 2 ** 40, headers, idempotencyKey: 'job-1' }, true)
    expect(resolved).toMatchObject({ signal, timeoutMs: 2 ** 31 - 1, key: 'job-1' })
    expect([...(resolved.headers ?? [])]).toEqual([['x-trace', '1']])
  })

  it.each(['x', 'job 1', '~'.repeat(256), '"quoted"'])('takes the key %j', (idempotencyKey) => {
    expect(resolveCallOptions({ idempotencyKey }, true).key).toBe(idempotencyKey)
  })

  it.each(['', ' job', 'job ', 'a\tb', 'a\nb', 'ä', 'x'.repeat(257), 7, {}, null])(
    'refuses the key %j',
    (key) => {
      expect(() => resolveCallOptions({ idempotencyKey: key as string }, true)).toThrow(
        /options.idempotencyKey/,
      )
    },
  )

  it('holds a key to the length that the endpoint needs', () => {
    const withKey = (length: number) => () =>
      resolveCallOptions({ idempotencyKey: 'x'.repeat(length) }, true, 32)
    expect(withKey(31)).toThrow(/32 to 256/)
    expect(withKey(32)).not.toThrow()
  })

  it('refuses a key where there is nothing to key', () => {
    expect(() => resolveCallOptions({ idempotencyKey: 'job-1' } as never, false)).toThrow(/unknown option/)
  })

  it.each([
    [new Date(1_780_000_000_000), 1_780_000_000_000],
    [1_780_000_000_000, 1_780_000_000_000],
    [0, 0],
  ])('takes the time at which the key was first sent: %o', (firstSentAt, firstSentMs) => {
    const options = { idempotencyKey: 'job-1', firstSentAt } as RequestOptions
    expect(resolveCallOptions(options, true).firstSentMs).toBe(firstSentMs)
  })

  it.each([-1, Number.NaN, new Date('no date'), '2026-06-01T12:00:00Z', {}, [], true])(
    'refuses %o as the time at which the key was first sent',
    (firstSentAt) => {
      const options = { idempotencyKey: 'job-1', firstSentAt } as RequestOptions
      expect(() => resolveCallOptions(options, true)).toThrow(ValidationError)
      expect(() => resolveCallOptions(options, true)).toThrow(
        /options\.firstSentAt: must be a date or milliseconds/,
      )
    },
  )

  it.each([{}, { idempotencyKey: undefined }])('refuses such a time without a key: %o', (options) => {
    const given = { ...options, firstSentAt: Date.now() }
    expect(() => resolveCallOptions(given, true)).toThrow(/options\.firstSentAt: needs the idempotencyKey/)
  })

  it('refuses such a time where there is nothing to key', () => {
    expect(() => resolveCallOptions({ firstSentAt: 0 } as never, false)).toThrow(/unknown option/)
  })

  it.each([
    [{ retries: 3 }, /unknown option "retries"/],
    [{ signal: {} }, /options.signal/],
    [{ timeout: 0 }, /options.timeout/],
    [{ timeout: '5' }, /options.timeout/],
    [{ headers: { 'bad name': '1' } }, /options.headers/],
    [{ headers: { 'X-A': 'line\nbreak' } }, /options.headers/],
    [{ headers: { 'idempotency-KEY': 'job-1' } }, /options.idempotencyKey/],
    [{ headers: { 'Content-Type': 'text/plain' } }, /content-type cannot be set/],
    ['job-1', /options: must be an object/],
    [[], /options: must be an object/],
  ])('refuses %o', (options, message) => {
    expect(() => resolveCallOptions(options as never, true)).toThrow(message)
  })

  it('does not show a header that cannot be sent', () => {
    expect(() => resolveCallOptions({ headers: { 'X-Token': 'secret\0' } }, true)).not.toThrow(/secret/)
  })
})
