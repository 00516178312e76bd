import ky1, { type Hooks as Hooks1, type Options as Options1, type RetryOptions as RetryOptions1 } from 'ky'
import ky2, { type Hooks as Hooks2, type Options as Options2, type RetryOptions as RetryOptions2 } from 'ky2'
import { stripe } from 'fetch-idempotency/contracts'
import {
  gateRetries,
  idempotency,
  idempotencyOf,
  isAlreadyDoneError,
  isIdempotencyError,
  isKeyExpiredError,
  isKeyInvalidError,
  isKeyReusedError,
  reuseKey,
  stampKey,
  type IdempotencyEvent,
  type IdempotencyFacts,
  type KyIdempotencyOptions,
  type Outcome,
} from 'fetch-idempotency/ky'
import { assertType, expectTypeOf, test } from 'vitest'

test('idempotency() is accepted by extend and, spread, by create and extend, in both majors', () => {
  expectTypeOf(ky1.extend(idempotency())).toEqualTypeOf(ky1)
  expectTypeOf(ky2.extend(idempotency())).toEqualTypeOf(ky2)
  ky1.extend({ ...idempotency(), timeout: 1000 })
  ky2.extend({ ...idempotency(), timeout: 1000 })
  ky1.create({ ...idempotency() })
  ky2.create({ ...idempotency() })
  assertType<Options1>(idempotency({ contract: stripe }))
  assertType<Options2>(idempotency({ contract: stripe }))
  ky1.extend((parent) => idempotency()(parent))
  ky2.extend((parent) => idempotency()(parent))
  expectTypeOf(idempotency()).toExtend<KyIdempotencyOptions>()
})

test('the parts fit the hooks and retry options of both majors', () => {
  const hooks = { beforeRequest: [stampKey()], beforeRetry: [reuseKey()] }
  assertType<Hooks1>(hooks)
  assertType<Hooks2>(hooks)
  assertType<RetryOptions1>(gateRetries())
  assertType<RetryOptions2>(gateRetries())
  ky1.extend({ hooks, retry: gateRetries({ writes: 'never' }) })
  ky2.extend({ hooks, retry: { ...gateRetries({ writes: 'always' }), limit: 5 } })
})

test('a key is given with the context of a call', () => {
  void ky1.extend(idempotency()).post('https://api.test', { context: { idempotencyKey: 'a' } })
  void ky2.extend(idempotency()).post('https://api.test', { context: { idempotencyKey: 'a' } })
})

test('options have the types that they need', () => {
  idempotency({
    contract: stripe,
    methods: ['POST'],
    generateKey: () => 'key',
    match: ({ method, url }) => method === 'POST' && url.length > 0,
    writes: 'never',
    whenKeyStoreDown: 'wait',
    onEvent: (event) => expectTypeOf(event).toEqualTypeOf<IdempotencyEvent>(),
    clock: { now: () => 0, sleep: async () => undefined },
    random: () => 0,
    deadlineMs: 1000,
    maxAttempts: 3,
    whenBudgetIsEmpty: 'stop',
    maxRequestBytes: 5,
    maxRetryAfterMs: 1000,
    budget: { capacity: 5 },
    backoff: (retry) => retry,
    fetch: globalThis.fetch,
    maxResponseBytes: 5,
    resolve: ({ original, key }) => new Response(original.id ?? key),
    reconcile: () => 'applied',
  })
})

test('wrong options do not compile', () => {
  // @ts-expect-error ky's own option
  idempotency({ timeout: 1000 })
  // @ts-expect-error ky's own option, for each attempt
  idempotency({ attemptTimeoutMs: 1000 })
  // @ts-expect-error no such word
  idempotency({ writes: 'sometimes' })
  // @ts-expect-error a contract, not its name
  idempotency({ contract: 'stripe' })
  // @ts-expect-error milliseconds
  idempotency({ deadlineMs: '30s' })
  // @ts-expect-error a key is a string
  idempotency({ generateKey: () => 7 })
  // @ts-expect-error not a word that reconcile knows
  idempotency({ reconcile: () => 'maybe' })
  // @ts-expect-error ky's own option
  idempotency({ retry: { limit: 3 } })
  // @ts-expect-error the fetch is the set's own
  stampKey({ fetch: globalThis.fetch })
  // @ts-expect-error it takes the contract of stampKey
  reuseKey({ contract: stripe })
  // @ts-expect-error the waits and the time are ky's
  stampKey({ deadlineMs: 1000 })
  // @ts-expect-error the parts tell of nothing
  stampKey({ onEvent: () => undefined })
  // @ts-expect-error no such word
  gateRetries({ writes: 'sometimes' })
  // @ts-expect-error ky's own option
  gateRetries({ limit: 3 })
})

test('idempotencyOf takes anything and tells facts', () => {
  expectTypeOf(idempotencyOf(new Response())).toEqualTypeOf<IdempotencyFacts | undefined>()
  expectTypeOf(idempotencyOf).parameter(0).toBeUnknown()
  expectTypeOf<IdempotencyFacts['outcome']>().toEqualTypeOf<Outcome>()
  expectTypeOf<Outcome>().toEqualTypeOf<'applied' | 'not-applied' | 'unknown'>()
})

test('guards narrow what was caught', () => {
  const error: unknown = undefined
  if (isIdempotencyError(error)) expectTypeOf(error.key).toEqualTypeOf<string | undefined>()
  if (isAlreadyDoneError(error)) expectTypeOf(error.response).toEqualTypeOf<Response | undefined>()
  if (isKeyReusedError(error)) assertType<'key_reused'>(error.code)
  if (isKeyExpiredError(error)) assertType<'key_expired'>(error.code)
  if (isKeyInvalidError(error)) assertType<'key_invalid'>(error.code)
})
