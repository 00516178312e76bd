import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { AlreadyDoneError, isAlreadyDoneError } from '../../src/errors/already-done-error.js'
import { BodyTooLargeError, isBodyTooLargeError } from '../../src/errors/body-too-large-error.js'
import { DeadlineError, isDeadlineError } from '../../src/errors/deadline-error.js'
import { isIdempotencyError } from '../../src/errors/any-idempotency-error.js'
import { IdempotencyError, type ErrorFacts } from '../../src/errors/idempotency-error.js'
import { isKeyExpiredError, KeyExpiredError } from '../../src/errors/key-expired-error.js'
import { isKeyInvalidError, KeyInvalidError } from '../../src/errors/key-invalid-error.js'
import { isKeyReusedError, KeyReusedError } from '../../src/errors/key-reused-error.js'
import { isNotAppliedError, NotAppliedError } from '../../src/errors/not-applied-error.js'
import { isOutcomeUnknownError, OutcomeUnknownError } from '../../src/errors/outcome-unknown-error.js'
import { isUnsendableError, UnsendableError } from '../../src/errors/unsendable-error.js'

const facts: ErrorFacts = {
  key: 'the-secret-key',
  attempts: 3,
  outcome: 'unknown',
  method: 'POST',
  url: 'https://api.example.com/v1/orders',
  cause: new Error('reset'),
}

const kinds = [
  [
    'AlreadyDoneError',
    'already_done',
    isAlreadyDoneError,
    (f: ErrorFacts) => new AlreadyDoneError(f, new Response()),
  ],
  ['BodyTooLargeError', 'body_too_large', isBodyTooLargeError, (f: ErrorFacts) => new BodyTooLargeError(f)],
  ['DeadlineError', 'deadline_exceeded', isDeadlineError, (f: ErrorFacts) => new DeadlineError(f)],
  ['KeyExpiredError', 'key_expired', isKeyExpiredError, (f: ErrorFacts) => new KeyExpiredError(f)],
  ['KeyInvalidError', 'key_invalid', isKeyInvalidError, (f: ErrorFacts) => new KeyInvalidError(f)],
  ['KeyReusedError', 'key_reused', isKeyReusedError, (f: ErrorFacts) => new KeyReusedError(f)],
  ['NotAppliedError', 'not_applied', isNotAppliedError, (f: ErrorFacts) => new NotAppliedError(f)],
  [
    'OutcomeUnknownError',
    'outcome_unknown',
    isOutcomeUnknownError,
    (f: ErrorFacts) => new OutcomeUnknownError(f),
  ],
  ['UnsendableError', 'unsendable', isUnsendableError, (f: ErrorFacts) => new UnsendableError(f)],
] as const

describe.each(kinds)('%s', (name, code, isKind, create) => {
  it('is a TypeError, as fetch throws it for a lost connection', () => {
    const error = create(facts)
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toBeInstanceOf(IdempotencyError)
    expect(error).toMatchObject({ name, code })
    expect(Object.prototype.toString.call(error)).toBe('[object Error]')
  })

  it('carries the facts of its operation', () => {
    const { cause, ...rest } = facts
    expect(create(facts)).toMatchObject(rest)
    expect(create(facts).cause).toBe(cause)
  })

  it('has no cause when there is none', () => {
    const { cause: _, ...rest } = facts
    expect('cause' in create(rest)).toBe(false)
  })

  it('says what happened to which request and what to do, and never the key', () => {
    const { message, stack } = create(facts)
    expect(message).toContain('POST https://api.example.com/v1/orders. ')
    expect(message.split(': ').length).toBeGreaterThan(1)
    expect(message).not.toContain(facts.key)
    expect(stack).toContain(name)
    expect(stack).not.toContain(facts.key)
  })

  it('is known by its own guard, by the common one, and by no other', () => {
    const error = create(facts)
    expect(isKind(error)).toBe(true)
    expect(isIdempotencyError(error)).toBe(true)
    expect(kinds.filter(([, , isOther]) => isOther(error)).map(([other]) => other)).toEqual([name])
  })

  it('is known by its brand, when it comes from another copy of the package', () => {
    const foreign = { [Symbol.for('fetch-idempotency.error')]: code }
    expect(isKind(foreign)).toBe(true)
    expect(isIdempotencyError(foreign)).toBe(true)
  })

  it.each([undefined, null, 0, '', 'already_done', {}, [], new TypeError('x'), { code }, () => undefined])(
    'is not taken for %j',
    (value) => {
      expect(isKind(value)).toBe(false)
      expect(isIdempotencyError(value)).toBe(false)
    },
  )

  it('sends the operation again', async () => {
    const response = new Response('again')
    const retry = vi.fn(() => Promise.resolve(response))
    const error = create({ ...facts, retry })
    expect(retry).not.toHaveBeenCalled()
    expect(await error.retry()).toBe(response)
    expect(retry).toHaveBeenCalledOnce()
  })

  it('rejects with itself when there is nothing to send again', async () => {
    const error = create(facts)
    await expect(error.retry()).rejects.toBe(error)
  })

  it('shows no function when it is logged', () => {
    expect(inspect(create({ ...facts, retry: () => Promise.reject(new Error('x')) }))).not.toContain('retry:')
  })
})

