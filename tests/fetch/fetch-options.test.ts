import { describe, expect, it, vi } from 'vitest'
import { defineContract } from 'fetch-idempotency/contracts'
import { createIdempotentFetch, type IdempotentFetchOptions } from 'fetch-idempotency'
import { json, playFetch, thrown, url } from './fakes.js'

const create = (options: object) => () => createIdempotentFetch(options as IdempotentFetchOptions)

describe('the options of createIdempotentFetch', () => {
  it.each<[string, object]>([
    ['retries', { retries: 3 }],
    ['maxAttempts outside of retry', { maxAttempts: 3 }],
    ['a misspelt one', { writtes: 'never' }],
    ['one of hooks', { hooks: { beforeError: [] } }],
    ['one of retry', { retry: { limit: 3 } }],
    ['one of budget', { retry: { budget: { tokens: 3 } } }],
  ])('refuse what does not exist: %s', (_, options) => {
    expect(create(options)).toThrow(TypeError)
    expect(create(options)).toThrow(/there is no option/)
  })

  const late = async () => {
    throw new Error('nobody waits for this')
  }
  it.each<[string, object, number]>([
    ['match', { match: late }, 0],
    ['generateKey', { generateKey: late }, 0],
    ['contract.honoursKey', { contract: defineContract({ honoursKey: late as never }) }, 0],
    ['contract.companions', { contract: defineContract({ companions: late as never }) }, 0],
    ['retry.backoff', { retry: { backoff: late } }, 1],
    ['random', { random: late }, 1],
  ])('refuse a promise of %s, which answers at once', async (name, options, requests) => {
    const rejections: unknown[] = []
    const note = (reason: unknown) => void rejections.push(reason)
    process.on('unhandledRejection', note)
    const { fetch, sent } = playFetch(json(503), json(201))
    const send = createIdempotentFetch({ ...options, fetch } as IdempotentFetchOptions)
    const error = await thrown(send(url, { method: 'POST', body: '{}' }))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(error).toEqual(new TypeError(`${name} must not be async`))
    expect(sent).toHaveLength(requests)
    expect(rejections).toEqual([])
  })

  it.each<[string, object]>([
    ['what does not exist', { retries: 3 }],
    ['a wrong word', { writes: 'sometimes' }],
  ])('refuse %s, where it is inherited', (_, options) => {
    expect(create(Object.create(options) as object)).toThrow(TypeError)
  })

  it.each<[string, object]>([
    ['fetch', { fetch: 'fetch' }],
    ['fetch', { fetch: null }],
    ['contract', { contract: 'stripe' }],
    ['contract', { contract: null }],
    ['contract', { contract: {} }],
    ['methods', { methods: 'POST' }],
    ['methods', { methods: [5] }],
    ['generateKey', { generateKey: 'k' }],
    ['match', { match: /orders/ }],
    ['writes', { writes: 'sometimes' }],
    ['writes', { writes: true }],
    ['whenKeyStoreDown', { whenKeyStoreDown: 'panic' }],
    ['retry', { retry: 3 }],
    ['retry.maxAttempts', { retry: { maxAttempts: '4' } }],
    ['retry.backoff', { retry: { backoff: 5 } }],
    ['maxRequestBytes', { maxRequestBytes: '1kb' }],
    ['oversizedBody', { oversizedBody: 'truncate' }],
    ['maxResponseBytes', { maxResponseBytes: null }],
    ['hooks', { hooks: 5 }],
    ['hooks.beforeRequest', { hooks: { beforeRequest: () => undefined } }],
    ['hooks.afterResponse', { hooks: { afterResponse: ['log'] } }],
    ['onEvent', { onEvent: {} }],
    ['clock', { clock: Date }],
    ['clock.sleep', { clock: { now: Date.now, sleep: 5 } }],
    ['random', { random: 0.5 }],
    ['resolve', { resolve: 'body' }],
    ['reconcile', { reconcile: {} }],
  ])('refuse the wrong type of %s', (name, options) => {
    expect(create(options)).toThrow(TypeError)
    expect(create(options)).toThrow(name)
  })

  it.each<[string, object]>([
    ['clock.now', { clock: {} }],
    ['clock.sleep', { clock: { now: Date.now } }],
  ])('refuse a clock without %s', (name, options) => {
    expect(create(options)).toThrow(name)
  })

  it.each<[string, object]>([
    ['maxRequestBytes', { maxRequestBytes: NaN }],
    ['maxRequestBytes', { maxRequestBytes: -1 }],
    ['maxResponseBytes', { maxResponseBytes: NaN }],
    ['maxResponseBytes', { maxResponseBytes: -Infinity }],
    ['retry.maxAttempts', { retry: { maxAttempts: 0 } }],
    ['retry.maxAttempts', { retry: { maxAttempts: 2.5 } }],
    ['retry.deadlineMs', { retry: { deadlineMs: -5 } }],
    ['retry.attemptTimeoutMs', { retry: { attemptTimeoutMs: NaN } }],
    ['retry.maxRetryAfterMs', { retry: { maxRetryAfterMs: -1 } }],
    ['retry.budget.capacity', { retry: { budget: { capacity: NaN } } }],
  ])('refuse the number of %s', (name, options) => {
    expect(create(options)).toThrow(RangeError)
    expect(create(options)).toThrow(name)
  })

  it.each([undefined, {}])('may be %s', (options) => {
    expect(() => createIdempotentFetch(options)).not.toThrow()
  })

  it.each([null, 5, 'keyed'])('may not be %s', (options) => {
    expect(() => createIdempotentFetch(options as never)).toThrow(TypeError)
  })

  it('may be huge', () => {
    const huge = { maxAttempts: 1e99, attemptTimeoutMs: 1e99, deadlineMs: 1e99, maxRetryAfterMs: Infinity }
    expect(create({ retry: huge, maxRequestBytes: Infinity, maxResponseBytes: 1e99 })).not.toThrow()
  })

  it('are copied: what is changed later changes nothing', async () => {
    const { fetch, keys } = playFetch(json(201))
    const beforeRequest: (() => void)[] = []
    const methods = ['POST']
    const options = { fetch, methods, hooks: { beforeRequest }, generateKey: () => 'first' }
    const send = createIdempotentFetch(options)
    beforeRequest.push(() => {
      throw new Error('too late')
    })
    methods.pop()
    options.generateKey = () => 'second'
    await send(url, { method: 'POST' })
    expect(keys()).toEqual(['first'])
  })

  it('take methods in any case', async () => {
    const { fetch, keys } = playFetch(json(200))
    const send = createIdempotentFetch({ fetch, methods: ['delete'], generateKey: () => 'k' })
    await send(url, { method: 'DELETE' })
    await send(url, { method: 'delete' })
    await send(url, { method: 'POST' })
    expect(keys()).toEqual(['k', 'k', null])
  })

  it('look the global fetch up at each call', async () => {
    const send = createIdempotentFetch()
    const fetch = vi.spyOn(globalThis, 'fetch').mockResolvedValue(json(201))
    try {
      expect((await send(url, { method: 'POST' })).status).toBe(201)
      expect(fetch).toHaveBeenCalledOnce()
    } finally {
      fetch.mockRestore()
    }
  })
})

