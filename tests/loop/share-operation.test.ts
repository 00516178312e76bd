import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import { createIdempotentFetch, idempotencyOf, isKeyReusedError } from 'fetch-idempotency'
import {
  fakeClock,
  hang,
  json,
  playFetch,
  reset,
  stuckClock,
  thrown,
  url,
  withResolvers,
  type Sent,
} from '../fetch/fakes.js'

/** A fetch whose answers come when the test says so. */
function held() {
  const gates: ReturnType<typeof withResolvers<Response>>[] = []
  const play = playFetch(({ signal }: Sent) => {
    const gate = withResolvers<Response>()
    gates.push(gate)
    signal.addEventListener('abort', () => gate.reject(signal.reason), { once: true })
    return gate.promise
  })
  const arrived = (count: number) => vi.waitFor(() => expect(play.sent).toHaveLength(count))
  return { ...play, gates, arrived }
}

const post = (body: string, more: object = {}) => ({ method: 'POST', body, idempotencyKey: 'k', ...more })
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('the same key twice in flight', () => {
  it('is one request with two readers', async () => {
    const { fetch, sent, gates, arrived } = held()
    const send = createIdempotentFetch({ fetch })
    const calls = [send(url, post('{}')), send(url, post('{}')), send(url, post('{}'))]
    await arrived(1)
    await settled()
    gates[0]?.resolve(json(201, { id: 1 }, { 'x-a': 'b' }))
    const responses = await Promise.all(calls)
    expect(sent).toHaveLength(1)
    expect(new Set(responses).size).toBe(3)
    for (const response of responses) {
      expect(response.status).toBe(201)
      expect(response.headers.get('x-a')).toBe('b')
      expect(await response.json()).toEqual({ id: 1 })
      expect(idempotencyOf(response)).toEqual({ key: 'k', attempts: 1, replayed: false, outcome: 'applied' })
    }
  })

  it('is seen whichever way the key, the method and the headers are written', async () => {
    const { fetch, sent, gates, arrived } = held()
    const send = createIdempotentFetch({ fetch })
    const calls = [
      send(url, post('{}', { headers: { 'X-A': '1', 'X-B': '2' } })),
      send(url, post('{}', { method: 'post', headers: { 'x-b': '2', 'x-a': '1' } })),
      send(new URL(url), post('{}', { headers: new Headers({ 'X-B': '2', 'X-A': '1' }) })),
    ]
    await arrived(1)
    await settled()
    gates[0]?.resolve(json(201))
    await Promise.all(calls)
    expect(sent).toHaveLength(1)
  })

  it('shares the errors as well', async () => {
    const { fetch, gates, arrived } = held()
    const send = createIdempotentFetch({ fetch, clock: fakeClock(), retry: { maxAttempts: 1 } })
    const calls = [thrown(send(url, post('{}'))), thrown(send(url, post('{}')))]
    await arrived(1)
    await settled()
    gates[0]?.reject(reset())
    const [one, other] = await Promise.all(calls)
    expect(one).toMatchObject({ code: 'outcome_unknown', key: 'k' })
    expect(other).toBe(one)
  })

  it.each<[string, object]>([
    ['string', { body: '{"other":1}' }],
    ['binary', { body: new Uint8Array([1]) }],
    ['absent', { body: null }],
  ])('with another payload is refused before anything is sent: %s', async (_, other) => {
    const { fetch, sent, gates, arrived } = held()
    const send = createIdempotentFetch({ fetch })
    const first = send(url, post('{}'))
    await arrived(1)
    const error = await thrown(send(url, post('', other)))
    expect(isKeyReusedError(error)).toBe(true)
    expect(error).toMatchObject({ key: 'k', attempts: 0, outcome: 'not-applied', response: undefined })
    expect(sent).toHaveLength(1)
    gates[0]?.resolve(json(201))
    expect((await first).status).toBe(201)
  })

  it.each<[string, string, object]>([
    ['another URL', `${url}/other`, {}],
    ['another method', url, { method: 'PUT' }],
    ['the credentials of another account', url, { headers: { authorization: 'Bearer other' } }],
  ])('but for %s is another request', async (_, target, more) => {
    const { fetch, sent, gates, arrived } = held()
    const send = createIdempotentFetch({ fetch })
    const calls = [
      send(url, post('{}', { headers: { authorization: 'Bearer one' } })),
      send(target, post('{}', { headers: { authorization: 'Bearer one' }, ...more })),
    ]
    await arrived(2)
    for (const [index, gate] of gates.entries()) gate.resolve(json(201, index))
    const bodies = await Promise.all(calls.map(async (call) => (await call).json()))
    expect(bodies).toEqual([0, 1])
    expect(sent).toHaveLength(2)
  })

  it('one after the other is two requests', async () => {
    const { fetch, sent } = playFetch(json(201))
    const send = createIdempotentFetch({ fetch })
    await send(url, post('{}'))
    await send(url, post('{}'))
    expect(sent).toHaveLength(2)
  })

  it('never waits for a flight that has landed, however the calls fall', async () => {
    const { fetch } = playFetch(json(201))
    const send = createIdempotentFetch({ fetch })
    const calls: Promise<Response>[] = []
    for (let tick = 0; tick < 60; tick += 1) {
      calls.push(send(url, post('{}')))
      await Promise.resolve()
    }
    expect((await Promise.all(calls)).every(({ status }) => status === 201)).toBe(true)
  })

  it('one reader’s abort leaves the other', async () => {
    const { fetch, sent, gates, arrived } = held()
    const send = createIdempotentFetch({ fetch })
    const controller = new AbortController()
    const leaving = thrown(send(url, post('{}', { signal: controller.signal })))
    const staying = send(url, post('{}'))
    await arrived(1)
    await settled()
    const reason = new Error('my own')
    controller.abort(reason)
    expect(await leaving).toBe(reason)
    expect(sent[0]?.signal.aborted).toBe(false)
    gates[0]?.resolve(json(201))
    expect((await staying).status).toBe(201)
  })

  it('promises nothing to a reader who leaves what goes on, not even between two attempts', async () => {
    const clock = stuckClock()
    const { fetch } = playFetch(json(429))
    const send = createIdempotentFetch({ fetch, clock })
    const controllers = [new AbortController(), new AbortController()]
    const calls = controllers.map(({ signal }) => thrown(send(url, post('{}', { signal }))))
    await clock.asked
    controllers[0]?.abort(new Error('one'))
    expect(idempotencyOf(await calls[0])).toMatchObject({ key: 'k', attempts: 1, outcome: 'unknown' })
    controllers[1]?.abort(new Error('two'))
    expect(idempotencyOf(await calls[1])).toMatchObject({ key: 'k', attempts: 1, outcome: 'not-applied' })
  })

  it('keeps each reader to its own deadline', async () => {
    const { fetch, sent, gates, arrived } = held()
    const send = createIdempotentFetch({ fetch })
    const first = send(url, post('{}'))
    await arrived(1)
    const error = await thrown(send(url, post('{}', { idempotency: { retry: { deadlineMs: 5 } } })))
    expect(error).toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown', key: 'k', attempts: 1 })
    expect(error.message).toContain('call again with the same key')
    expect([sent.length, sent[0]?.signal.aborted]).toEqual([1, false])
    gates[0]?.resolve(json(201))
    expect((await first).status).toBe(201)
  })

  it('leaves no timer behind', async () => {
    const set = vi.spyOn(globalThis, 'setTimeout')
    const clear = vi.spyOn(globalThis, 'clearTimeout')
    try {
      const { fetch, gates, arrived } = held()
      const send = createIdempotentFetch({ fetch })
      const bodies = ['{}', new TextEncoder().encode('{}'), new Blob(['{}'])]
      const calls = bodies.map((body) => send(url, post('', { body })))
      await arrived(1)
      gates[0]?.resolve(json(201))
      await arrived(2)
      gates[1]?.resolve(json(201))
      await Promise.all(calls)
      for (const { value } of set.mock.results)
        if (value instanceof Object) expect(clear).toHaveBeenCalledWith(value)
    } finally {
      set.mockRestore()
      clear.mockRestore()
    }
  })

  describe('with a payload that cannot be compared', () => {
    const text = '{"a":1}'
    it.each<[string, () => unknown, () => unknown]>([
      ['two Blobs', () => new Blob([text]), () => new Blob([text])],
      ['a string and a Blob', () => text, () => new Blob([text])],
      ['two streams', () => () => new Blob([text]).stream(), () => () => new Blob([text]).stream()],
    ])('is sent under its key when the first has its answer: %s', async (_, one, other) => {
      const { fetch, sent, gates, arrived } = held()
      const send = createIdempotentFetch({ fetch })
      const calls = [one, other, other].map((make) => send(url, post('', { body: make() })))
      for (const index of calls.keys()) {
        await arrived(index + 1)
        await settled()
        expect(sent).toHaveLength(index + 1)
        gates[index]?.resolve(json(201, index))
      }
      const bodies = await Promise.all(calls.map(async (call) => (await call).json()))
      expect(bodies.toSorted()).toEqual([0, 1, 2])
      expect(new Set(sent.map(({ key, body }) => `${key} ${body}`))).toEqual(new Set([`k ${text}`]))
    })

    const open = async (more: () => object = () => ({})) => {
      const play = held()
      const send = createIdempotentFetch({ fetch: play.fetch, retry: { maxAttempts: 1 } })
      const first = send(url, post(text))
      await play.arrived(1)
      const second = send(url, post('', { body: new Blob([text]), ...more() }))
      return { ...play, first, second }
    }

    it('is sent when the first has failed, too', async () => {
      const { first, second, gates, arrived } = await open()
      gates[0]?.reject(reset())
      await thrown(first)
      await arrived(2)
      gates[1]?.resolve(json(201))
      expect((await second).status).toBe(201)
    })

    it('is refused where its length is another', async () => {
      const { second, gates } = await open(() => ({ body: new Blob([`${text} `]) }))
      expect(isKeyReusedError(await thrown(second))).toBe(true)
      gates[0]?.resolve(json(201))
    })

    it.each<[string, () => object]>([
      ['signal', () => ({ signal: AbortSignal.timeout(5) })],
      ['deadline', () => ({ idempotency: { retry: { deadlineMs: 5 } } })],
    ])('is not sent any more after the %s of its caller, who is promised nothing', async (_, limit) => {
      const { first, second, gates, sent } = await open(limit)
      expect(idempotencyOf(await thrown(second))).toMatchObject({ key: 'k', outcome: 'unknown' })
      gates[0]?.resolve(json(201))
      expect((await first).status).toBe(201)
      await settled()
      expect(sent).toHaveLength(1)
    })
  })

  it('the abort of all readers ends the request, each with its own reason', async () => {
    const { fetch, sent, arrived } = held()
    const send = createIdempotentFetch({ fetch })
    const controllers = [new AbortController(), new AbortController()]
    const calls = controllers.map(({ signal }) => thrown(send(url, post('{}', { signal }))))
    await arrived(1)
    await settled()
    const reasons = [new Error('one'), new Error('two')]
    controllers[0]?.abort(reasons[0])
    expect(sent[0]?.signal.aborted).toBe(false)
    controllers[1]?.abort(reasons[1])
    expect(sent[0]?.signal.aborted).toBe(true)
    expect(await Promise.all(calls)).toEqual(reasons)
  })

  it('after the abort of all readers is a new request, which later calls join', async () => {
    for (let ticks = 0; ticks < 6; ticks += 1) {
      const { fetch, gates, arrived } = held()
      const send = createIdempotentFetch({ fetch })
      const controller = new AbortController()
      const first = thrown(send(url, post('{}', { signal: controller.signal })))
      await arrived(1)
      controller.abort(new Error('not yours'))
      // The second call comes while the first one is being taken down.
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve()
      const second = send(url, post('{}'))
      await arrived(2)
      await settled()
      const third = send(url, post('{}'))
      await settled()
      gates[1]?.resolve(json(201))
      expect([(await second).status, (await third).status, gates.length]).toEqual([201, 201, 2])
      expect(String(await first)).toContain('not yours')
    }
  })

  it('a response whose body is used up, such as a callback gives, reaches all readers as it is', async () => {
    const used = json(200)
    await used.text()
    const { fetch, arrived, gates } = held()
    const send = createIdempotentFetch({
      fetch,
      contract: (await import('fetch-idempotency/contracts')).duplicateConflict,
      resolve: () => used,
    })
    const calls = [send(url, post('{}')), send(url, post('{}'))]
    await arrived(1)
    await settled()
    gates[0]?.resolve(json(409))
    expect(await Promise.all(calls)).toEqual([used, used])
  })

  it('a generated key is never shared', async () => {
    const { fetch, sent, gates, arrived } = held()
    const send = createIdempotentFetch({ fetch })
    const calls = [send(url, { method: 'POST', body: '{}' }), send(url, { method: 'POST', body: '{}' })]
    await arrived(2)
    for (const gate of gates) gate.resolve(json(201))
    await Promise.all(calls)
    expect(new Set(sent.map(({ key }) => key)).size).toBe(2)
  })

  it('retry() of a refused reuse is a request of its own once the first is over, and was not applied', async () => {
    const { fetch, sent, gates, arrived } = held()
    const send = createIdempotentFetch({ fetch })
    const first = send(url, post('{}'))
    await arrived(1)
    const error = await thrown(send(url, post('other')))
    gates[0]?.resolve(json(403))
    await first
    const again = error.retry()
    await arrived(2)
    gates[1]?.resolve(json(422))
    expect((await again).status).toBe(422)
    expect(sent[1]).toMatchObject({ key: 'k', body: 'other' })
  })
})

