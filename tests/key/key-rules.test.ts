import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findKeyProblem } from '../../src/key/key-rules.js'

const rules = { minLength: 1, maxLength: 255 }

describe('findKeyProblem', () => {
  it.each(['k', '0', 'order 7', '~', '!', 'a"b\\c', 'x'.repeat(255), '01890a5d-ac96-774b-bcce-b302099a8057'])(
    'finds none in %j',
    (key) => {
      expect(findKeyProblem(key, rules)).toBeUndefined()
    },
  )

  it.each<[string, unknown, RegExp]>([
    ['undefined', undefined, /type undefined/],
    ['null', null, /is null/],
    ['a number', 7, /type number/],
    ['a boolean', true, /type boolean/],
    ['a symbol', Symbol('k'), /type symbol/],
    ['an object', {}, /type object/],
    ['an array with one key', ['k'], /type object/],
    ['a String object', Object('k'), /type object/],
    ['a function', () => 'k', /type function/],
    ['an empty text', '', /empty/],
    ['a space', ' ', /edges/],
    ['a space before', ' k', /edges/],
    ['a space behind', 'k ', /edges/],
    ['a tab before', '\tk', /edges/],
    ['a tab inside', 'a\tb', /printable ASCII/],
    ['a line feed behind', 'k\n', /printable ASCII/],
    ['a line feed inside', 'a\nb', /printable ASCII/],
    ['a carriage return', 'k\r', /printable ASCII/],
    ['a header injected', 'k\r\nX-Admin: 1', /printable ASCII/],
    ['NUL', 'a\0b', /printable ASCII/],
    ['DEL', 'a\x7f', /printable ASCII/],
    ['Latin-1', 'clé', /printable ASCII/],
    ['a no-break space', 'a\u00a0b', /printable ASCII/],
    ['Cyrillic', 'ключ', /printable ASCII/],
    ['an emoji', '🔑', /printable ASCII/],
    ['half an emoji', '\ud83d', /printable ASCII/],
    ['a line separator', 'a\u2028b', /printable ASCII/],
    ['a byte-order mark', '\ufeffk', /printable ASCII/],
    ['a key that is too long', 'x'.repeat(256), /256 characters, not 1 to 255/],
    ['a megabyte', 'x'.repeat(1_000_000), /1000000 characters/],
  ])('finds one in %s', (_, key, message) => {
    expect(findKeyProblem(key, rules)).toMatch(message)
  })

  it.each([
    ['abc', undefined],
    ['ab', /2 characters, not 3 to 5/],
    ['abcdef', /6 characters, not 3 to 5/],
    ['ABC', /does not match/],
  ])('holds %j against limits and pattern', (key, message) => {
    const problem = findKeyProblem(key, { minLength: 3, maxLength: 5, pattern: /^[a-z]+$/ })
    if (message === undefined) expect(problem).toBeUndefined()
    else expect(problem).toMatch(message)
  })

  it('never repeats the key', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 12, unit: 'binary' }), (key) => {
        expect(findKeyProblem(`<${key}>\n`, { minLength: 1, maxLength: 5 })).not.toContain(key)
      }),
    )
  })

  it('accepts only keys that a header carries unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        if (findKeyProblem(key, rules) === undefined) expect(new Headers({ k: key }).get('k')).toBe(key)
      }),
      { numRuns: 2000 },
    )
  })
})
