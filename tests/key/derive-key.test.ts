import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import * as contracts from 'fetch-idempotency/contracts'
import type { ServerContract } from 'fetch-idempotency/contracts'
import { describe, expect, it } from 'vitest'
import { createKeyDeriver, deriveKey, type KeyPart } from '../../src/key/derive-key.js'
import { findKeyProblem } from '../../src/key/key-rules.js'
import { hmacSha256, sha256 } from '../../src/key/sha256.js'

describe('sha256', () => {
  it('gives what node:crypto gives, for every length around the blocks', () => {
    for (let length = 0; length < 200; length += 1) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 255)
      expect(Buffer.from(sha256(bytes))).toEqual(createHash('sha256').update(bytes).digest())
    }
  })

  it('reads a view of a larger buffer', () => {
    const bytes = new Uint8Array(1000).map((_, index) => index & 255).subarray(3, 777)
    expect(Buffer.from(sha256(bytes))).toEqual(createHash('sha256').update(bytes).digest())
  })
})

describe('hmacSha256', () => {
  it.each([0, 1, 63, 64, 65, 200])('gives what node:crypto gives for a secret of %i bytes', (length) => {
    const secret = new Uint8Array(length).fill(7)
    const bytes = new TextEncoder().encode('what is signed')
    expect(Buffer.from(hmacSha256(secret, bytes))).toEqual(
      createHmac('sha256', secret).update(bytes).digest(),
    )
  })
})

describe('deriveKey', () => {
  it('gives the same key for ever: a change here sends writes twice', () => {
    expect(deriveKey('charge', 'order-17')).toBe('0818dfed-59e3-8d93-a532-ce553831e673')
    expect(deriveKey('charge', 17, 18n, 'é')).toBe('b9575064-64da-8c4c-b40e-8f1c65f29ba3')
    expect(createKeyDeriver({ secret: 'secret' })('charge', 'order-17')).toBe(
      'ed78eeeb-48cf-853c-a658-b7b2df305561',
    )
  })

  it('gives a UUID of version 8', () => {
    expect(deriveKey('a')).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  })

  it('gives different keys for different lists of parts', () => {
    const part = fc.oneof(
      fc.constantFrom('a', 'b', 'ab', '1', '1:', '1:a', ':', '2:ab'),
      fc.string({ minLength: 1, unit: 'grapheme' }),
    )
    const list = fc.array(part, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(list, list, (one, other) => {
        const isSame = JSON.stringify(one.map(normal)) === JSON.stringify(other.map(normal))
        expect(deriveKey(...one) === deriveKey(...other)).toBe(isSame)
      }),
    )
    function normal(text: string) {
      return text.normalize('NFC')
    }
  })

  it.each<[readonly KeyPart[], readonly KeyPart[]]>([
    [
      ['charge', 17],
      ['charge', '17'],
    ],
    [
      ['charge', 17n],
      ['charge', 17],
    ],
    [['caf\u00e9'], ['cafe\u0301']],
  ])('gives the same key for %o and %o', (one, other) => {
    expect(deriveKey(...one)).toBe(deriveKey(...other))
  })

  it.each<[readonly unknown[], RegExp]>([
    [[], /no parts/],
    [['charge', undefined], /part 2 must be a string, a number or a bigint, not undefined/],
    [['charge', null], /part 2 .* not null/],
    [[{}], /part 1 .* not object/],
    [[true], /not boolean/],
    [[Symbol('a')], /not symbol/],
    [['charge', ''], /part 2 is empty/],
    [[NaN], /safe integer/],
    [[0.1], /safe integer/],
    [[2 ** 53], /safe integer/],
    [['\ud800'], /well-formed/],
    [['a\udc00'], /well-formed/],
  ])('refuses %o', (parts, message) => {
    expect(() => deriveKey(...(parts as KeyPart[]))).toThrow(message)
  })
})

describe('createKeyDeriver', () => {
  const presets = Object.entries(contracts).filter((entry): entry is [string, ServerContract] => {
    const [, value] = entry
    return typeof value === 'object' && 'keyRules' in value
  })

  it.each(presets)('gives keys that fit %s', (_, contract) => {
    const keyOf = createKeyDeriver({ contract })
    const keys = Array.from({ length: 100 }, (_, index) => keyOf('charge', index))
    expect(keys.map((key) => findKeyProblem(key, contract.keyRules))).toEqual(keys.map(() => undefined))
    expect(new Set(keys).size).toBe(100)
  })

  it('gives other keys under another secret', () => {
    const keys = ['one', 'two'].map((secret) => createKeyDeriver({ secret })('a'))
    expect(new Set([...keys, deriveKey('a')]).size).toBe(3)
  })

  it.each<[object, RegExp]>([
    [{ secret: '' }, /must not be empty/],
    [{ secret: 1 }, /secret must be a string/],
    [{ salt: 'a' }, /no option "salt"/],
  ])('refuses %o', (options, message) => {
    expect(() => createKeyDeriver(options)).toThrow(message)
  })

  it('refuses key rules that no derived key fits', () => {
    const keyOf = createKeyDeriver({ contract: { keyRules: { minLength: 1, maxLength: 8 } } })
    expect(() => keyOf('a')).toThrow(/no derived key fits/)
  })
})
