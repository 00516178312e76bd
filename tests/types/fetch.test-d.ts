import type * as ky1 from 'ky'
import type * as ky2 from 'ky2'
import ky from 'ky'
import kyTwo from 'ky2'
import {
  createIdempotentFetch,
  createRetryBudget,
  exponentialBackoff,
  idempotencyOf,
  isAlreadyDoneError,
  isBodyTooLargeError,
  isDeadlineError,
  isIdempotencyError,
  isKeyExpiredError,
  isKeyInvalidError,
  isKeyReusedError,
  isNotAppliedError,
  isOutcomeUnknownError,
  isUnsendableError,
  type AfterResponseHook,
  type BeforeRequestHook,
  type BeforeRetryHook,
  type AnyIdempotencyError,
  type IdempotencyError,
  type Original,
  type IdempotencyErrorCode,
  type IdempotencyEvent,
  type IdempotencyFacts,
  type IdempotentFetch,
  type IdempotentFetchOptions,
  type IdempotentRequestInit,
  type Outcome,
  type Verdict,
} from 'fetch-idempotency'
import { defineContract, stripe } from 'fetch-idempotency/contracts'
import { assertType, expectTypeOf, test } from 'vitest'

const url = 'https://api.test/orders'

test('the wrapper is a fetch', () => {
  const send = createIdempotentFetch()
  expectTypeOf(send).toEqualTypeOf<IdempotentFetch>()
  assertType<typeof fetch>(send)
  assertType<typeof globalThis.fetch>(createIdempotentFetch({ fetch: globalThis.fetch }))
  expectTypeOf(send(url)).toEqualTypeOf<Promise<Response>>()
  ky.create({ fetch: send })
  kyTwo.create({ fetch: send })
})

test('it wraps fetches with types of their own', () => {
  interface OtherRequest {
    readonly url: string
    readonly only: 'theirs'
  }
  const other = async (_input: string | URL | OtherRequest, _init?: { readonly agent?: object }) => ({
    status: 200,
    headers: new Map<string, string>(),
  })
  expectTypeOf(createIdempotentFetch({ fetch: other, writes: 'never' })).toEqualTypeOf<IdempotentFetch>()
  createIdempotentFetch({ fetch: (input, init) => fetch(input, { ...init, headers: { ...init?.headers } }) })
  // @ts-expect-error a fetch gives an answer
  createIdempotentFetch({ fetch: async () => 'text' })
  // @ts-expect-error there is no such option
  createIdempotentFetch({ fetch: other, retries: 5 })
})

test('it takes what fetch takes', () => {
  const send = createIdempotentFetch()
  void send(new URL(url))
  void send(new Request(url), { method: 'PUT' })
  void send(url, { method: 'POST', body: new FormData(), signal: AbortSignal.timeout(1), redirect: 'error' })
  void send(url, { method: 'POST', body: new ReadableStream(), duplex: 'half' })
  assertType<IdempotentRequestInit>({} satisfies RequestInit)
  assertType<IdempotentRequestInit>({} as RequestInit)
})

test('it takes more for each call', () => {
  const send = createIdempotentFetch()
  void send(url, { idempotencyKey: 'k', body: () => new ReadableStream() })
  void send(url, { idempotencyKey: undefined, body: async () => 'text' })
  void send(url, { idempotency: false })
  void send(url, { idempotency: { firstSentAt: new Date(), writes: 'never', retry: { maxAttempts: 2 } } })
  void send(url, { idempotency: { firstSentAt: 5, resolve: () => undefined, reconcile: () => 'applied' } })
  // @ts-expect-error a key is a string
  void send(url, { idempotencyKey: 5 })
  // @ts-expect-error there is no such option
  void send(url, { idempotency: { maxAttempts: 5 } })
  // @ts-expect-error only false switches it off
  void send(url, { idempotency: true })
  // @ts-expect-error a body function gives a body
  void send(url, { body: () => 5 })
  // @ts-expect-error there is no such option
  void send(url, { idempotencykey: 'k' })
})

