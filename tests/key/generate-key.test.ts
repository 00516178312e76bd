import { describe, expect, it } from 'vitest'
import { generateHexKey, generateKey, generateRandomKey } from '../../src/key/generate-key.js'
import { readKeyTime } from '../../src/key/key-time.js'
import { uuidForm, uuidV4Form } from '../../src/key/uuid-form.js'

const many = (generate: () => string) => Array.from({ length: 5000 }, generate)

describe('generateKey', () => {
  it('makes UUIDv7s (RFC 9562, section 5.7)', () => {
    for (const key of many(generateKey))
      expect(key).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  })

  it('makes each key once, in the order of time', () => {
    const keys = many(generateKey)
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.toSorted()).toEqual(keys)
  })

  it('carries the time at which the key was made', () => {
    const before = Date.now()
    const made = readKeyTime(generateKey())
    expect(made).toBeGreaterThanOrEqual(before)
    expect(made).toBeLessThanOrEqual(Date.now() + 1)
  })
})

describe('generateHexKey', () => {
  it('makes 32 lower-case hex digits, each key once, in the order of time', () => {
    const keys = many(generateHexKey)
    for (const key of keys) expect(key).toMatch(/^[\da-f]{32}$/)
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.toSorted()).toEqual(keys)
    expect(readKeyTime(keys[0] as string)).toEqual(expect.any(Number))
  })
})

describe('generateRandomKey', () => {
  it('makes UUIDs version 4, each key once', () => {
    const keys = many(generateRandomKey)
    for (const key of keys) expect(key).toMatch(uuidV4Form)
    expect(new Set(keys).size).toBe(keys.length)
    expect(readKeyTime(keys[0] as string)).toBeUndefined()
  })
})

describe('uuidForm', () => {
  it.each(['01890a5d-ac96-774b-bcce-b302099a8057', '8E03978E-40D5-43E8-BC93-6894A57F9324'])(
    'fits %s',
    (key) => {
      expect(key).toMatch(uuidForm)
    },
  )

  it.each([
    '01890a5dac96774bbcceb302099a8057',
    '{01890a5d-ac96-774b-bcce-b302099a8057}',
    'urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057',
    '01890a5d-ac96-774b-bcce-b302099a805',
    '01890a5d-ac96-774b-bcce-b302099a805g',
    '01890a5d-ac96-774b-bcce-b302099a8057\n',
  ])('does not fit %j', (key) => {
    expect(key).not.toMatch(uuidForm)
  })
})
