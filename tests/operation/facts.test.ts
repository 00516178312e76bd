import { describe, expect, it } from 'vitest'
import { NotAppliedError } from '../../src/errors/not-applied-error.js'
import { factsTag, idempotencyOf, rememberFacts, type IdempotencyFacts } from '../../src/operation/facts.js'

const facts = (more: Partial<IdempotencyFacts> = {}): IdempotencyFacts => ({
  key: 'k',
  attempts: 1,
  replayed: false,
  outcome: 'unknown',
  ...more,
})

describe('idempotencyOf', () => {
  it('answers for a response, an error, and an error around them', () => {
    const response = new Response()
    const error = new Error('lost')
    for (const end of [response, error]) rememberFacts(end, facts())
    expect(idempotencyOf(response)).toEqual(facts())
    expect(idempotencyOf(error)).toEqual(facts())
    expect(idempotencyOf(new Error('outer', { cause: error }))).toEqual(facts())
    expect(idempotencyOf(Object.assign(new Error('http'), { response }))).toEqual(facts())
  })

  it.each<[string, (inner: object) => unknown]>([
    ['innerError', (inner) => Object.assign(new Error('outer'), { innerError: inner })],
    [
      'meta.response, as tRPC does',
      (inner) => Object.assign(new Error('outer'), { meta: { response: inner } }),
    ],
    ['suppressed', (inner) => Object.assign(new Error('outer'), { error: 1, suppressed: inner })],
    ['a list', (inner) => Object.assign(new Error('outer'), { details: [1, inner] })],
    [
      'a member that is not listed',
      (inner) => Object.defineProperty(new Error('outer'), 'origin', { value: inner }),
    ],
  ])('answers for an error that holds it as %s', (_, wrap) => {
    const error = new Error('lost')
    rememberFacts(error, facts())
    expect(idempotencyOf(wrap(error))).toEqual(facts())
  })

  it('prefers what an error was made of to what else it holds', () => {
    const [cause, other] = [new Error('lost'), new Error('other')]
    rememberFacts(cause, facts())
    rememberFacts(other, facts({ key: 'other' }))
    expect(idempotencyOf(Object.assign(new Error('outer', { cause }), { other }))?.key).toBe('k')
    expect(idempotencyOf(Object.assign(new Error('outer'), { other, cause }))?.key).toBe('k')
  })

  it('does not list the bytes that an error holds', () => {
    const bytes = new Proxy(new Uint8Array(8), {
      ownKeys: () => {
        throw new Error('listed')
      },
    })
    const big = Object.assign(new Error('outer'), { body: new Uint8Array(100_000_000), bytes })
    expect(idempotencyOf(big)).toBeUndefined()
  })

  it('answers for an error of this package by its own fields', () => {
    const error = new NotAppliedError({
      key: 'k',
      attempts: 2,
      outcome: 'not-applied',
      method: 'POST',
      url: 'https://api.test',
    })
    expect(idempotencyOf(error)).toEqual(facts({ attempts: 2, outcome: 'not-applied' }))
    expect(idempotencyOf(new Error('outer', { cause: error }))).toEqual(
      facts({ attempts: 2, outcome: 'not-applied' }),
    )
  })

  it.each([
    undefined,
    null,
    'text',
    42,
    {},
    new Error('plain'),
    new Response(),
    Symbol('s'),
    () => undefined,
  ])('knows nothing of %s', (end) => {
    expect(idempotencyOf(end)).toBeUndefined()
  })

  it.each<[string, () => Response]>([
    ['is frozen', () => Object.freeze(new Response())],
    ['lets nothing be set', () => new Proxy(new Response(), { set: () => false })],
    [
      'another copy of the package has answered for',
      () => Object.defineProperty(new Response(), factsTag, { value: null, configurable: true }),
    ],
  ])('fails at nothing when a response %s', (_, make) => {
    const response = make()
    expect(() => rememberFacts(response, facts())).not.toThrow()
  })

  it('does not run round in circles', () => {
    const error = new Error('x') as Error & { cause?: unknown }
    error.cause = error
    expect(idempotencyOf(error)).toBeUndefined()
  })

  it('leaves no trace that shows', () => {
    const error = new Error('x')
    rememberFacts(error, facts())
    expect(Object.keys(error)).toEqual([])
    expect(JSON.stringify(error)).toBe('{}')
  })
})

describe('rememberFacts', () => {
  it('takes the latest facts of the same operation', () => {
    const end = new Error('x')
    const owner = {}
    rememberFacts(end, facts(), owner)
    rememberFacts(end, facts({ outcome: 'applied' }), owner)
    expect(idempotencyOf(end)).toEqual(facts({ outcome: 'applied' }))
  })

  it.each<[string, Partial<IdempotencyFacts>, Partial<IdempotencyFacts>]>([
    ['other keys', { key: 'a' }, { key: 'b' }],
    ['the same key', { key: 'a' }, { key: 'a' }],
    ['no key', { key: undefined }, { key: undefined }],
  ])('says nothing about an object that ended two operations with %s', (_, one, other) => {
    const reason = new Error('shared')
    rememberFacts(reason, facts(one), {})
    rememberFacts(reason, facts({ ...other, outcome: 'not-applied' }), {})
    expect(idempotencyOf(reason)).toBeUndefined()
    rememberFacts(reason, facts(one), {})
    expect(idempotencyOf(reason)).toBeUndefined()
  })

  it.each([undefined, null, 'reason', 42, Object.freeze(new Error('frozen'))])(
    'takes any reason: %s',
    (end) => {
      expect(() => rememberFacts(end, facts())).not.toThrow()
    },
  )
})

describe('what libraries make of an end', () => {
  const lost = () => {
    const error = new TypeError('lost')
    rememberFacts(error, facts())
    return error
  }

  it.each<[string, () => unknown]>([
    ['detail, as in stripe', () => Object.assign(new Error('connection'), { detail: lost() })],
    [
      'networkError, as in urql and Apollo',
      () => Object.assign(new Error('[Network]'), { networkError: lost() }),
    ],
    ['a list of errors', () => new AggregateError([new Error('other'), lost()])],
    ['originalError in a list', () => ({ graphQLErrors: [{ originalError: lost() }] })],
    ['cause of a detail', () => ({ detail: new Error('outer', { cause: lost() }) })],
    [
      'a response in a cause',
      () => {
        const response = new Response()
        rememberFacts(response, facts())
        return new Error('outer', { cause: Object.assign(new Error('http'), { response }) })
      },
    ],
    [
      'an error beside a getter that throws',
      () => ({
        get response() {
          throw new Error('no')
        },
        cause: lost(),
      }),
    ],
  ])('is found by %s', (_, make) => {
    expect(idempotencyOf(make())).toEqual(facts())
  })

  it('is found on the copies of a response, and on theirs', () => {
    const response = new Response('body')
    rememberFacts(response, facts())
    expect(idempotencyOf(response.clone())).toEqual(facts())
    expect(idempotencyOf(response.clone().clone())).toEqual(facts())
  })

  it('is looked for in what holds itself, and not for ever', () => {
    const error = new AggregateError([], 'round')
    error.errors.push(error, ...Array.from({ length: 1_000 }, () => new Error('other')))
    error.cause = error
    expect(idempotencyOf(error)).toBeUndefined()
  })

  it('is tied to nothing that cannot be read', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    rememberFacts(proxy, facts())
    expect(idempotencyOf(proxy)).toBeUndefined()
  })
})