test('options have the types that they need', () => {
  assertType<IdempotentFetchOptions>({
    fetch: globalThis.fetch,
    contract: stripe,
    methods: ['POST'],
    generateKey: () => 'k',
    match: ({ method, url: target }) => method === 'POST' && target !== '',
    writes: 'always',
    whenKeyStoreDown: 'send-without-key',
    retry: {
      maxAttempts: 5,
      attemptTimeoutMs: 1000,
      deadlineMs: Infinity,
      maxRetryAfterMs: 5,
      backoff: exponentialBackoff({ baseMs: 5 }),
      budget: createRetryBudget({ capacity: 5 }),
    },
    maxRequestBytes: 5,
    oversizedBody: 'send-once',
    maxResponseBytes: 5,
    hooks: {},
    onEvent: () => undefined,
    clock: { now: Date.now, sleep: async () => undefined },
    random: Math.random,
    resolve: async ({ original, key, signal }) =>
      fetch(original.url ?? `${url}/${key}`, { signal: signal ?? null }),
    reconcile: () => undefined,
  })
  createIdempotentFetch({ retry: { budget: { capacity: 5 } } })
  createIdempotentFetch({ retry: { budget: { capacity: undefined } } })
})

test('an option that is undefined counts as left out', () => {
  assertType<IdempotentFetchOptions>({
    fetch: undefined,
    contract: undefined,
    methods: undefined,
    generateKey: undefined,
    match: undefined,
    writes: undefined,
    whenKeyStoreDown: undefined,
    retry: {
      maxAttempts: undefined,
      attemptTimeoutMs: undefined,
      deadlineMs: undefined,
      maxRetryAfterMs: undefined,
      backoff: undefined,
      budget: undefined,
    },
    maxRequestBytes: undefined,
    oversizedBody: undefined,
    maxResponseBytes: undefined,
    hooks: { beforeRequest: undefined, beforeRetry: undefined, afterResponse: undefined },
    onEvent: undefined,
    clock: undefined,
    random: undefined,
    resolve: undefined,
    reconcile: undefined,
  })
  assertType<IdempotentRequestInit>({
    body: undefined,
    idempotencyKey: undefined,
    idempotency: { writes: undefined, retry: undefined, firstSentAt: undefined, resolve: undefined },
    duplex: undefined,
  })
  assertType<IdempotentRequestInit>({ idempotency: undefined })
  defineContract({ name: 'acme', classify: undefined, honoursKey: undefined, keyRules: undefined })
})

test('wrong options do not compile', () => {
  // @ts-expect-error there is no such option
  createIdempotentFetch({ retries: 5 })
  // @ts-expect-error none of the choices
  createIdempotentFetch({ writes: 'sometimes' })
  // @ts-expect-error there is no such option
  createIdempotentFetch({ retry: { limit: 5 } })
  // @ts-expect-error a number
  createIdempotentFetch({ retry: { maxAttempts: '5' } })
  // @ts-expect-error not a contract
  createIdempotentFetch({ contract: 'stripe' })
  // @ts-expect-error there is no such option
  createIdempotentFetch({ retry: { budget: { tokens: 5 } } })
  // @ts-expect-error none of the choices
  createIdempotentFetch({ oversizedBody: 'truncate' })
  // @ts-expect-error there is no such hook
  createIdempotentFetch({ hooks: { beforeError: [] } })
  // @ts-expect-error hooks come in arrays
  createIdempotentFetch({ hooks: { beforeRequest: () => undefined } })
  // @ts-expect-error a clock sleeps
  createIdempotentFetch({ clock: { now: Date.now } })
  // @ts-expect-error none of the words
  createIdempotentFetch({ reconcile: () => 'maybe' })
  // @ts-expect-error a key is a string
  createIdempotentFetch({ generateKey: () => 5 })
})

test('hooks are written for this package', () => {
  const beforeRequest: BeforeRequestHook = (request, options, state) => {
    expectTypeOf(request.headers).toEqualTypeOf<Headers>()
    expectTypeOf(request.request).toEqualTypeOf<Request>()
    expectTypeOf(options.context).toEqualTypeOf<Record<string, unknown>>()
    expectTypeOf(state.retryCount).toEqualTypeOf<number>()
  }
  const beforeRetry: BeforeRetryHook = async ({ request, error, retryCount }) => {
    expectTypeOf(request).toEqualTypeOf<Request>()
    expectTypeOf(error).toEqualTypeOf<Error>()
    expectTypeOf(retryCount).toEqualTypeOf<number>()
    return Symbol('stop')
  }
  const afterResponse: AfterResponseHook = (_request, _options, response) => new Response(response.body)
  createIdempotentFetch({
    hooks: { beforeRequest: [beforeRequest], beforeRetry: [beforeRetry], afterResponse: [afterResponse] },
  })
  createIdempotentFetch({ hooks: { beforeRequest: [(request) => request.headers.set('x-a', 'b')] } })
  createIdempotentFetch({ hooks: { beforeRequest: [({ request }) => void request.headers.set('x-a', 'b')] } })
  createIdempotentFetch({
    hooks: { beforeRetry: [async ({ request }) => void request.headers.set('x-a', 'b')] },
  })
  createIdempotentFetch({ hooks: { afterResponse: [({ response }) => void response.status] } })
  createIdempotentFetch({ hooks: { afterResponse: [(_, __, response) => void response.status] } })
})

