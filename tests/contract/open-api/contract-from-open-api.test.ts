import { describe, expect, it } from 'vitest'
import {
  contractFromOpenApi,
  defineContract,
  generateHexKey,
  generateRandomKey,
  header,
} from 'fetch-idempotency/contracts'
import { findKeyProblem } from '../../../src/key/key-rules.js'
import { readAnswer } from '../../../src/contract/read-answer.js'
import { makeAnswer } from '../presets/describe-preset.js'

const keyed = (parameter: object = {}, operation: object = {}) => ({
  info: { title: 'Orders' },
  paths: {
    '/orders': {
      post: { parameters: [{ in: 'header', name: 'Idempotency-Key', ...parameter }], ...operation },
    },
  },
})

describe('contractFromOpenApi', () => {
  describe('the carrier', () => {
    it.each(['Idempotency-Key', 'X-Idempotency-Key', 'Klarna-Idempotency-Key', 'X-idempotence-uuid'])(
      'is the header %s',
      (name) => {
        expect(contractFromOpenApi(keyed({ name })).carrier).toEqual(header(name))
      },
    )

    it('is a header whose description says so', () => {
      const parameter = { name: 'X-Request-Token', description: 'The server stores keys for idempotency.' }
      expect(contractFromOpenApi(keyed(parameter)).carrier).toEqual(header('X-Request-Token'))
    })

    it.each(['PayPal-Request-Id', 'Repeatability-Request-ID'])('is the header %s, which is known', (name) => {
      expect(contractFromOpenApi(keyed({ name })).carrier).toEqual(header(name))
    })

    it('is found by references, and at the path', () => {
      const document = {
        paths: { '/orders/{id}': { parameters: [{ $ref: '#/components/parameters/key~1header' }], put: {} } },
        components: { parameters: { 'key/header': { in: 'header', name: 'Idempotency-Key' } } },
      }
      expect(contractFromOpenApi(document)).toMatchObject({ carrier: header(), methods: ['PUT'] })
    })

    it('is a field of the JSON body', () => {
      const schema = { properties: { amount: {}, idempotency_key: { type: 'string', maxLength: 45 } } }
      const content = { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } }
      const document = {
        paths: { '/payments': { post: { requestBody: { content } } } },
        components: { schemas: { Order: schema } },
      }
      const contract = contractFromOpenApi(document)
      expect(contract.carrier).toMatchObject({
        in: 'body',
        path: ['idempotency_key'],
      })
      expect(contract.keyRules.maxLength).toBe(45)
    })

    it('is the header of a generator’s mark', () => {
      const paths = { '/orders': { post: { 'x-fern-idempotent': true } } }
      expect(contractFromOpenApi({ paths }).carrier).toEqual(header())
      const named = { 'x-fern-idempotency-headers': [{ header: 'X-Key', name: 'key' }], paths }
      expect(contractFromOpenApi(named).carrier).toEqual(header('X-Key'))
    })

    it('is that of most operations', () => {
      const post = (name: string) => ({ post: { parameters: [{ in: 'header', name }] } })
      const paths = {
        '/a': post('X-Idempotency-Key'),
        '/b': post('Idempotency-Key'),
        '/c': post('idempotency-key'),
      }
      expect(contractFromOpenApi({ paths }).carrier).toMatchObject({ name: 'Idempotency-Key' })
    })
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['a text', 'openapi: 3.1.0'],
    ['no paths', {}],
    ['paths without operations', { paths: { '/orders': null } }],
    [
      'operations without keys',
      { paths: { '/orders': { post: { parameters: [{ in: 'header', name: 'X-Trace' }] } } } },
    ],
    [
      'a key in another place',
      { paths: { '/orders': { post: { parameters: [{ in: 'cookie', name: 'Idempotency-Key' }] } } } },
    ],
    ['a header that goes with a key', keyed({ name: 'X-Idempotency-Expiration' })],
    ['a request id that is none', keyed({ name: 'X-Request-Id', description: 'For support.' })],
    ['a reference to nothing', { paths: { '/orders': { post: { parameters: [{ $ref: '#/nowhere' }] } } } }],
    ['a reference to another file', { paths: { '/orders': { $ref: 'orders.yaml' } } }],
    ['a reference to itself', { paths: { '/orders': { $ref: '#/paths/~1orders' } } }],
    ['a mark that is not true', { paths: { '/orders': { post: { 'x-fern-idempotent': false } } } }],
  ])('refuses %s', (_, document) => {
    expect(() => contractFromOpenApi(document)).toThrow(/no operation of the document takes/)
  })

  describe('the rules of the key', () => {
    it('are the strictest of all operations', () => {
      const post = (schema: object) => ({
        post: { parameters: [{ in: 'header', name: 'Idempotency-Key', schema }] },
      })
      const paths = {
        '/a': post({ minLength: 8, maxLength: 64 }),
        '/b': post({ minLength: 16, maxLength: 255 }),
        '/c': post({}),
      }
      expect(contractFromOpenApi({ paths }).keyRules).toMatchObject({ minLength: 16, maxLength: 64 })
    })

    it.each([
      [{ maxLength: 32 }, generateHexKey],
      [{ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-4' }, generateRandomKey],
      [{ pattern: '[0-9a-f]{32}' }, generateHexKey],
    ])('choose a generator: %j', (schema, generateKey) => {
      expect(contractFromOpenApi(keyed({ schema })).generateKey).toBe(generateKey)
    })

    it.each([
      ['^[a-f0-9-]+$', '01890a5d', '01890a5d!'],
      ['^0', '0!', '10'],
      ['[a-f0-9]{4}', '!!abcd!!', 'abc'],
    ])('take the pattern %s as JSON Schema does', (pattern, accepted, refused) => {
      const { keyRules } = contractFromOpenApi(keyed({ schema: { pattern } }))
      expect(findKeyProblem(accepted, keyRules)).toBeUndefined()
      expect(findKeyProblem(refused, keyRules)).toEqual(expect.any(String))
    })

    it('take format uuid, and leave what is no pattern', () => {
      const uuid = contractFromOpenApi(keyed({ schema: { type: 'string', format: 'uuid' } }))
      expect(findKeyProblem('order-1', uuid.keyRules)).toEqual(expect.any(String))
      expect(contractFromOpenApi(keyed({ schema: { pattern: '(' } })).keyRules.pattern).toBeUndefined()
    })

    it('ask for a generator where none of ours fits', () => {
      const document = keyed({ schema: { maxLength: 10 } })
      expect(() => contractFromOpenApi(document)).toThrow(/changes\.generateKey/)
      const generateKey = () => 'abcdefghij'
      expect(contractFromOpenApi(document, { generateKey }).generateKey()).toBe('abcdefghij')
    })
  })

  it('honours keys on the operations that take one, and on no other', () => {
    const parameters = [{ in: 'header', name: 'Idempotency-Key' }]
    const paths = {
      '/orders': { post: { parameters }, get: { parameters } },
      '/orders/{id}/items.{kind}': { patch: { parameters } },
      '/users': { post: {} },
    }
    const { honoursKey, methods } = contractFromOpenApi({ paths })
    expect(methods).toEqual(['POST', 'PATCH'])
    const honours = (method: string, path: string) =>
      honoursKey({ method, url: `https://api.example.com${path}` })
    expect(honours('POST', '/v1/orders')).toBe(true)
    expect(honours('PATCH', '/orders/7/items.new')).toBe(true)
    expect(honours('POST', '/users')).toBe(false)
    expect(honours('PATCH', '/orders')).toBe(false)
    expect(honours('PATCH', '/orders/7/8/items.new')).toBe(false)
    expect(honours('POST', '/orders/7')).toBe(false)
  })

  it.each([
    ['Keys are kept for 24 hours.', 86_400_000, false],
    ['The server stores keys forever.', Infinity, false],
    ['Kept for ever, in the sandbox for 2 days', 2 * 86_400_000, true],
    ['Kept 30 days', 30 * 86_400_000, false],
    ['A unique key of up to 255 characters', 86_400_000, true],
    ['Kept for 24 hours, in the sandbox for 30 minutes', 1_800_000, true],
  ])('keeps keys as the description says: %s', (description, keyTtlMs, ttlAssumed) => {
    expect(contractFromOpenApi(keyed({ description }))).toMatchObject({ keyTtlMs, ttlAssumed })
  })

  it('reads the headers that mark a replay', () => {
    const headers = {
      'Idempotency-Replayed': { schema: { type: 'boolean' } },
      'X-Idempotency-Status': { schema: { enum: ['new', 'Replayed'] } },
      'Idempotency-Key': { schema: { type: 'string' } },
    }
    const contract = contractFromOpenApi(keyed({}, { responses: { 201: { headers } } }))
    expect(contract.replayMarkers).toEqual([
      { header: 'idempotency-replayed', value: undefined },
      { header: 'x-idempotency-status', value: 'Replayed' },
    ])
    expect(contractFromOpenApi(keyed()).replayMarkers).toEqual(defineContract({}).replayMarkers)
  })

  it('reads what descriptions of errors say of the key, where they say one thing', () => {
    const responses = {
      409: { description: 'A request with this idempotency key is in progress.' },
      422: { description: 'The idempotency key was used with a different payload.' },
      400: { description: 'The amount is too small.' },
      423: { description: 'The idempotency key is in progress, or was used with another payload.' },
    }
    const contract = contractFromOpenApi(keyed({}, { responses }))
    const verdict = (status: number) => readAnswer(contract, makeAnswer({ status, given: true })).verdict
    expect([409, 422, 400, 423].map(verdict)).toEqual(['running', 'key-reused', 'failed', 'failed'])
    expect(readAnswer(contract, makeAnswer({ status: 409 })).verdict).toBe('failed')
  })

  it('takes what the caller knows better, and the name of the document', () => {
    const contract = contractFromOpenApi(keyed(), {
      keyTtlMs: 5,
      keyRules: { maxLength: 40 },
      methods: ['put'],
    })
    expect(contract).toMatchObject({ name: 'Orders', keyTtlMs: 5, ttlAssumed: false, methods: ['PUT'] })
    expect(contract.keyRules.maxLength).toBe(40)
    expect(() => contractFromOpenApi(keyed(), { keyTtlMs: -1 })).toThrow(/contract\.keyTtlMs/)
  })
})
