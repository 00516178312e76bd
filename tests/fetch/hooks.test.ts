import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import { createIdempotentFetch, idempotencyOf, type DeadlineError, type Hooks } from 'fetch-idempotency'
import { defineContract, googleAip155 } from 'fetch-idempotency/contracts'
import { fakeClock, json, playFetch, reset, thrown, url, type Step } from './fakes.js'

const key = 'k-1'
function setUp(
  hooks: Hooks,
  steps: readonly [Step, ...Step[]] = [json(201, { ok: true })],
  more: object = {},
) {
  const play = playFetch(...steps)
  const clock = fakeClock()
  const send = createIdempotentFetch({ fetch: play.fetch, clock, hooks, ...more })
  const post = (init: object = {}) =>
    send(url, { method: 'POST', body: '{"a":1}', idempotencyKey: key, ...init })
  return { ...play, send, post, clock }
}

/** An answer that streams without end. */
function stream(status: number) {
  const cancelled = vi.fn()
  const body = () =>
    new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array([1])),
      cancel: cancelled,
    })
  const headers = { 'content-type': 'text/event-stream' }
  return { cancelled, step: () => new Response(body(), { status, headers }) }
}

describe('beforeRequest', () => {
  it('gets the arguments of ky 1 and the state of ky 2, with the key in place', async () => {
    const seen: unknown[] = []
    const { post } = setUp({
      beforeRequest: [
        (request, options, state) => {
          const { request: same, options: own, retryCount } = request
          seen.push(
            request.headers.get('idempotency-key'),
            same === request,
            own === options,
            retryCount,
            state,
            options.method,
          )
        },
      ],
    })
    await post()
    expect(seen).toEqual([key, true, true, 0, { retryCount: 0 }, 'POST'])
  })

  it('changes headers, for every attempt, and runs once', async () => {
    const hook = vi.fn((request: Request) => request.headers.set('x-signed', 'yes'))
    const { post, sent } = setUp({ beforeRequest: [hook] }, [json(503), reset(), json(201)])
    await post()
    expect(hook).toHaveBeenCalledOnce()
    expect(sent.map(({ headers }) => headers.get('x-signed'))).toEqual(['yes', 'yes', 'yes'])
    expect(sent.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}', '{"a":1}'])
  })

  it('shares one context with the other hooks of the call', async () => {
    const seen: unknown[] = []
    const { post } = setUp(
      {
        beforeRequest: [(_, { context }) => void (context['n'] = 1)],
        beforeRetry: [({ options: { context } }) => void seen.push(context['n'])],
        afterResponse: [(_, { context }) => void seen.push(context['n'])],
      },
      [json(503), json(201)],
    )
    await post()
    expect(seen).toEqual([1, 1, 1])
    await post()
    expect(seen).toHaveLength(4)
  })

  it('replaces the request, body and all, and the key stays', async () => {
    const { post, sent } = setUp({
      beforeRequest: [
        () => new Request(`${url}/other`, { method: 'PUT', body: 'other', headers: { 'x-a': '1' } }),
        (request) => void request.headers.set('x-b', '2'),
      ],
    })
    await post()
    expect(sent[0]).toMatchObject({ url: `${url}/other`, method: 'PUT', body: 'other', key })
    expect(sent[0]?.headers.get('x-a')).toBe('1')
    expect(sent[0]?.headers.get('x-b')).toBe('2')
  })

  it.each<[string, string, RequestInit, object]>([
    ['makes a write of a read', url, { method: 'POST', body: 'x' }, { method: 'GET', body: null }],
    ['makes a write of a DELETE', url, { method: 'POST', body: 'x' }, { method: 'DELETE' }],
    ['leads where no keys are honoured', `${url}/free`, { method: 'POST', body: 'x' }, {}],
  ])('is followed by no resend of what may have been executed where it %s', async (_, to, changed, init) => {
    const contract = defineContract({ honoursKey: (target) => !target.url.endsWith('/free') })
    const hooks = { beforeRequest: [() => new Request(to, changed)] }
    const { post, sent } = setUp(hooks, [reset(), json(201)], { contract })
    const error = await thrown(post({ idempotencyKey: undefined, ...init }))
    expect(error).toMatchObject({ code: 'outcome_unknown', attempts: 1, method: 'POST' })
    expect(sent).toHaveLength(1)
  })

  it('replaces the request in the way ky shows: new Request(request, …)', async () => {
    const { post, sent } = setUp(
      { beforeRequest: [(request) => new Request(request, { headers: { authorization: 'Bearer x' } })] },
      [json(503), json(201)],
    )
    await post()
    expect(sent.map(({ body, key: sentKey }) => [body, sentKey])).toEqual([
      ['{"a":1}', key],
      ['{"a":1}', key],
    ])
    expect(sent[1]?.headers.get('authorization')).toBe('Bearer x')
  })

  it('puts the key back that a hook removed or changed', async () => {
    const { post, sent } = setUp({ beforeRequest: [(request) => request.headers.delete('idempotency-key')] })
    await post()
    expect(sent[0]?.key).toBe(key)
    const other = setUp({ beforeRequest: [(request) => request.headers.set('idempotency-key', 'mine')] })
    await other.post()
    expect(other.sent[0]?.key).toBe(key)
  })

  it('may read the body of what it is shown', async () => {
    const { post, sent } = setUp({ beforeRequest: [async (request) => void (await request.text())] })
    await post()
    expect(sent[0]?.body).toBe('{"a":1}')
  })

  it.each<[string, () => unknown]>([
    ['a stream that is made anew', () => () => new Blob(['streamed']).stream()],
    [
      'an iterable that is made anew',
      () => () =>
        (async function* () {
          yield Buffer.from('streamed')
        })(),
    ],
    ['a stream that is kept', () => new Blob(['streamed']).stream()],
  ])('leaves %s in its place, also in a new Request', async (_, make) => {
    const { post, sent } = setUp(
      { beforeRequest: [(request) => new Request(request, { headers: { 'x-a': '1' } })] },
      [json(503), json(201)],
    )
    await post({ body: make() })
    expect(sent.map(({ body }) => body)).toEqual(['streamed', 'streamed'])
    expect(sent[1]?.headers.get('x-a')).toBe('1')
  })

  it('leaves a stream in its place that can be sent once', async () => {
    const { send, sent } = setUp(
      { beforeRequest: [(request) => new Request(request, { headers: { 'x-a': '1' } })] },
      [json(201)],
      { maxRequestBytes: 3, oversizedBody: 'send-once' },
    )
    await send(url, { method: 'POST', body: new Blob(['streamed']).stream() })
    await send(new Request(url, { method: 'POST', body: 'streamed' }))
    expect(sent.map(({ body }) => body)).toEqual(['streamed', 'streamed'])
  })

  it('has no limit of its own for a body that is in memory', async () => {
    const { post, sent } = setUp({ beforeRequest: [(request) => new Request(request)] }, [json(201)], {
      maxRequestBytes: 3,
    })
    await post({ body: 'more than three' })
    expect(sent[0]?.body).toBe('more than three')
  })

  it('answers in place of the server', async () => {
    const own = json(200, 'cached')
    const later = vi.fn()
    const { post, sent } = setUp({ beforeRequest: [() => own, later] })
    const response = await post()
    expect(response).toBe(own)
    expect(idempotencyOf(response)).toEqual({ key, attempts: 0, replayed: false, outcome: 'not-applied' })
    expect(sent).toEqual([])
    expect(later).not.toHaveBeenCalled()
  })

  it('that throws ends the call before anything is sent', async () => {
    const mine = new Error('no token')
    const { post, sent } = setUp({
      beforeRequest: [
        () => {
          throw mine
        },
      ],
    })
    expect(await thrown(post())).toBe(mine)
    expect(idempotencyOf(mine)).toMatchObject({ key, attempts: 0, outcome: 'not-applied' })
    expect(sent).toEqual([])
  })

  it('that gives a used request ends the call before anything is sent', async () => {
    const { post, sent } = setUp({
      beforeRequest: [
        async () => {
          const used = new Request(url, { method: 'POST', body: 'x' })
          await used.text()
          return used
        },
      ],
    })
    expect(await thrown(post())).toMatchObject({ code: 'unsendable', outcome: 'not-applied', key })
    expect(sent).toEqual([])
  })

  it('that gives a body which cannot take the key ends the call before anything is sent', async () => {
    const { fetch, sent } = playFetch(json(201))
    const send = createIdempotentFetch({
      fetch,
      contract: googleAip155,
      hooks: { beforeRequest: [() => new Request(url, { method: 'POST', body: 'no JSON' })] },
    })
    const error = await thrown(send(url, { method: 'POST', body: '{}' }))
    expect(error).toMatchObject({ code: 'unsendable', attempts: 0, outcome: 'not-applied' })
    expect(sent).toEqual([])
  })

  it('is not run for a request that cannot be', async () => {
    const hook = vi.fn()
    const { send, sent } = setUp({ beforeRequest: [hook] })
    for (const bad of [send('http://', { method: 'POST' }), send(url, { method: 'GET', body: 'x' })])
      expect(await thrown(bad)).toMatchObject({ code: 'unsendable', attempts: 0, outcome: 'not-applied' })
    expect(hook).not.toHaveBeenCalled()
    expect(sent).toEqual([])
  })

  it('that hangs ends with the deadline, and nothing is sent', async () => {
    const { post, sent } = setUp({ beforeRequest: [() => new Promise(() => undefined)] }, undefined, {
      retry: { deadlineMs: 20 },
    })
    const error = await thrown(post())
    expect(error).toMatchObject({ code: 'deadline_exceeded', outcome: 'not-applied', attempts: 0 })
    expect(sent).toHaveLength(0)
  })

  it('that hung runs again for retry()', async () => {
    let calls = 0
    const hook = () => ((calls += 1) === 1 ? new Promise<void>(() => undefined) : undefined)
    const { post, sent } = setUp({ beforeRequest: [hook] }, undefined, { retry: { deadlineMs: 20 } })
    const error = (await thrown(post())) as Error as DeadlineError
    expect((await error.retry?.())?.status).toBe(201)
    expect([calls, sent.length]).toEqual([2, 1])
  })

  it('that hangs ends with the signal', async () => {
    const controller = new AbortController()
    const { post } = setUp({ beforeRequest: [() => new Promise(() => controller.abort('bored'))] })
    expect(await thrown(post({ signal: controller.signal }))).toBe('bored')
  })
})

