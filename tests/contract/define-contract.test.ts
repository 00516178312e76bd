import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  bodyField,
  defineContract,
  generateHexKey,
  header,
  queryParameter,
  standard,
  type ContractDefinition,
  type KeyCarrier,
} from 'fetch-idempotency/contracts'
import { defaultContract } from '../../src/contract/default-contract.js'
import { findKeyProblem } from '../../src/key/key-rules.js'

afterEach(() => vi.restoreAllMocks())

const define = (definition: unknown) => defineContract(definition as ContractDefinition)

describe('defineContract', () => {
  it('fills in what is left out', () => {
    const contract = defineContract({})
    expect(contract).toMatchObject({
      name: 'custom',
      carrier: { in: 'header', name: 'Idempotency-Key', format: 'raw' },
      keyRules: { minLength: 1, maxLength: 255, pattern: undefined },
      methods: ['POST', 'PUT', 'PATCH'],
      keyTtlMs: 24 * 3_600_000,
      retryHints: [],
      minimumWaitMs: 0,
    })
    expect(contract.honoursKey({ method: 'POST', url: '/' })).toBe(true)
    expect(contract.companions({ key: 'k', firstSentMs: 0 })).toEqual({})
    expect(contract.generateKey()).toMatch(/^[\da-f-]{36}$/)
  })

  it('takes undefined as left out', () => {
    expect(define({ carrier: undefined, keyTtlMs: undefined }).carrier).toEqual(header())
  })

  it('reads methods in any case', () => {
    expect(defineContract({ methods: ['post', 'Delete'] }).methods).toEqual(['POST', 'DELETE'])
  })

  it('copies its lists', () => {
    const methods = ['POST']
    const retryHints = ['x-a']
    const replayMarkers = [{ header: 'x-b' }]
    const contract = defineContract({ methods, retryHints, replayMarkers })
    methods.push('PUT')
    retryHints.push('x-c')
    replayMarkers.push({ header: 'x-d' })
    expect(contract).toMatchObject({
      methods: ['POST'],
      retryHints: ['x-a'],
      replayMarkers: [{ header: 'x-b' }],
    })
  })

  it.each([
    { carrier: header('X-Key') },
    { carrier: bodyField('a.b') },
    { carrier: queryParameter('key') },
    { keyTtlMs: Infinity },
    { keyTtlMs: 0 },
    { keyRules: { minLength: 36, maxLength: 36 } },
    { generateKey: () => 'k' },
    { generateKey: generateHexKey, keyRules: { maxLength: 32 } },
  ] satisfies ContractDefinition[])('accepts %j', (definition) => {
    expect(defineContract(definition)).toMatchObject({ carrier: expect.any(Object) })
  })

  const headerOf = (name: unknown) => ({ in: 'header', name, format: 'raw' })
  it.each<[string, unknown, typeof TypeError | typeof RangeError, RegExp]>([
    ['an unknown option', { ttl: 1 }, TypeError, /no option "ttl"/],
    ['an option of every object', { toString: () => '' }, TypeError, /no option "toString"/],
    ['a name that is none', { name: 7 }, TypeError, /contract\.name/],
    ['a carrier that is none', { carrier: 'Idempotency-Key' }, TypeError, /contract\.carrier/],
    ['a carrier of null', { carrier: null }, TypeError, /contract\.carrier/],
    ['an unknown carrier', { carrier: { in: 'cookie', name: 'k' } }, TypeError, /contract\.carrier\.in/],
    ['an empty header name', { carrier: headerOf('') }, TypeError, /header name/],
    ['a header name with a space', { carrier: headerOf('Idempotency Key') }, TypeError, /header name/],
    ['a header name with a line end', { carrier: headerOf('Key\r\nHost: x') }, TypeError, /header name/],
    ['a header name beyond ASCII', { carrier: headerOf('Schlüssel') }, TypeError, /header name/],
    ['a header name that is none', { carrier: headerOf(undefined) }, TypeError, /header name/],
    [
      'an unknown header format',
      { carrier: { in: 'header', name: 'K', format: 'hex' } },
      TypeError,
      /format/,
    ],
    ['an empty body path', { carrier: bodyField('') }, TypeError, /contract\.carrier\.path/],
    ['a body path with a gap', { carrier: bodyField('a..b') }, TypeError, /contract\.carrier\.path/],
    [
      'a body path without steps',
      { carrier: { ...bodyField('a'), path: [] } },
      TypeError,
      /contract\.carrier\.path/,
    ],
    [
      'a body path that is text',
      { carrier: { ...bodyField('a'), path: 'a' } },
      TypeError,
      /contract\.carrier\.path/,
    ],
    ['a body carrier made by hand', { carrier: { in: 'body', path: ['a'] } }, TypeError, /bodyField/],
    ['an empty query name', { carrier: queryParameter('') }, TypeError, /contract\.carrier\.name/],
    ['a negative time', { keyTtlMs: -1 }, RangeError, /keyTtlMs/],
    ['a time that is NaN', { keyTtlMs: NaN }, RangeError, /keyTtlMs/],
    ['a time in text', { keyTtlMs: '24h' }, TypeError, /keyTtlMs/],
    ['a negative wait', { minimumWaitMs: -1 }, RangeError, /minimumWaitMs/],
    ['methods that are no list', { methods: 'POST' }, TypeError, /methods/],
    ['a method that is no token', { methods: ['PO ST'] }, TypeError, /methods/],
    ['a method that is no text', { methods: [7] }, TypeError, /methods/],
    ['a key of no length', { keyRules: { minLength: 0 } }, RangeError, /minLength/],
    ['limits that leave no key', { keyRules: { minLength: 9, maxLength: 8 } }, RangeError, /maxLength/],
    ['a pattern that is text', { keyRules: { pattern: 'a+' } }, TypeError, /pattern/],
    ['a generator that is none', { generateKey: 'k' }, TypeError, /generateKey/],
    ['a classifier that is none', { classify: {} }, TypeError, /classify/],
    ['a marker without a header', { replayMarkers: [{}] }, TypeError, /replayMarkers/],
    ['a marker that is null', { replayMarkers: [null] }, TypeError, /replayMarkers/],
    ['a hint that is no header', { retryHints: ['should retry'] }, TypeError, /retryHints/],
    ['a generator whose keys are too long', { keyRules: { maxLength: 32 } }, TypeError, /generateKey/],
    ['a generator whose keys do not match', { keyRules: { pattern: /[a-z]+/ } }, TypeError, /generateKey/],
    ['a generator of its own that makes no text', { generateKey: () => 7 }, TypeError, /generateKey/],
    ['a generator of its own that makes empty keys', { generateKey: () => '' }, TypeError, /generateKey/],
  ])('refuses %s', (_, definition, type, message) => {
    expect(() => define(definition)).toThrow(type)
    expect(() => define(definition)).toThrow(message)
  })

  it('takes a pattern as a rule for the whole key', () => {
    const { keyRules } = defineContract({ keyRules: { pattern: /[a-f\d-]+|x/ } })
    expect(findKeyProblem('abc', keyRules)).toBeUndefined()
    expect(findKeyProblem('x', keyRules)).toBeUndefined()
    expect(findKeyProblem('abc!', keyRules)).toEqual(expect.any(String))
    expect(findKeyProblem('xx', keyRules)).toEqual(expect.any(String))
  })

  it('gives the same word on the same key, whatever the flags of its pattern', () => {
    const { keyRules } = defineContract({ keyRules: { pattern: /[a-f\d-]+/giy } })
    const words = Array.from({ length: 4 }, () => findKeyProblem('ABC', keyRules))
    expect(words).toEqual([undefined, undefined, undefined, undefined])
  })

  it('draws no random number for our own generators, as Workers give none while a module loads', () => {
    const draw = vi.spyOn(globalThis.crypto, 'getRandomValues')
    defineContract({ generateKey: generateHexKey }).with({ keyTtlMs: 5 })
    expect(draw).not.toHaveBeenCalled()
  })
})

