import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodyField, header, queryParameter, quotedHeader } from 'fetch-idempotency/contracts'
import {
  decodeHeader,
  encodeHeader,
  readBodyKey,
  writeBodyKey,
  writeQueryKey,
} from '../../src/contract/carrier.js'

const printableKeys = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
})

describe('header', () => {
  it('carries the key raw', () => {
    expect(header()).toEqual({ in: 'header', name: 'Idempotency-Key', format: 'raw' })
    expect(encodeHeader({ format: 'raw' }, 'a"b\\c')).toBe('a"b\\c')
    expect(decodeHeader({ format: 'raw' }, '"abc"')).toBe('"abc"')
  })
})

describe('quotedHeader', () => {
  it('carries the key as a structured-field string (RFC 9651, section 3.3.3)', () => {
    expect(quotedHeader('X-Key')).toEqual({ in: 'header', name: 'X-Key', format: 'quoted' })
    expect(encodeHeader({ format: 'quoted' }, 'abc')).toBe('"abc"')
    expect(encodeHeader({ format: 'quoted' }, 'a"b\\c')).toBe('"a\\"b\\\\c"')
  })

  it.each([
    ['"abc"', 'abc'],
    ['abc', 'abc'],
    ['"a\\"b\\\\c"', 'a"b\\c'],
    ['""', ''],
    ['"open', '"open'],
    ['"a"b"', '"a"b"'],
    ['"bad \\escape"', '"bad \\escape"'],
    ['"abc";p=1', '"abc";p=1'],
  ])('reads %j as %j', (value, key) => {
    expect(decodeHeader({ format: 'quoted' }, value)).toBe(key)
  })

  it('reads back every key that it wrote', () => {
    fc.assert(
      fc.property(printableKeys, (key) => {
        expect(decodeHeader({ format: 'quoted' }, encodeHeader({ format: 'quoted' }, key))).toBe(key)
      }),
    )
  })
})

describe('bodyField', () => {
  it('takes a path of names', () => {
    expect(bodyField('meta.key')).toMatchObject({ in: 'body', path: ['meta', 'key'] })
  })
})

describe('readBodyKey', () => {
  it.each([
    [['key'], '{"key":"k"}', 'k'],
    [['meta', 'key'], '{"meta":{"key":"k"}}', 'k'],
    [['key'], '{"key":7}', 7],
  ])('reads %j in %s', (path, text, key) => {
    expect(readBodyKey(path, text)).toBe(key)
  })

  it.each([
    [['key'], '{}'],
    [['key'], ''],
    [['key'], 'key=k'],
    [['key'], 'null'],
    [['length'], '"text"'],
    [['length'], '[1]'],
    [['constructor'], '{}'],
    [['__proto__'], '{}'],
    [['meta', 'key'], '{"meta":null}'],
    [['meta', 'key'], '{"meta":"key"}'],
  ])('finds no %j in %j', (path, text) => {
    expect(readBodyKey(path, text)).toBeUndefined()
  })
})