describe('beforeRetry', () => {
  it('gets the error itself, of whichever realm', async () => {
    const cause = new Error('inner')
    const lost = runInNewContext('Object.assign(new TypeError("fetch failed"), { cause })', {
      cause,
    }) as Error
    const seen: unknown[] = []
    const { post } = setUp({ beforeRetry: [({ error }) => void seen.push(error)] }, [
      () => Promise.reject(lost),
      json(201),
    ])
    await post()
    expect(seen[0]).toBe(lost)
  })

  it('is told why, before each retry', async () => {
    const seen: unknown[] = []
    const { post } = setUp(
      {
        beforeRetry: [
          ({ error, retryCount, request }) => {
            seen.push([
              retryCount,
              (error as Error & { response?: Response }).response?.status ??
                (error.cause as { code: string }).code,
              request.headers.get('idempotency-key'),
            ])
          },
        ],
      },
      [json(503), reset(), json(201)],
    )
    await post()
    expect(seen).toEqual([
      [1, 503, key],
      [2, 'ECONNRESET', key],
    ])
  })

  it('may read the answer that is the reason', async () => {
    let text: unknown
    const { post } = setUp(
      {
        beforeRetry: [
          async ({ error }) =>
            void (text = await (error as Error & { response?: Response }).response?.text()),
        ],
      },
      [json(503, 'why'), json(201)],
    )
    await post()
    expect(text).toBe('"why"')
  })

  const readIt = async ({ error }: { error: Error }) =>
    (error as Error & { response: Response }).response.text()

  it.each<[string, Step]>([
    ['is whole', () => json(503, 'why')],
    [
      'streams',
      () => new Response('"why"', { status: 503, headers: { 'content-type': 'text/event-stream' } }),
    ],
  ])('that reads the answer leaves it to the caller, too: one that %s', async (_, step) => {
    const stops = async (state: { error: Error }) => {
      await readIt(state)
      return Symbol('stop')
    }
    const response = await setUp({ beforeRetry: [stops] }, [step]).post()
    expect([response.bodyUsed, await response.text()]).toEqual([false, '"why"'])
    const late = async (state: { error: Error }) => {
      await readIt(state)
      await new Promise(() => undefined)
    }
    const last = await setUp({ beforeRetry: [late] }, [step], {
      retry: { deadlineMs: 20, backoff: () => 1 },
    }).post()
    expect(await last.text()).toBe('"why"')
  })

  it('may give the answer that it was shown', async () => {
    const { post } = setUp(
      { beforeRetry: [({ error }) => (error as Error & { response: Response }).response] },
      [json(503, 'why'), json(201)],
    )
    const response = await post()
    expect([response.status, await response.json()]).toEqual([503, 'why'])
  })

  it.each<[string, () => symbol | void]>([
    ['goes on', () => undefined],
    ['stops', () => Symbol('stop')],
  ])('that does not read an answer which streams does not keep it open: it %s', async (_, hook) => {
    const { step, cancelled } = stream(503)
    const { post } = setUp({ beforeRetry: [hook] }, [step, json(201)])
    await (await post()).body?.cancel()
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalledOnce())
  })

  it('renews a header, by changing it or by another Request', async () => {
    const { post, sent } = setUp(
      {
        beforeRetry: [
          ({ request, retryCount }) =>
            retryCount === 1
              ? request.headers.set('authorization', 'one')
              : new Request(request, { headers: { authorization: 'two' } }),
        ],
      },
      [json(503), json(503), json(201)],
    )
    await post()
    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual([null, 'one', 'two'])
    expect(sent.map(({ key: sentKey, body }) => `${sentKey} ${body}`)).toEqual(
      Array(3).fill(`${key} {"a":1}`),
    )
  })

  it('that hangs ends with the deadline, and what is known by then is told', async () => {
    const hooks = { beforeRetry: [() => new Promise<void>(() => undefined)] }
    const retry = { deadlineMs: 50, backoff: () => 1 }
    const lost = setUp(hooks, [reset()], { retry })
    expect(await thrown(lost.post())).toMatchObject({ outcome: 'unknown', attempts: 1 })
    const answered = setUp(hooks, [json(503, {})], { retry })
    const response = await answered.post()
    expect([response.status, idempotencyOf(response)?.outcome]).toEqual([503, 'unknown'])
    expect([lost.sent.length, answered.sent.length]).toEqual([1, 1])
  })

  it('changes neither key nor body', async () => {
    const { post, sent } = setUp(
      {
        beforeRetry: [
          () =>
            new Request(`${url}/other`, {
              method: 'PUT',
              body: 'other',
              headers: { 'idempotency-key': 'mine' },
            }),
        ],
      },
      [json(503), json(201)],
    )
    await post()
    expect(sent[1]).toMatchObject({ key, body: '{"a":1}', url, method: 'POST' })
  })

  it('stops with a symbol: the last answer is the end', async () => {
    const { post, sent } = setUp({ beforeRetry: [() => Symbol('stop')] }, [json(503, 'last')])
    const response = await post()
    expect([response.status, await response.json()]).toEqual([503, 'last'])
    expect(idempotencyOf(response)).toMatchObject({ attempts: 1, outcome: 'unknown' })
    expect(sent).toHaveLength(1)
  })

  it('stops with a symbol: a lost answer is an error', async () => {
    const { post } = setUp({ beforeRetry: [() => Symbol.for('ky.stop')] }, [reset()])
    expect(await thrown(post())).toMatchObject({ code: 'outcome_unknown', attempts: 1, key })
  })

  it('answers in place of the server, with the outcome as it stands', async () => {
    const { post } = setUp({ beforeRetry: [() => json(200, 'mine')] }, [reset(), json(201)])
    const response = await post()
    expect(await response.json()).toBe('mine')
    expect(idempotencyOf(response)).toMatchObject({ attempts: 1, outcome: 'unknown' })
  })

  it('that throws ends the call, with the outcome as it stands', async () => {
    const mine = new Error('no new token')
    const { post, sent } = setUp({ beforeRetry: [() => Promise.reject(mine)] }, [reset(), json(201)])
    expect(await thrown(post())).toBe(mine)
    expect(idempotencyOf(mine)).toMatchObject({ key, attempts: 1, outcome: 'unknown' })
    expect(sent).toHaveLength(1)
  })

  it('that takes longer than the deadline: the last answer is whole', async () => {
    const set = setUp({ beforeRetry: [() => set.clock.advance(200_000)] }, [json(503, 'last'), json(201)])
    const response = await set.post()
    expect([response.status, await response.json()]).toEqual([503, 'last'])
    expect(set.sent).toHaveLength(1)
  })
})