describe('defaultContract', () => {
  it('is the standard contract, without the checks', () => {
    const { with: _, keyRules, ...rest } = standard
    const { keyRules: expectedRules, ...expected } = defaultContract
    expect(rest).toEqual(expected)
    expect(keyRules).toEqual(expectedRules)
  })
})

describe('with', () => {
  const base = defineContract({
    name: 'base',
    carrier: header('X-Key'),
    keyRules: { minLength: 4, maxLength: 40, pattern: /[\w-]+/ },
    minimumWaitMs: 5,
  })

  it('changes what it is given, and nothing else', () => {
    const changed = base.with({ name: 'other', keyTtlMs: 7 })
    expect(changed).toMatchObject({ name: 'other', keyTtlMs: 7, carrier: base.carrier, minimumWaitMs: 5 })
    expect(changed.keyRules).toEqual(base.keyRules)
    expect(base).toMatchObject({ name: 'base', keyTtlMs: 24 * 3_600_000 })
  })

  it('merges key rules', () => {
    expect(base.with({ keyRules: { maxLength: 64 } }).keyRules).toEqual({ ...base.keyRules, maxLength: 64 })
  })

  it('keeps what is given as undefined', () => {
    expect(base.with({ carrier: undefined } as unknown as ContractDefinition).carrier).toEqual(base.carrier)
  })

  it('takes what is inherited', () => {
    const given = Object.create({ keyTtlMs: 7, methods: ['DELETE'] }) as ContractDefinition
    expect(defineContract(given)).toMatchObject({ keyTtlMs: 7, methods: ['DELETE'] })
    expect(base.with(given)).toMatchObject({ keyTtlMs: 7, methods: ['DELETE'] })
  })

  it('can be used again and again', () => {
    const twice = base.with({ keyTtlMs: 1 }).with({ minimumWaitMs: 2 })
    expect(twice).toMatchObject({ keyTtlMs: 1, minimumWaitMs: 2, carrier: base.carrier })
  })

  it('refuses what defineContract refuses', () => {
    expect(() => base.with({ carrier: { in: 'header', name: '', format: 'raw' } as KeyCarrier })).toThrow(
      TypeError,
    )
    expect(() => base.with({ keyRules: { maxLength: 8 } })).toThrow(/generateKey/)
  })
})