describe('AlreadyDoneError', () => {
  it('says where the original is', () => {
    const response = new Response(null, { status: 409 })
    const error = new AlreadyDoneError({ ...facts, outcome: 'applied' }, response, { id: 'PM1' })
    expect(error.response).toBe(response)
    expect(error.original).toEqual({ id: 'PM1' })
    expect(new AlreadyDoneError(facts, undefined).original).toEqual({})
  })

  it('claims that the write was applied only when it was', () => {
    expect(new AlreadyDoneError({ ...facts, outcome: 'applied' }, undefined).message).toContain(
      'was applied before',
    )
    expect(new AlreadyDoneError(facts, undefined).message).not.toContain('applied')
  })
})

describe('KeyReusedError', () => {
  it('holds the answer, when a server gave one', () => {
    const response = new Response(null, { status: 422 })
    expect(new KeyReusedError(facts, response).response).toBe(response)
    expect(new KeyReusedError(facts).response).toBeUndefined()
  })
})

/** What the runtime says about headers that cannot be sent: Node quotes the value. */
function headersError(init: HeadersInit): unknown {
  try {
    return new Headers(init)
  } catch (error) {
    return error
  }
}

describe('what an error shows', () => {
  const answer = () => {
    const response = new Response('{}', {
      status: 409,
      headers: { 'set-cookie': 'sid=SECRET', 'x-a': 'SECRET' },
    })
    return Object.defineProperty(response, 'url', { value: 'https://api.test/?token=SECRET' })
  }
  const causes: [string, () => unknown][] = [
    ['an answer', answer],
    ['an error with an answer', () => Object.assign(new Error('http'), { response: answer() })],
    [
      'an error that names a URL',
      () => new TypeError('Failed to parse URL from https://u:SECRET@a.test/?q=SECRET'),
    ],
    [
      'an error that keeps its input',
      () => Object.assign(new TypeError('Invalid URL'), { input: 'https://u:SECRET@a' }),
    ],
    ['a header that is refused', () => headersError({ authorization: 'Bearer SECRET\nSECRET' })],
    [
      'a header that Bun refuses',
      () => new TypeError(`Header 'authorization' has invalid value: 'Bearer SECRET\0'`),
    ],
    ['the name of a header that is refused', () => headersError([['SECRET x', 'a']])],
    ['a path that is no URL', () => new TypeError('Failed to parse URL from /x?token=SECRET')],
    [
      'what a mock of undici does not expect',
      () => new Error("Mock dispatch not matched for path '/x?token=SECRET': subsequent request"),
    ],
    [
      'what nock does not expect',
      () =>
        new Error(
          `No match for request ${JSON.stringify({ headers: { cookie: 'SECRET' }, body: '{"a":"SECRET"}' }, null, 2)}`,
        ),
    ],
    [
      'a body that is no JSON',
      () => new SyntaxError(`Unexpected token 'S', "SECRET<html>"... is not valid JSON`),
    ],
    [
      'what a library says of its credentials',
      () => new Error('refused, authorization: Bearer SECRET, SECRET'),
    ],
    ['a token in a sentence', () => new Error('the server did not take Bearer SECRET for this')],
    [
      'an error that cannot be read',
      () => ({
        get message() {
          throw new Error('SECRET')
        },
      }),
    ],
  ]

  it.each(
    kinds.flatMap(([name, , , create]) =>
      causes.map(([what, cause]) => [name, what, create, cause] as const),
    ),
  )('%s by %s: no query, cookie or credential', (_, __, create, cause) => {
    const url = 'https://user:SECRET@api.test/orders?token=SECRET#SECRET'
    const error = create({ ...facts, key: 'order:SECRET@example.com', url, cause: cause() })
    const shown = [
      inspect(error),
      inspect(new Error('outer', { cause: error })),
      JSON.stringify(error),
      error.message,
    ]
    for (const text of shown) expect(text).not.toContain('SECRET')
    expect(shown[0]).toContain(error.code)
    expect(error.key).toBe('order:SECRET@example.com')
  })

  it.each([
    'connect ECONNREFUSED 127.0.0.1:9',
    'Cannot read properties of undefined (reading "y")',
    'the JSON body breaks off',
    'Proxy response (407) !== 200 when HTTP Tunneling',
  ])('keeps what tells the reason of a cause: %s', (message) => {
    expect(inspect(new OutcomeUnknownError({ ...facts, cause: new Error(message) }))).toContain(message)
  })

  it('has the key that was made', () => {
    const key = '0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b'
    const error = new OutcomeUnknownError({ ...facts, key })
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: 'outcome_unknown', key, attempts: 3 })
    expect(inspect(error)).toContain(key)
  })
})

describe('an error of a read whose answer was lost', () => {
  it.each(['GET', 'HEAD', 'OPTIONS', 'QUERY'])('%s: speaks of no write', (method) => {
    expect(new OutcomeUnknownError({ ...facts, method }).message).not.toMatch(/write|applied/)
  })

  it('POST: does', () => {
    expect(new OutcomeUnknownError({ ...facts, method: 'POST' }).message).toMatch(/may have been applied/)
  })
})