describe('a signal', () => {
  it('that aborts while waiting ends the wait for a single call too', async () => {
    const clock = stuckClock()
    const { fetch, sent } = playFetch(json(503))
    const controller = new AbortController()
    const call = thrown(
      createIdempotentFetch({ fetch, clock })(url, post('{}', { signal: controller.signal })),
    )
    await clock.asked
    controller.abort('a word')
    expect(await call).toBe('a word')
    expect(sent).toHaveLength(1)
  })

  it('shared by two operations says which of them was not applied of neither', async () => {
    const { signal, abort } = (() => {
      const controller = new AbortController()
      return { signal: controller.signal, abort: () => controller.abort() }
    })()
    const { fetch, arrived } = held()
    const send = createIdempotentFetch({ fetch })
    const call = thrown(send(url, { method: 'DELETE', signal }))
    await arrived(1)
    abort()
    const reason = await call
    expect(idempotencyOf(reason)).toMatchObject({ outcome: 'unknown', attempts: 1 })
    expect(await thrown(send(`${url}/2`, { method: 'DELETE', signal }))).toBe(reason)
    expect(idempotencyOf(reason)).toBeUndefined()
  })

  it('that many calls share has one listener for all of them, and none when they have ended', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const add = vi.spyOn(signal, 'addEventListener')
    const { fetch, sent } = playFetch(json(201))
    const send = createIdempotentFetch({ fetch })
    const call = (_: unknown, index: number) => send(url, post('{}', { idempotencyKey: `k${index}`, signal }))
    for (let round = 1; round <= 3; round += 1) {
      await Promise.all(Array.from({ length: 30 }, call))
      expect(add).toHaveBeenCalledTimes(round)
      expect(getEventListeners(signal, 'abort')).toEqual([])
    }
    expect(sent).toHaveLength(90)
  })

  it('that many calls share ends them all, and only those that still run', async () => {
    const controller = new AbortController()
    const { fetch, arrived } = held()
    const { signal } = controller
    const done = await createIdempotentFetch({ fetch: playFetch(json(201)).fetch })(
      url,
      post('{}', { signal }),
    )
    const send = createIdempotentFetch({ fetch })
    const calls = [1, 2, 3].map((key) => thrown(send(url, post('{}', { idempotencyKey: `${key}`, signal }))))
    await arrived(3)
    const reason = new Error('all of you')
    controller.abort(reason)
    expect(await Promise.all(calls)).toEqual([reason, reason, reason])
    expect(idempotencyOf(done)?.outcome).toBe('applied')
    expect(await done.json()).toEqual({})
  })

  it('ends an answer that still streams', async () => {
    const cancelled = vi.fn()
    const fetch: typeof globalThis.fetch = async (_, init) => {
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new Uint8Array([1]))
          init?.signal?.addEventListener('abort', () => {
            cancelled()
            controller.error(init.signal?.reason)
          })
        },
      })
      return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
    }
    const controller = new AbortController()
    const response = await createIdempotentFetch({ fetch })(url, post('{}', { signal: controller.signal }))
    const reader = response.body!.getReader()
    expect((await reader.read()).value).toEqual(new Uint8Array([1]))
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(reader.read()).rejects.toBe(reason)
    expect(cancelled).toHaveBeenCalledOnce()
  })

  it('ends a failure that still streams', async () => {
    const cancelled = vi.fn()
    const fetch: typeof globalThis.fetch = async (_, init) => {
      init?.signal?.addEventListener('abort', cancelled)
      return new Response(new ReadableStream(), {
        status: 400,
        headers: { 'content-type': 'text/event-stream' },
      })
    }
    const controller = new AbortController()
    const response = await createIdempotentFetch({ fetch })(url, post('{}', { signal: controller.signal }))
    expect(response.status).toBe(400)
    controller.abort()
    expect(cancelled).toHaveBeenCalledOnce()
  })

  describe('and answers that stream', () => {
    /** A fetch of streams that the test feeds, each of them ended by its signal as every fetch does it. */
    function streaming() {
      const cancelled = vi.fn()
      let source!: ReadableStreamDefaultController<Uint8Array>
      const play = playFetch(({ signal }) => {
        const stream = new ReadableStream<Uint8Array>({
          start(controller) {
            source = controller
            signal.addEventListener('abort', () => controller.error(signal.reason))
          },
          cancel: cancelled,
        })
        return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
      })
      return {
        ...play,
        cancelled,
        feed: (byte: number) => source.enqueue(new Uint8Array([byte])),
        source: () => source,
      }
    }

    it.each<
      [string, (reader: ReadableStreamDefaultReader, source: ReadableStreamDefaultController) => unknown]
    >([
      ['ends', (_, source) => source.close()],
      ['fails', (_, source) => source.error(new TypeError('terminated'))],
      ['is cancelled', (reader) => reader.cancel()],
    ])('is let go of when the answer %s', async (_, finish) => {
      const { fetch, sent, feed, source } = streaming()
      const controller = new AbortController()
      const response = await createIdempotentFetch({ fetch })(url, post('{}', { signal: controller.signal }))
      expect(idempotencyOf(response)?.key).toBe('k')
      const reader = response.body!.getReader()
      feed(1)
      expect((await reader.read()).value).toEqual(new Uint8Array([1]))
      await finish(reader, source())
      await reader.read().catch(() => undefined)
      controller.abort()
      expect(sent[0]?.signal.aborted).toBe(false)
    })

    it('ends the copy of its own reader, and the request with the last one', async () => {
      const { fetch, sent, feed, cancelled } = streaming()
      const send = createIdempotentFetch({ fetch })
      const controllers = [new AbortController(), new AbortController()]
      const responses = await Promise.all(controllers.map(({ signal }) => send(url, post('{}', { signal }))))
      expect(sent).toHaveLength(1)
      const [one, other] = responses.map((response) => response.body!.getReader())
      const reasons = [new Error('one'), new Error('other')]
      const pending = one!.read()
      controllers[0]!.abort(reasons[0])
      await expect(pending).rejects.toBe(reasons[0])
      feed(2)
      expect((await other!.read()).value).toEqual(new Uint8Array([2]))
      expect([sent[0]?.signal.aborted, cancelled.mock.calls.length]).toEqual([false, 0])
      controllers[1]!.abort(reasons[1])
      await expect(other!.read()).rejects.toBe(reasons[1])
      expect(sent[0]?.signal.aborted).toBe(true)
    })

    it('does not keep an answer in memory that nobody has any more', async () => {
      setFlagsFromString('--expose-gc')
      const collect = runInNewContext('gc') as () => void
      const fetch: typeof globalThis.fetch = async () =>
        new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } })
      const controller = new AbortController()
      const { signal } = controller
      const send = createIdempotentFetch({ fetch })
      const responses = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          send(url, post('{}', { idempotencyKey: `k${index}`, signal })),
        ),
      )
      const found = responses.splice(0).map((response) => new WeakRef(response))
      await vi.waitFor(() => {
        collect()
        // The engine may hold on to the last one.
        expect(found.filter((one) => one.deref() !== undefined).length).toBeLessThan(5)
      })
      controller.abort()
    })

    it('is heeded by an answer of which only the reader is left', async () => {
      const { fetch } = streaming()
      setFlagsFromString('--expose-gc')
      const collect = runInNewContext('gc') as () => void
      const controller = new AbortController()
      const { signal } = controller
      const reader = (await createIdempotentFetch({ fetch })(url, post('{}', { signal }))).body!.getReader()
      await settled()
      collect()
      await settled()
      const reason = new Error('enough')
      controller.abort(reason)
      await expect(reader.read()).rejects.toBe(reason)
    })

    it('leaves the copy of a reader without one', async () => {
      const { fetch, feed, source } = streaming()
      const send = createIdempotentFetch({ fetch })
      const controller = new AbortController()
      const [one, other] = await Promise.all([
        send(url, post('{}', { signal: controller.signal })),
        send(url, post('{}')),
      ])
      controller.abort(new Error('enough'))
      feed(7)
      source().close()
      await expect(one!.text()).rejects.toThrow('enough')
      expect(new Uint8Array(await other!.arrayBuffer())).toEqual(new Uint8Array([7]))
    })
  })

  it('that aborts a hanging attempt gives its own reason at once', async () => {
    const { fetch, sent } = playFetch(hang)
    const controller = new AbortController()
    const call = thrown(createIdempotentFetch({ fetch })(url, post('{}', { signal: controller.signal })))
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    controller.abort({ my: 'reason' })
    expect(await call).toEqual({ my: 'reason' })
  })

  it.each([
    ['under a key of its own', undefined],
    ['under a key that others may share', 'k'],
  ])(
    'that aborts when the answer is there, and not yet handed on, has the last word, %s',
    async (_, idempotencyKey) => {
      const { fetch } = playFetch(json(201))
      const controller = new AbortController()
      const reason = new Error('enough')
      const onEvent = ({ type }: { type: string }) => type === 'settled' && controller.abort(reason)
      const send = createIdempotentFetch({ fetch, onEvent: (event) => void onEvent(event) })
      const error = await thrown(send(url, post('{}', { signal: controller.signal, idempotencyKey })))
      expect(error).toBe(reason)
      expect(idempotencyOf(error)).toMatchObject({ attempts: 1, outcome: 'applied' })
    },
  )
})