describe('afterResponse', () => {
  it('gets the arguments of ky 1 and the state of ky 2, for every answer', async () => {
    const seen: unknown[] = []
    const { post } = setUp(
      {
        afterResponse: [
          (state, options, response, { retryCount }) => {
            expect(state.options).toBe(options)
            expect(state.response).toBe(response)
            seen.push([response.status, retryCount, state.request.url, state.headers.get('idempotency-key')])
          },
        ],
      },
      [json(503), json(201)],
    )
    await post()
    expect(seen).toEqual([
      [503, 0, url, key],
      [201, 1, url, key],
    ])
  })

  it('may read its copy', async () => {
    const { post } = setUp({ afterResponse: [async (_, __, response) => void (await response.json())] })
    expect(await (await post()).json()).toEqual({ ok: true })
  })

  it('puts another answer in its place, which is judged', async () => {
    const { post, sent } = setUp(
      {
        afterResponse: [
          (_, __, response) => (response.status === 400 ? json(503) : undefined),
          (_, __, response) => (response.status === 201 ? json(202, 'other') : undefined),
        ],
      },
      [json(400), json(201)],
    )
    const response = await post()
    expect([response.status, await response.json(), sent.length]).toEqual([202, 'other', 2])
  })

  it('does not undo a success with the answer that it puts in its place', async () => {
    const { post, sent } = setUp({ afterResponse: [() => json(503, 'mine')] })
    const response = await post()
    expect([response.status, await response.json(), sent.length]).toEqual([503, 'mine', 1])
    expect(idempotencyOf(response)).toMatchObject({ key, attempts: 1, outcome: 'applied' })
  })

  it.each([
    [201, 'applied'],
    [400, 'not-applied'],
    [503, 'unknown'],
  ])('that throws after a %i ends the call with the outcome %s', async (status, outcome) => {
    const mine = new Error(`status ${status} is not mine`)
    const { post, sent } = setUp({ afterResponse: [() => Promise.reject(mine)] }, [json(status)])
    expect(await thrown(post())).toBe(mine)
    expect(idempotencyOf(mine)).toMatchObject({ key, attempts: 1, outcome })
    expect(sent).toHaveLength(1)
  })

  it('that throws ends the attempt: nothing of it goes on', async () => {
    const clear = vi.spyOn(globalThis, 'clearTimeout')
    const set = vi.spyOn(globalThis, 'setTimeout')
    try {
      const mine = new Error('mine')
      const { post, sent } = setUp({ afterResponse: [() => Promise.reject(mine)] })
      await thrown(post())
      const [timer] = set.mock.results
      expect(clear).toHaveBeenCalledWith(timer?.value)
      expect(sent[0]?.signal.reason).toBe(mine)
    } finally {
      clear.mockRestore()
      set.mockRestore()
    }
  })

  it('gives an answer that is read within the attempt, like any other', async () => {
    const broken = () =>
      new Response(new ReadableStream({ pull: () => Promise.reject(new TypeError('terminated')) }), {
        headers: { 'content-type': 'application/json' },
      })
    const { post, sent } = setUp(
      { afterResponse: [(_, __, { status }) => (status === 400 ? broken() : undefined)] },
      [json(400), json(201, 'whole')],
    )
    expect(await (await post()).json()).toBe('whole')
    expect(sent).toHaveLength(2)
    const instead = setUp({ afterResponse: [broken] })
    const error = await thrown(instead.post())
    expect([error.message, idempotencyOf(error)?.outcome, instead.sent.length]).toEqual([
      'terminated',
      'applied',
      1,
    ])
  })

  it('never sees a body that can be cut: that attempt is lost before', async () => {
    const cut = () =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new Uint8Array([123]))
            controller.error(new TypeError('terminated'))
          },
        }),
        { status: 201, headers: { 'content-type': 'application/json' } },
      )
    const hook = vi.fn(async (_: unknown, __: unknown, response: Response) => void (await response.json()))
    const { post, sent } = setUp({ afterResponse: [hook] }, [cut, json(201, 'whole')])
    expect(await (await post()).json()).toBe('whole')
    expect(hook).toHaveBeenCalledOnce()
    expect(sent).toHaveLength(2)
  })

  it('may give back the copy that it was shown, of which there are copies, too', async () => {
    const { post } = setUp({ afterResponse: [(_, __, response) => response.clone()] })
    const response = await post()
    expect(await response.clone().clone().json()).toEqual({ ok: true })
    expect(await response.json()).toEqual({ ok: true })
  })

  it.each<[string, (response: Response) => unknown]>([
    ['reads nothing', () => undefined],
    ['gives its copy', (response) => response],
    ['gives one with the body of its copy', (response) => new Response(response.body, response)],
    ['gives a copy of its copy', (response) => response.clone()],
  ])('leaves an answer that streams to the caller alone: a hook that %s', async (_, hook) => {
    const { step, cancelled } = stream(200)
    const { post } = setUp({ afterResponse: [(__, ___, shown) => hook(shown) as Response] }, [step])
    const reader = (await post()).body!.getReader()
    expect((await reader.read()).value).toEqual(new Uint8Array([1]))
    await reader.cancel('enough')
    expect(cancelled).toHaveBeenCalledOnce()
  })

  it('lets go of an answer that streams when another takes its place', async () => {
    const { step, cancelled } = stream(200)
    const { post } = setUp({ afterResponse: [() => json(201, 'mine')] }, [step])
    expect(await (await post()).json()).toBe('mine')
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalledOnce())
  })

  it.each<[string, () => Response]>([
    ['as fetch gave it', () => json(201, 'whole')],
    [
      'of another class',
      () => new (class extends Response {})('"whole"', { headers: { 'content-type': 'application/json' } }),
    ],
  ])('may read its copy of a whole answer later: one %s', async (_, step) => {
    const shown: Response[] = []
    const { post } = setUp({ afterResponse: [(__, ___, response) => void shown.push(response)] }, [step])
    await (await post()).text()
    expect(await shown[0]?.json()).toBe('whole')
  })

  it('that reads an answer which streams leaves it to the caller, too', async () => {
    const step = () => new Response('data', { headers: { 'content-type': 'text/event-stream' } })
    const { post } = setUp({ afterResponse: [async (_, __, shown) => void (await shown.text())] }, [step])
    expect(await (await post()).text()).toBe('data')
  })

  it('has the time of the operation, not that of the attempt: its answer is not lost', async () => {
    const wait = () => new Promise<void>((resolve) => setTimeout(resolve, 20))
    const { post, sent } = setUp({ afterResponse: [wait] }, [json(503), json(201)], {
      retry: { attemptTimeoutMs: 10, backoff: () => 0 },
    })
    expect((await post()).status).toBe(201)
    expect(sent).toHaveLength(2)
  })

  it.each([
    ['applied', json(201), /The write was applied/],
    ['not-applied', json(404), /The write was not applied/],
    ['unknown', json(503), /may have been applied/],
  ] as const)(
    'that hangs ends with the deadline, and leaves an outcome that was told: %s',
    async (outcome, step, says) => {
      const { post, sent } = setUp({ afterResponse: [() => new Promise(() => undefined)] }, [step], {
        retry: { attemptTimeoutMs: 5, deadlineMs: 20 },
      })
      const error = await thrown(post())
      expect(error).toMatchObject({ code: 'deadline_exceeded', attempts: 1, outcome })
      expect(String(error)).toMatch(says)
      expect(idempotencyOf(error)?.outcome).toBe(outcome)
      expect(sent).toHaveLength(1)
    },
  )
})
