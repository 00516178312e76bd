import { describe, expect, it, vi } from 'vitest'
import {
  createIdempotentFetch,
  createRetryBudget,
  idempotencyOf,
  isBodyTooLargeError,
  isDeadlineError,
  isIdempotencyError,
  isUnsendableError,
  type IdempotencyFacts,
  type IdempotentFetchOptions,
} from 'fetch-idempotency'
import { defineContract, duplicateConflict, ietf, qurl } from 'fetch-idempotency/contracts'
import { fakeClock, json, playFetch, refusedPort, reset, startMs, thrown, url, type Step } from './fakes.js'

function setUp(steps: readonly [Step, ...Step[]] = [json(201)], more: object = {}) {
  const play = playFetch(...steps)
  const clock = fakeClock()
  return {
    ...play,
    clock,
    send: createIdempotentFetch({ fetch: play.fetch, clock, random: () => 0.5, ...more }),
  }
}
const post = { method: 'POST', body: '{}' }

describe('createIdempotentFetch', () => {
  describe('hands on', () => {
    it('what it was given: a string, a URL, a Request, and all options', async () => {
      const calls: unknown[][] = []
      const send = createIdempotentFetch({
        fetch: async (...args) => {
          calls.push(args)
          return json(200)
        },
      })
      const options = { redirect: 'manual', cache: 'no-store', dispatcher: 'x' } as RequestInit
      await send(url, options)
      await send(new URL(url), options)
      await send(new Request(url, { redirect: 'error' }), { dispatcher: 'x' } as RequestInit)
      expect(calls[0]?.[0]).toBe(url)
      expect(calls[0]?.[1]).toMatchObject(options)
      expect(calls[1]?.[0]).toBe(url)
      expect(calls[2]?.[0]).toMatchObject({ redirect: 'error' })
      expect(calls[2]?.[1]).toMatchObject({ dispatcher: 'x' })
      for (const [, init] of calls) expect(Object.keys(init as object)).not.toContain('idempotency')
    })

    it('the response that the wrapped fetch gave', async () => {
      const { send } = setUp([json(418, 'short', { 'x-a': 'b' })])
      const response = await send(url, post)
      expect(response).toBeInstanceOf(Response)
      expect([response.status, response.ok, response.headers.get('x-a')]).toEqual([418, false, 'b'])
    })

    it.each<[string, BodyInit | null]>([
      ['a string', 'text'],
      ['parameters', new URLSearchParams({ a: 'b' })],
      ['a Blob', new Blob(['blob'])],
      ['bytes', new Uint8Array([104, 105])],
      ['a stream', new Blob(['stream']).stream()],
      ['nothing', null],
    ])('the same bytes for each attempt: %s', async (_, body) => {
      const { send, sent } = setUp([json(503), reset(), json(201)])
      await send(url, { method: 'POST', body })
      expect(sent).toHaveLength(3)
      expect(new Set(sent.map((one) => one.body)).size).toBe(1)
      expect(new Set(sent.map(({ headers }) => headers.get('content-type'))).size).toBe(1)
    })

    it('form data with the same boundary for each attempt', async () => {
      const form = new FormData()
      form.set('file', new Blob(['content']), 'a.txt')
      const { send, sent } = setUp([json(503), reset(), json(201)])
      await send(url, { method: 'POST', body: form })
      expect(new Set(sent.map((one) => one.body)).size).toBe(1)
      const boundary = sent[0]?.headers.get('content-type')?.split('boundary=')[1]
      expect(sent[2]?.body).toContain(`--${boundary}`)
      expect(sent[2]?.body).toContain('content')
    })

    it('a Request with all of its parts for each attempt', async () => {
      const { send, sent } = setUp([json(503), reset(), json(201)])
      await send(new Request(url, { ...post, headers: { 'x-a': '1' }, redirect: 'error' }))
      for (const { url: target, method, body, headers } of sent)
        expect([target, method, body, headers.get('x-a')]).toEqual([url, 'POST', '{}', '1'])
    })

    it('headers, URL and method as they were at the call', async () => {
      const headers: Record<string, string> = { 'x-a': '1' }
      const init = { ...post, headers }
      const { send, sent } = setUp([
        () => {
          headers['x-a'] = '2'
          init.method = 'PUT'
          init.body = 'changed'
          return json(503)
        },
        json(201),
      ])
      await send(url, init)
      expect(sent[1]).toMatchObject({ method: 'POST', body: '{}' })
      expect(sent[1]?.headers.get('x-a')).toBe('1')
    })
  })

  describe('a body that can be sent once', () => {
    const oversized = { maxRequestBytes: 3, oversizedBody: 'send-once' }

    it('gets one attempt, and the error says why', async () => {
      const { send, sent } = setUp([reset()], oversized)
      const error = await thrown(send(url, { method: 'POST', body: new Blob(['stream']).stream() }))
      expect(error).toMatchObject({ code: 'outcome_unknown', attempts: 1 })
      expect(error.message).toContain('stream')
      expect(sent).toHaveLength(1)
    })

    it('gets one attempt, and the answer is returned', async () => {
      const { send } = setUp([json(503)], oversized)
      const response = await send(new Request(url, { method: 'POST', body: 'stream' }))
      expect(response.status).toBe(503)
      expect(idempotencyOf(response)).toMatchObject({ attempts: 1, outcome: 'unknown' })
    })

    it('is refused by default, before anything is sent', async () => {
      const { send, sent } = setUp([json(201)], { maxRequestBytes: 3 })
      const error = await thrown(send(url, { method: 'POST', body: new Blob(['stream']).stream() }))
      expect(isBodyTooLargeError(error)).toBe(true)
      expect(error).toMatchObject({ attempts: 0, outcome: 'not-applied', method: 'POST', url })
      expect(sent).toEqual([])
    })

    it('is made anew by a factory, for each attempt', async () => {
      const { send, sent } = setUp([reset(), json(503), json(201)], { maxRequestBytes: 3 })
      const body = vi.fn(() => new Blob(['stream']).stream())
      await send(url, { method: 'POST', body })
      expect(body).toHaveBeenCalledTimes(3)
      expect(sent.map((one) => one.body)).toEqual(Array(3).fill('stream'))
    })
  })

  describe('idempotency: false', () => {
    it('sends as the wrapped fetch would: no key, no retries, the same response', async () => {
      const own = json(503)
      const fetch = vi.fn<typeof globalThis.fetch>(async () => own)
      const send = createIdempotentFetch({ fetch })
      const { signal } = new AbortController()
      const init = { ...post, signal, redirect: 'manual' as const }
      const response = await send(url, { ...init, idempotency: false, idempotencyKey: 'k' })
      expect(response).toBe(own)
      expect(fetch.mock.calls).toEqual([[url, init]])
      expect(idempotencyOf(response)).toBeUndefined()
    })

    it('calls a body factory', async () => {
      const { send, sent } = setUp()
      await send(url, { method: 'POST', body: async () => 'made', idempotency: false })
      expect(sent[0]?.body).toBe('made')
    })

    it('throws what the wrapped fetch throws', async () => {
      const error = reset()
      const { send } = setUp([error])
      expect(await thrown(send(url, { ...post, idempotency: false }))).toBe(error)
    })
  })

  describe('options of one call', () => {
    it('adjust how often it is sent', async () => {
      const { send, sent } = setUp([json(503)])
      await send(url, { ...post, idempotency: { retry: { maxAttempts: 2 } } })
      expect(sent).toHaveLength(2)
      await send(url, { ...post, idempotency: { writes: 'never' } })
      expect(sent).toHaveLength(3)
      await send(url, post)
      expect(sent).toHaveLength(13)
    })

    it('tell when the key was first sent', async () => {
      const { send, sent } = setUp([json(400)])
      const firstSentAt = startMs - 60_000
      const response = await send(url, { ...post, idempotencyKey: 'k', idempotency: { firstSentAt } })
      expect(idempotencyOf(response)?.outcome).toBe('unknown')
      const old = { firstSentAt: new Date(startMs - 24 * 3_600_000) }
      expect(await thrown(send(url, { ...post, idempotencyKey: 'k', idempotency: old }))).toMatchObject({
        code: 'key_expired',
        outcome: 'unknown',
        attempts: 0,
      })
      expect(sent).toHaveLength(1)
    })

    it('do not lengthen the life of a key by a first sending in the future', async () => {
      const { send, clock, sent } = setUp([json(503)], { retry: { deadlineMs: Infinity, maxAttempts: 9 } })
      const hour = 3_600_000
      const pending = send(url, {
        ...post,
        idempotencyKey: 'k',
        idempotency: {
          firstSentAt: startMs + 100 * hour,
          retry: { backoff: () => 13 * hour },
        },
      })
      expect(idempotencyOf(await thrown(pending))).toMatchObject({ attempts: 2 })
      expect(clock.now() - startMs).toBe(13 * hour)
      expect(sent).toHaveLength(2)
    })
  })

  describe('the key', () => {
    it('is made once for each operation', async () => {
      const generateKey = vi.fn(() => `k${generateKey.mock.calls.length}`)
      const { send, keys } = setUp([json(503), json(503), json(201), json(201)], { generateKey })
      await send(url, post)
      await send(url, post)
      expect(keys()).toEqual(['k1', 'k1', 'k1', 'k2'])
    })

    it('is that of the call, whatever becomes of its options while a body is read', async () => {
      const { send, keys } = setUp()
      const init = { method: 'POST', body: new Blob(['1']).stream(), idempotencyKey: 'k1' }
      const first = send(url, init)
      Object.assign(init, { body: new Blob(['2']).stream(), idempotencyKey: 'k2' })
      await Promise.all([first, send(url, init)])
      expect(keys()).toEqual(['k1', 'k2'])
    })

    it('goes only with requests that match', async () => {
      const match = vi.fn(({ url: target }: { url: string }) => target.endsWith('/pay'))
      const { send, keys } = setUp([json(201)], { match, generateKey: () => 'k' })
      await send(url, post)
      await send(`${url}/pay?token=secret`, post)
      await send(`${url}/pay`)
      expect(keys()).toEqual([null, 'k', null])
      expect(match.mock.calls).toEqual([[{ method: 'POST', url }], [{ method: 'POST', url: `${url}/pay` }]])
    })

    it.each<[string, unknown]>([
      ['empty', ''],
      ['too long', 'x'.repeat(256)],
      ['not ASCII', 'schlüssel'],
      ['with a line break', 'a\r\nb: c'],
      ['with a tab', 'a\tb'],
      ['with a NUL', 'a\0b'],
      ['with a space before it', ' a'],
      ['with a space after it', 'a '],
      ['a number', 5],
      ['null', null],
      ['an object', {}],
    ])('is refused before anything is sent: %s', async (_, idempotencyKey) => {
      const { send, sent } = setUp()
      const error = await thrown(send(url, { ...post, idempotencyKey: idempotencyKey as string }))
      expect(error).toMatchObject({
        code: 'key_invalid',
        key: undefined,
        attempts: 0,
        outcome: 'not-applied',
      })
      expect(error.message).not.toContain('schl')
      expect(sent).toEqual([])
    })

    it.each<[string, string]>([
      ['empty', ''],
      ['too long', 'x'.repeat(256)],
      ['not ASCII', 'ü'],
      ['with a space before it', ' a'],
    ])('in a header is refused as well: %s', async (_, key) => {
      const { send, sent } = setUp()
      const call = send(url, { ...post, headers: { 'Idempotency-Key': key } })
      expect(await thrown(call)).toMatchObject({ code: 'key_invalid' })
      expect(sent).toEqual([])
    })

    it.each<[string, Parameters<typeof fetch>]>([
      ['Headers', [url, { method: 'POST', headers: new Headers({ 'Idempotency-Key': 'given' }) }]],
      ['pairs', [url, { method: 'POST', headers: [['iDeMpOtEnCy-KeY', 'given']] }]],
      ['a Request', [new Request(url, { method: 'POST', headers: { 'Idempotency-Key': 'given' } })]],
    ])('is the one that the caller gives in %s', async (_, call) => {
      const generateKey = vi.fn(() => 'made')
      const { send, keys } = setUp([json(503), json(201)], { generateKey })
      expect(idempotencyOf(await send(...call))?.key).toBe('given')
      expect(keys()).toEqual(['given', 'given'])
      expect(generateKey).not.toHaveBeenCalled()
    })

    it('of a broken generator is refused', async () => {
      const { send, sent } = setUp([json(201)], { generateKey: () => undefined })
      expect(await thrown(send(url, post))).toMatchObject({ code: 'key_invalid' })
      expect(sent).toEqual([])
    })

    it("of a contract's generator that has run dry is refused", async () => {
      const keys = ['k2', 'k1']
      const contract = defineContract({ generateKey: () => keys.pop() as string })
      const { send, sent } = setUp([json(201)], { contract })
      await send(url, post)
      expect(await thrown(send(url, post))).toMatchObject({ code: 'key_invalid' })
      expect(sent.map(({ key }) => key)).toEqual(['k2'])
    })

    it('of a UUIDv7 that is older than a day is never sent', async () => {
      const { send, sent } = setUp()
      const old = '01890a5d-ac96-774b-bcce-b302099a8057'
      expect(await thrown(send(url, { ...post, idempotencyKey: old }))).toMatchObject({
        code: 'key_expired',
        key: old,
        outcome: 'unknown',
        attempts: 0,
      })
      expect(sent).toEqual([])
    })

    it('is kept off a target that does not honour it, as far as resends go', async () => {
      const { send, sent, keys } = setUp([reset()], { contract: qurl })
      const error = await thrown(send('https://api.test/v1/elsewhere', post))
      expect(error).toMatchObject({ code: 'outcome_unknown', attempts: 1 })
      expect(sent).toHaveLength(1)
      expect(keys()[0]).not.toBeNull()
    })
  })

  it.each(['http://', 'http://[', '/relative', 'no url', 'ftp://api.test/'])(
    'refuses a bad URL at once: %s',
    async (target) => {
      const clock = fakeClock()
      const error = await thrown(createIdempotentFetch({ clock })(target, { method: 'POST', body: '{}' }))
      expect(error).toMatchObject({ code: 'unsendable', outcome: 'not-applied' })
      expect(error.cause).toBeInstanceOf(TypeError)
      expect(clock.delays).toEqual([])
    },
  )

  it('takes null for the options, as fetch does', async () => {
    const { send, sent } = setUp([json(200)])
    await (send as unknown as (input: string, init: null) => Promise<Response>)(url, null)
    expect(sent).toHaveLength(1)
  })

  describe('a conditional write without a key', () => {
    it.each<[string, Record<string, string>]>([
      ['If-Match', { 'if-match': '"v1"' }],
      ['If-None-Match: *', { 'if-none-match': '*' }],
    ])('is resent after a lost answer: %s keeps it from being done twice', async (_, headers) => {
      const { send, sent } = setUp([reset(), () => new Response(null, { status: 204 })], { methods: [] })
      const response = await send(url, { method: 'PATCH', body: '{}', headers })
      expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'applied' })
      expect(sent).toHaveLength(2)
    })

    it('ends unknown when its own success may be why the precondition fails', async () => {
      const { send } = setUp([reset(), () => new Response(null, { status: 412 })], { methods: [] })
      const response = await send(url, { method: 'PUT', body: '{}', headers: { 'if-match': '"v1"' } })
      expect([response.status, idempotencyOf(response)?.outcome]).toEqual([412, 'unknown'])
    })

    it.each<[string, Record<string, string>]>([
      ['If-Match: *', { 'if-match': '*' }],
      ['If-None-Match with a tag', { 'if-none-match': '"v1"' }],
      ['If-Unmodified-Since', { 'if-unmodified-since': 'Tue, 01 Jan 2030 00:00:00 GMT' }],
    ])('is not resent after a lost answer when %s would let it pass again', async (_, headers) => {
      const { send, sent } = setUp([reset()], { methods: [] })
      const error = await thrown(send(url, { method: 'PATCH', body: '{}', headers }))
      expect(error).toMatchObject({ code: 'outcome_unknown', attempts: 1 })
      expect(sent).toHaveLength(1)
    })
  })

  describe('errors that tell', () => {
    it('are TypeErrors with everything about the operation, and no secrets', async () => {
      const { send } = setUp([reset()])
      const target = 'https://user:secret@api.test/orders?token=secret#secret'
      const error = await thrown(
        createIdempotentFetch({ fetch: async () => Promise.reject(reset()), clock: fakeClock() })(target, {
          ...post,
          body: 'secret',
          headers: { authorization: 'secret' },
        }),
      )
      expect(error).toBeInstanceOf(TypeError)
      expect(isIdempotencyError(error)).toBe(true)
      expect(error).toMatchObject({ method: 'POST', url, attempts: 10, outcome: 'unknown' })
      expect(error.key).toMatch(/^[0-9a-f-]{36}$/)
      expect(error.cause).toBeInstanceOf(TypeError)
      expect(error.message).not.toContain('secret')
      expect(JSON.stringify(error)).not.toContain('secret')
      expect(await thrown(send(url, post))).toMatchObject({ code: 'outcome_unknown' })
    })

    it('says that a body was used before', async () => {
      const request = new Request(url, post)
      await request.text()
      const { send, sent } = setUp()
      const error = await thrown(send(request))
      expect(isUnsendableError(error)).toBe(true)
      expect(error).toMatchObject({ attempts: 0, outcome: 'not-applied', method: 'POST', url })
      expect(sent).toEqual([])
    })

    it('says which duplicate it was', async () => {
      const { send } = setUp([reset(), json(409, { id: 'o-1' }, { location: '/orders/o-1' })], {
        contract: duplicateConflict,
      })
      const error = await thrown(send(url, post))
      expect(error).toMatchObject({
        code: 'already_done',
        outcome: 'applied',
        attempts: 2,
        original: { id: 'o-1', url: `${url}/o-1` },
      })
      expect(await error.response.json()).toEqual({ id: 'o-1' })
      expect(idempotencyOf(error)).toMatchObject({ outcome: 'applied' })
    })

    it('says that the server knows the key with another payload', async () => {
      const { send } = setUp([json(422, 'other')], { contract: ietf })
      const error = await thrown(send(url, { ...post, idempotencyKey: 'k' }))
      expect(error).toMatchObject({ code: 'key_reused', outcome: 'unknown', attempts: 1, key: 'k' })
      expect(await error.response.json()).toBe('other')
    })
  })

  it.each<[string, number, string, IdempotentFetchOptions, IdempotencyFacts['outcome']]>([
    ['the caller wants it to stream', 400, 'application/json', {}, 'unknown'],
    ['it is longer than what is read', 400, 'application/json', { maxResponseBytes: 5 }, 'unknown'],
    ['it is one of events', 400, 'text/event-stream', {}, 'unknown'],
    ['its status speaks for itself', 403, 'application/json', {}, 'not-applied'],
  ])('tells of a key of the caller’s what is true where a refusal is not read: %s', async (...row) => {
    const [why, status, type, options, outcome] = row
    const text = status === 400 ? '{"error":"the Idempotency-Key was used with another payload"}' : '{}'
    const { send } = setUp([new Response(text, { status, headers: { 'content-type': type } })], options)
    const response = why.startsWith('the caller') ? 'stream' : undefined
    const end = await send(url, { ...post, idempotencyKey: 'k', idempotency: { response } })
    expect(idempotencyOf(end)).toMatchObject({ outcome })
    expect(await end.text()).toBe(text)
  })

  describe('a signal that is aborted before the call', () => {
    it.each<[string, () => RequestInit]>([
      ['a string', () => ({ body: '{}' })],
      ['a stream', () => ({ body: new ReadableStream() })],
      ['a body that cannot be used', () => ({ body: 5 as never, headers: { 'x a': 'b' } })],
    ])('sends nothing and gives its own reason: %s', async (_, make) => {
      const { send, sent } = setUp()
      const reason = new Error('mine')
      const signal = AbortSignal.abort(reason)
      expect(await thrown(send(url, { method: 'POST', ...make(), signal }))).toBe(reason)
      expect(idempotencyOf(reason)).toMatchObject({ attempts: 0, outcome: 'not-applied' })
      expect(sent).toEqual([])
    })

    it('comes before everything else: no key is made, and none is refused', async () => {
      const generateKey = vi.fn(() => 'k')
      const { send } = setUp([json(201)], { generateKey })
      const signal = AbortSignal.abort('mine')
      expect(await thrown(send(url, { ...post, signal }))).toBe('mine')
      expect(await thrown(send(url, { ...post, signal, idempotencyKey: '' }))).toBe('mine')
      expect(generateKey).not.toHaveBeenCalled()
    })

    it('counts when it is that of a Request', async () => {
      const { send, sent } = setUp()
      const reason = new Error('mine')
      const request = new Request(url, { ...post, signal: AbortSignal.abort(reason) })
      expect(await thrown(send(request))).toBe(reason)
      expect(sent).toEqual([])
    })

    it('does not count when the call takes it away', async () => {
      const { send } = setUp()
      const request = new Request(url, { ...post, signal: AbortSignal.abort() })
      expect((await send(request, { signal: null })).status).toBe(201)
    })

    it('may be null, as that of a Request of node-fetch', async () => {
      const { send } = setUp()
      const request = Object.defineProperty(new Request(url, post), 'signal', { value: null })
      expect((await send(request)).status).toBe(201)
    })
  })

  it.each<[string, () => Response]>([
    ['a body', () => json(201)],
    ['none', () => new Response(null, { status: 204 })],
  ])('is over for its signal once it has an answer with %s', async (_, answer) => {
    const { send } = setUp([answer])
    const controller = new AbortController()
    await send(url, { ...post, signal: controller.signal })
    controller.abort(new Error('later'))
    expect(idempotencyOf(controller.signal.reason)).toBeUndefined()
  })

  it('takes a signal of a runtime that knows less of signals', async () => {
    const { send } = setUp()
    const signal = Object.assign(new EventTarget(), { aborted: false, reason: undefined as unknown })
    const call = { ...post, signal: signal as unknown as AbortSignal }
    expect((await send(url, call)).status).toBe(201)
    Object.assign(signal, { aborted: true, reason: 'mine' })
    expect(await thrown(send(url, call))).toBe('mine')
  })

  it.each<[string, unknown]>([
    ['an object', {}],
    ['a string', 'text'],
  ])('refuses what is no signal before anything is sent: %s', async (_, signal) => {
    const { send, sent } = setUp()
    const error = await thrown(send(url, { ...post, signal: signal as AbortSignal }))
    expect(error).toMatchObject({ code: 'unsendable', attempts: 0, outcome: 'not-applied' })
    expect(sent).toEqual([])
  })

  it('ends with the deadline while it waits for a function that makes the body', async () => {
    const { send, sent } = setUp([json(201)], { retry: { deadlineMs: 10 } })
    const cancelled = vi.fn()
    let give: ((stream: ReadableStream) => void) | undefined
    const body = () => new Promise<ReadableStream>((resolve) => (give = resolve))
    expect(await thrown(send(url, { method: 'POST', body }))).toMatchObject({
      code: 'deadline_exceeded',
      outcome: 'not-applied',
      attempts: 0,
    })
    give?.(new ReadableStream({ cancel: cancelled }))
    await new Promise((resolve) => setTimeout(resolve))
    expect(cancelled).toHaveBeenCalledOnce()
    expect(sent).toEqual([])
  })

  it('ends with the signal while it reads a stream', async () => {
    const controller = new AbortController()
    const { send, sent } = setUp()
    const body = new ReadableStream({ pull: () => new Promise(() => controller.abort('enough')) })
    expect(await thrown(send(url, { method: 'POST', body, signal: controller.signal }))).toBe('enough')
    expect(sent).toEqual([])
  })

  describe('Retry-After', () => {
    const waits = async (headers: Record<string, string>) => {
      const { send, clock, sent } = setUp([json(429, {}, headers), json(201)])
      const response = await send(url, post)
      return { delays: clock.delays, status: response.status, sent: sent.length }
    }

    it.each<[string, Record<string, string>, number]>([
      ['seconds', { 'retry-after': '7' }, 7000],
      [
        'a date, against the date of the answer',
        { 'retry-after': 'Wed, 01 Jan 2020 00:00:30 GMT', date: 'Wed, 01 Jan 2020 00:00:00 GMT' },
        30_000,
      ],
      ['milliseconds', { 'retry-after-ms': '40', 'retry-after': '7' }, 40],
      ['the maximum', { 'retry-after': '60' }, 60_000],
      ['garbage', { 'retry-after': 'soon' }, 25],
      ['a negative number', { 'retry-after': '-5' }, 25],
      ['a date in the past', { 'retry-after': 'Wed, 01 Jan 2020 00:00:30 GMT' }, 25],
      ['nothing', {}, 25],
    ])('of %s', async (_, headers, delayMs) => {
      expect(await waits(headers)).toEqual({ delays: [delayMs], status: 201, sent: 2 })
    })

    it.each([['61'], ['99999999999999999999'], ['Fri, 01 Jan 2100 00:00:00 GMT']])(
      'of %s is too long: the answer is the end',
      async (value) => {
        expect(await waits({ 'retry-after': value })).toEqual({ delays: [], status: 429, sent: 1 })
      },
    )

    it('of 1e99 is garbage', async () => {
      expect(await waits({ 'retry-after': '1e99' })).toEqual({ delays: [25], status: 201, sent: 2 })
    })
  })

  describe('the deadline', () => {
    it('keeps a wait from being begun', async () => {
      const { send, clock, sent } = setUp([json(503, 'last', { 'retry-after': '30' })], {
        retry: { deadlineMs: 30_000 },
      })
      const response = await send(url, post)
      expect([response.status, await response.json()]).toEqual([503, 'last'])
      expect([clock.delays, sent.length]).toEqual([[], 1])
    })

    it('is an error when the last answer was lost', async () => {
      const { send } = setUp([reset()], { retry: { deadlineMs: 100, backoff: () => 200 } })
      const error = await thrown(send(url, post))
      expect(isDeadlineError(error)).toBe(true)
      expect(error).toMatchObject({ outcome: 'unknown', attempts: 1 })
    })

    it('is an error that promises what is true', async () => {
      const { send } = setUp([refusedPort()], { retry: { deadlineMs: 100, backoff: () => 200 } })
      expect(await thrown(send(url, post))).toMatchObject({
        code: 'deadline_exceeded',
        outcome: 'not-applied',
        attempts: 1,
      })
    })

    it('can pass before the first attempt', async () => {
      const set = setUp([json(201)], {
        retry: { deadlineMs: 100 },
        hooks: { beforeRequest: [() => set.clock.advance(100)] },
      })
      expect(await thrown(set.send(url, post))).toMatchObject({
        code: 'deadline_exceeded',
        outcome: 'not-applied',
        attempts: 0,
      })
      expect(set.sent).toEqual([])
    })
  })

  it('shares one bucket between wrappers that are given it', async () => {
    const retry = { budget: createRetryBudget({ capacity: 14 }), whenBudgetIsEmpty: 'stop' }
    const one = setUp([json(503)], { retry })
    const other = setUp([json(503)], { retry })
    await one.send(url, post)
    await other.send(url, post)
    expect([one.sent.length, other.sent.length]).toEqual([2, 1])
  })

  it('says that the bucket was empty', async () => {
    const { send } = setUp([reset()], {
      retry: { budget: { capacity: 0 }, whenBudgetIsEmpty: 'stop' },
    })
    const error = await thrown(send(url, post))
    expect(error).toMatchObject({ code: 'outcome_unknown', attempts: 1 })
    expect(error.message).toContain('budget')
  })
})