describe('the options of a call', () => {
  it.each<[string, object, typeof TypeError]>([
    ['no option "retries"', { retries: 3 }, TypeError],
    ['idempotency.writes', { writes: 'sometimes' }, TypeError],
    ['idempotency.firstSentAt', { firstSentAt: 'yesterday' }, TypeError],
    ['idempotency.firstSentAt', { firstSentAt: NaN }, RangeError],
    ['idempotency.firstSentAt', { firstSentAt: new Date('garbage') }, RangeError],
    ['idempotency.firstSentAt', { firstSentAt: -1 }, RangeError],
    ['retry.maxAttempts', { retry: { maxAttempts: 0 } }, RangeError],
    ['no option "limit"', { retry: { limit: 3 } }, TypeError],
    ['resolve', { resolve: 5 }, TypeError],
    ['reconcile', { reconcile: 'later' }, TypeError],
  ])('are refused before anything is sent: %s', async (message, idempotency, kind) => {
    const { fetch, sent } = playFetch(json(201))
    const error = await thrown(createIdempotentFetch({ fetch })(url, { method: 'POST', idempotency }))
    expect(error).toBeInstanceOf(kind)
    expect(String(error)).toContain(message)
    expect(sent).toEqual([])
  })

  it.each([null, true, 'off', 5])('may not be %s', async (idempotency) => {
    const { fetch, sent } = playFetch(json(201))
    const call = createIdempotentFetch({ fetch })(url, { method: 'POST', idempotency: idempotency as never })
    await expect(call).rejects.toBeInstanceOf(TypeError)
    expect(sent).toEqual([])
  })
})

describe('wrapping twice', () => {
  it('is refused at construction', () => {
    const inner = createIdempotentFetch()
    expect(create({ fetch: inner })).toThrow(TypeError)
    expect(create({ fetch: inner })).toThrow(/already an idempotent fetch/)
  })

  it('is refused for a wrapper of another copy of the package', () => {
    const foreign = Object.defineProperty(async () => new Response(), Symbol.for('fetch-idempotency.fetch'), {
      value: true,
    })
    expect(create({ fetch: foreign })).toThrow(/already an idempotent fetch/)
  })

  it('is refused at construction for a global fetch as well', () => {
    const native = globalThis.fetch
    globalThis.fetch = createIdempotentFetch() as typeof fetch
    try {
      expect(create({})).toThrow(/already an idempotent fetch/)
    } finally {
      globalThis.fetch = native
    }
  })

  it.each(['itself', 'another wrapper'])(
    'does not happen when the global fetch becomes %s: the one before it sends',
    async (other) => {
      const native = globalThis.fetch
      const { fetch, sent } = playFetch(json(201))
      globalThis.fetch = fetch
      try {
        const send = createIdempotentFetch()
        const never = playFetch(json(500))
        const wrapper = other === 'itself' ? send : createIdempotentFetch({ fetch: never.fetch })
        globalThis.fetch = wrapper as typeof fetch
        expect((await send(url, { method: 'POST' })).status).toBe(201)
        expect([sent.length, never.sent.length]).toEqual([1, 0])
      } finally {
        globalThis.fetch = native
      }
    },
  )

  it('is not seen in any other function', () => {
    expect(create({ fetch: async () => new Response() })).not.toThrow()
  })
})