describe('writeBodyKey', () => {
  it.each([
    [['key'], '{}', '{"key":"k"}'],
    [['key'], ' { } ', ' {"key":"k" } '],
    [['key'], '{"amount":1}', '{"key":"k","amount":1}'],
    [['key'], '{ "a": "{" }', '{"key":"k", "a": "{" }'],
    [['meta', 'key'], '{"a":1}', '{"meta":{"key":"k"},"a":1}'],
    [['meta', 'key'], '{"a":1,"meta":{"b":2}}', '{"a":1,"meta":{"key":"k","b":2}}'],
    [['meta', 'key'], '{"meta" : { } }', '{"meta" : {"key":"k" } }'],
    [['meta', 'key'], '{"meta":{"key":[{"}":"]"}],"a":1}}', '{"meta":{"key":"k","a":1}}'],
    [
      ['meta', 'key'],
      '{"x":{"meta":{}},"meta":1,"meta":{}}',
      '{"x":{"meta":{}},"meta":1,"meta":{"key":"k"}}',
    ],
    [['a"b', 'c.d'], '{"a\\"b":{}}', '{"a\\"b":{"c.d":"k"}}'],
    [['meta', 'key'], '{"meta":null}', '{"meta":{"key":"k"}}'],
    [['key'], '{"key":"other","a":1}', '{"key":"k","a":1}'],
    [['key'], '{"key":null}', '{"key":"k"}'],
  ])('writes %j into %s', (path, text, expected) => {
    expect(writeBodyKey(path, text, 'k')).toBe(expected)
  })

  it('keeps every digit, and the order of names', () => {
    const text = '{"amount":9007199254740993,"2":1.10,"1":1e400}'
    expect(writeBodyKey(['key'], text, '$&')).toBe(`{"key":"$&",${text.slice(1)}`)
    expect(writeBodyKey(['in', 'key'], `{"in":${text}}`, '$&')).toBe(`{"in":{"key":"$&",${text.slice(1)}}`)
    expect(writeBodyKey(['key'], `{"key":"a","in":${text}}`, '$&')).toBe(`{"key":"$&","in":${text}}`)
  })

  it.each(['', '[]', '[{}]', 'null', '7', '"{}"', 'a=1', '{"a":}', '{"meta":7}', '{"meta":[]}'])(
    'refuses %j',
    (text) => {
      expect(() => writeBodyKey(['meta', 'key'], text, 'k')).toThrow(/./)
    },
  )

  it('finds its place inside of whatever stands around it', () => {
    const values = fc.dictionary(fc.string(), fc.jsonValue())
    fc.assert(
      fc.property(values, values, fc.constantFrom(undefined, 1, '\t'), (outer, inner, space) => {
        const value = { ...outer, in: inner }
        const text = writeBodyKey(['in', 'key'], JSON.stringify(value, null, space), 'k')
        const wanted = { ...outer, in: { ...inner, key: 'k' } }
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(wanted)))
      }),
    )
  })

  it('is read back, and changes nothing else', () => {
    const objects = fc.dictionary(fc.string(), fc.jsonValue()).filter((value) => !Object.hasOwn(value, 'key'))
    fc.assert(
      fc.property(objects, fc.string(), (value, key) => {
        const text = writeBodyKey(['key'], JSON.stringify(value), key)
        expect(readBodyKey(['key'], text)).toBe(key)
        const { key: _, ...rest } = JSON.parse(text) as Record<string, unknown>
        expect(JSON.stringify(rest)).toBe(JSON.stringify(JSON.parse(JSON.stringify(value))))
      }),
    )
  })
})

describe('queryParameter', () => {
  it('names the parameter', () => {
    expect(queryParameter('requestId')).toMatchObject({ in: 'query', name: 'requestId' })
  })
})

describe('writeQueryKey', () => {
  it.each([
    ['https://a.example/p', 'https://a.example/p?key=k'],
    ['https://a.example/p?', 'https://a.example/p?key=k'],
    ['https://a.example/p?a=%20+b', 'https://a.example/p?a=%20+b&key=k'],
    ['https://a.example/p?a=1&key=other&b=2', 'https://a.example/p?a=1&b=2&key=k'],
    ['https://a.example/p?key', 'https://a.example/p?key=k'],
    ['https://a.example/p?keys=1', 'https://a.example/p?keys=1&key=k'],
    ['https://a.example/p#f?x', 'https://a.example/p?key=k#f?x'],
    ['https://a.example/p?a=1#f', 'https://a.example/p?a=1&key=k#f'],
    ['/relative?a=1', '/relative?a=1&key=k'],
  ])('turns %s into %s', (url, expected) => {
    expect(writeQueryKey('key', url, 'k')).toBe(expected)
  })

  it('encodes name and key', () => {
    expect(writeQueryKey('a b', '/p', 'k&=#?')).toBe('/p?a%20b=k%26%3D%23%3F')
  })

  it('is read back whatever the key', () => {
    fc.assert(
      fc.property(printableKeys, (key) => {
        expect(new URL(writeQueryKey('key', 'https://a.example/?a=1', key)).searchParams.get('key')).toBe(key)
      }),
    )
  })
})
