import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readKeyTime } from '../../src/key/key-time.js'

describe('readKeyTime', () => {
  it.each([
    ['017f22e2-79b0-7cc3-98c4-dc0c0c07398f', Date.UTC(2022, 1, 22, 19, 22, 22)],
    ['017f22e279b07cc398c4dc0c0c07398f', Date.UTC(2022, 1, 22, 19, 22, 22)],
    ['017F22E2-79B0-7CC3-98C4-DC0C0C07398F', Date.UTC(2022, 1, 22, 19, 22, 22)],
    ['00000000-0000-7000-8000-000000000000', 0],
    ['ffffffff-ffff-7fff-bfff-ffffffffffff', 2 ** 48 - 1],
  ])('reads %s (RFC 9562, section 5.7 and appendix A.6)', (key, ms) => {
    expect(readKeyTime(key)).toBe(ms)
  })

  it.each([
    '',
    'order-7',
    '8e03978e-40d5-43e8-bc93-6894a57f9324',
    '017f22e2-79b0-1cc3-98c4-dc0c0c07398f',
    '017f22e2-79b0-7cc3-08c4-dc0c0c07398f',
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398',
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f0',
    ' 017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
    'order-017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398g',
  ])('finds no time in %j', (key) => {
    expect(readKeyTime(key)).toBeUndefined()
  })

  it('reads back any time that a UUIDv7 holds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.boolean(), (ms, dashed) => {
        const hex = ms.toString(16).padStart(12, '0')
        const key = `${hex.slice(0, 8)}-${hex.slice(8)}-7cc3-98c4-dc0c0c07398f`
        expect(readKeyTime(dashed ? key : key.replaceAll('-', ''))).toBe(ms)
      }),
    )
  })
})