test('hooks that are typed for ky 1 are taken', () => {
  const before: ky1.BeforeRequestHook = (request, options, state) => {
    if (state.retryCount === 0) request.headers.set('x-method', options.method)
  }
  const retry: ky1.BeforeRetryHook = ({ request, error, retryCount }) => {
    request.headers.set('x-retry', `${retryCount} ${error.name}`)
  }
  const after: ky1.AfterResponseHook = async (request, _options, response) =>
    response.status === 401 ? new Response(request.url) : response
  createIdempotentFetch({ hooks: { beforeRequest: [before], beforeRetry: [retry], afterResponse: [after] } })
})

test('hooks that are typed for ky 2 are taken', () => {
  const before: ky2.BeforeRequestHook = ({ request, options, retryCount }) => {
    if (retryCount === 0) request.headers.set('x-method', options.method)
  }
  const retry: ky2.BeforeRetryHook = ({ request, error, retryCount }) => {
    request.headers.set('x-retry', `${retryCount} ${error.name}`)
  }
  const after: ky2.AfterResponseHook = async ({ request, response }) =>
    response.status === 401 ? new Response(request.url) : response
  createIdempotentFetch({ hooks: { beforeRequest: [before], beforeRetry: [retry], afterResponse: [after] } })
})

test('hooks are checked all the same', () => {
  // @ts-expect-error a hook gives a request, an answer or nothing
  createIdempotentFetch({ hooks: { beforeRequest: [() => 5] } })
  // @ts-expect-error a hook gives an answer or nothing
  createIdempotentFetch({ hooks: { afterResponse: [() => 'text'] } })
  // @ts-expect-error a hook is a function
  createIdempotentFetch({ hooks: { beforeRetry: ['log'] } })
})

test('facts are read of anything', () => {
  expectTypeOf(idempotencyOf).parameter(0).toEqualTypeOf<unknown>()
  expectTypeOf(idempotencyOf(new Response())).toEqualTypeOf<IdempotencyFacts | undefined>()
  expectTypeOf<IdempotencyFacts['outcome']>().toEqualTypeOf<Outcome>()
  expectTypeOf<Outcome>().toEqualTypeOf<'applied' | 'not-applied' | 'unknown'>()
})

test('events are told apart by their type', () => {
  createIdempotentFetch({
    onEvent(event) {
      expectTypeOf(event).toEqualTypeOf<IdempotencyEvent>()
      if (event.type === 'attempt-ended') expectTypeOf(event.verdict).toEqualTypeOf<Verdict>()
      if (event.type === 'waiting') expectTypeOf(event.delayMs).toEqualTypeOf<number>()
      if (event.type === 'settled') expectTypeOf(event.outcome).toEqualTypeOf<Outcome>()
      // @ts-expect-error not every event has a verdict
      void event.verdict
    },
  })
})

test('guards tell errors apart', () => {
  const error: unknown = undefined
  if (isIdempotencyError(error)) {
    expectTypeOf(error).toEqualTypeOf<AnyIdempotencyError>()
    assertType<IdempotencyError>(error)
    assertType<IdempotencyErrorCode>(error.code)
    if (error.code === 'already_done') expectTypeOf(error.original).toEqualTypeOf<Original>()
    expectTypeOf(error.retry()).toEqualTypeOf<Promise<Response>>()
    assertType<TypeError>(error)
  }
  for (const isOurs of [
    isNotAppliedError,
    isOutcomeUnknownError,
    isUnsendableError,
    isDeadlineError,
    isKeyInvalidError,
  ])
    if (isOurs(error)) assertType<IdempotencyError>(error)
  for (const isOurs of [isKeyExpiredError, isBodyTooLargeError])
    if (isOurs(error)) assertType<IdempotencyError>(error)
  if (isAlreadyDoneError(error)) expectTypeOf(error.original.url).toEqualTypeOf<string | undefined>()
  if (isKeyReusedError(error)) expectTypeOf(error.response).toEqualTypeOf<Response | undefined>()
})
