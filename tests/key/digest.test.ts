import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createDigest, toHex } from '../../src/key/digest.js'

const content = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'binary-ascii', maxLength: 200 }),
  fc.uint8Array({ maxLength: 200 }),
)

afterEach(() => void vi.unstubAllGlobals())

describe.each([
  ['node:crypto', process],
  ['no module of the runtime', { getBuiltinModule: () => undefined }],
  ['no process', undefined],
  ['a node:crypto without hash()', { getBuiltinModule: () => ({ createHmac }) }],
])('createDigest over %s', (_, runtime) => {
  it('gives SHA-256, and HMAC under a secret, of bytes and of text as UTF-8', () => {
    vi.stubGlobal('process', runtime)
    const plain = createDigest()
    const sealed = createDigest('a secret')
    vi.unstubAllGlobals()
    fc.assert(
      fc.property(content, (given) => {
        expect(plain(given)).toBe(createHash('sha256').update(given).digest('hex'))
        expect(sealed(given)).toBe(createHmac('sha256', 'a secret').update(given).digest('hex'))
      }),
      { seed: 17 },
    )
  })
})

describe('toHex', () => {
  it('writes each octet as two digits', () => {
    expect(toHex(Uint8Array.of(0, 9, 16, 255))).toBe('000910ff')
  })
})
