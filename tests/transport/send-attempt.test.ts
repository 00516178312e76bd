import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { seededRandom } from '../../examples/faults.mjs'
import { createIdempotentFetch, idempotencyOf, type IdempotencyEvent } from 'fetch-idempotency'
import type { LostAttempt } from '../../src/transport/attempted.js'
import { sendAttempt } from '../../src/transport/send-attempt.js'
import {
  fakeClock,
  hang,
  json,
  playFetch,
  refusedPort,
  reset,
  thrown,
  url,
  withResolvers,
} from '../fetch/fakes.js'

const post = { method: 'POST', body: '{}' }

/** A body that gives half of itself and then what the test says. */
function half(
  end: (controller: ReadableStreamDefaultController<Uint8Array>) => void,
  init: ResponseInit = {},
) {
  return () =>
    new Response(
      new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"half":'))
          end(controller)
        },
      }),
      { status: 201, ...init },
    )
}
const cut = (init?: ResponseInit) => half((controller) => controller.error(new TypeError('terminated')), init)
const stall = (init?: ResponseInit) => half(() => undefined, init)

const jsonType = { 'content-type': 'application/json' }

describe('an attempt', () => {
  it('that is cut in the body of an error has the status of the error', async () => {
    const { fetch, sent } = playFetch(cut({ status: 401 }))
    const response = await createIdempotentFetch({ fetch, clock: fakeClock() })(url, post)
    expect(response.status).toBe(401)
    expect(idempotencyOf(response)).toMatchObject({ outcome: 'not-applied', attempts: 1 })
    await expect(response.json()).rejects.toThrow('terminated')
    expect(sent).toHaveLength(1)
  })

  it.each<[string, () => unknown]>([
    [
      'a proxy that was revoked',
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {})
        revoke()
        return proxy
      },
    ],
    [
      'a proxy whose traps throw',
      () =>
        new Proxy(new TypeError('x'), {
          get() {
            throw new Error('trap')
          },
        }),
    ],
  ])('that throws what cannot be read has lost the answer: %s', async (_, make) => {
    const fetch = vi.fn(async () => Promise.reject(make()))
    const send = createIdempotentFetch({ fetch, clock: fakeClock(), retry: { maxAttempts: 3 } })
    expect(idempotencyOf(await thrown(send(url, post)))).toMatchObject({ outcome: 'unknown', attempts: 3 })
    expect(fetch).toHaveBeenCalledTimes(3)
  })

  it('that is cut in the body of an error can be read into memory of the caller, as that of fetch', async () => {
    const server = createServer((request, response) => {
      request.resume()
      response.writeHead(400, { ...jsonType, 'content-length': '100' }).write('{"half":')
      setTimeout(() => response.destroy(), 20)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { body } = await createIdempotentFetch()(`http://127.0.0.1:${port}/`, post)
    const reader = body?.getReader({ mode: 'byob' })
    const first = await reader?.read(new Uint8Array(64))
    expect(Buffer.from(first?.value ?? []).toString()).toBe('{"half":')
    await expect(reader?.read(new Uint8Array(64))).rejects.toThrow('terminated')
    server.close()
  })

  it('to HEAD is not cut, whatever its headers say of the body that a GET would get', async () => {
    // As node-fetch does, which shows an empty stream.
    const headers = { ...jsonType, 'content-encoding': 'gzip', 'content-length': '100' }
    for (const method of ['HEAD', 'head']) {
      const { fetch, sent } = playFetch(() => new Response('', { headers }))
      const response = await createIdempotentFetch({ fetch, clock: fakeClock() })(url, { method })
      expect([response.status, await response.text(), sent.length]).toEqual([200, '', 1])
    }
  })

  it.each([
    [400, 'given', 'unknown'],
    [409, 'given', 'unknown'],
    [422, 'given', 'unknown'],
    [401, 'given', 'not-applied'],
    [404, 'given', 'not-applied'],
    [400, undefined, 'not-applied'],
    [409, undefined, 'not-applied'],
    [422, undefined, 'not-applied'],
  ])('that is cut in the body of a %s with the key %s is %s', async (status, idempotencyKey, outcome) => {
    const { fetch, sent } = playFetch(cut({ status, headers: jsonType }))
    const response = await createIdempotentFetch({ fetch, clock: fakeClock() })(url, {
      ...post,
      idempotencyKey,
    })
    expect(idempotencyOf(response)?.outcome).toBe(outcome)
    expect(sent).toHaveLength(1)
  })

  it.each<[string, ResponseInit]>([
    ['of unknown length', { headers: jsonType }],
    ['of known length', { headers: { 'content-length': '100' } }],
  ])('that is cut in its body %s is lost, and the write is sent again', async (_, init) => {
    const { fetch, sent } = playFetch(cut(init), json(201, { whole: true }))
    const response = await createIdempotentFetch({ fetch, clock: fakeClock() })(url, post)
    expect(await response.json()).toEqual({ whole: true })
    expect(sent).toHaveLength(2)
    expect(sent[0]?.key).toBe(sent[1]?.key)
  })

  it.each<[string, Parameters<typeof playFetch>[0]]>([
    ['before the headers', hang],
    ['in the body', stall({ headers: jsonType })],
    ['in the body of known length', stall({ headers: { 'content-length': '100' } })],
    // A fetch that does not heed its signal.
    ['without heeding the signal', () => new Promise(() => undefined)],
  ])('that hangs %s ends with its time', async (_, step) => {
    const { fetch, sent } = playFetch(step, json(201))
    const events: IdempotencyEvent[] = []
    const response = await createIdempotentFetch({
      fetch,
      clock: fakeClock(),
      retry: { attemptTimeoutMs: 5 },
      onEvent: (event) => events.push(event),
    })(url, post)
    expect(response.status).toBe(201)
    expect(sent).toHaveLength(2)
    expect(sent[0]?.signal.aborted).toBe(true)
    expect(events[1]).toMatchObject({
      type: 'attempt-ended',
      verdict: 'unknown',
      error: { name: 'TimeoutError' },
    })
  })

  const { readable, writable } = new CompressionStream('gzip')
  const compressed = async (text: string) => {
    const writer = writable.getWriter()
    void writer.write(new TextEncoder().encode(text)).then(() => writer.close())
    return new Uint8Array(await new Response(readable).arrayBuffer())
  }

  it('that is cut in its body hands on what came of it, decoded', async () => {
    const random = seededRandom(1)
    const text = JSON.stringify({ id: 1, items: Array.from({ length: 9_000 }, () => random()) })
    const whole = await compressed(text)
    const server = createServer((_, response) => {
      response.writeHead(201, { 'content-encoding': 'gzip', location: '/orders/1' })
      response.write(whole.subarray(0, whole.length / 2))
      setTimeout(() => response.socket?.resetAndDestroy(), 100)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    try {
      const request = {
        url: `http://127.0.0.1:${port}/`,
        method: 'POST',
        headers: {},
        body: '{}',
        rest: {},
        base: undefined,
        signal: undefined,
        remake: undefined,
      }
      const sender = { pickFetch: () => fetch, maxResponseBytes: 1e6, bodyReading: 'read' } as const
      const { signal } = new AbortController()
      const { attempted } = await sendAttempt(sender, request, signal, undefined)
      const { lost, isCut, seen } = attempted as LostAttempt
      expect({ lost, isCut, status: seen?.status }).toEqual({ lost: 'unknown', isCut: true, status: 201 })
      expect(seen?.headers.get('location')).toBe('/orders/1')
      const came = new TextDecoder().decode(seen?.bytes)
      expect(came.length).toBeGreaterThan(1_000)
      expect(text.startsWith(came)).toBe(true)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it('gets no more time than the deadline leaves', async () => {
    const { fetch, sent } = playFetch(hang)
    const error = await thrown(
      createIdempotentFetch({ fetch, retry: { attemptTimeoutMs: 60_000, deadlineMs: 20 } })(url, post),
    )
    expect(error).toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown', attempts: 1 })
    expect(error.cause).toMatchObject({ name: 'TimeoutError' })
    expect(sent).toHaveLength(1)
  })

  it.each([Infinity, 2 ** 31, 1e99])(
    'does not end at once with a time of %d ms',
    async (attemptTimeoutMs) => {
      const timers = vi.spyOn(globalThis, 'setTimeout')
      try {
        const { fetch, sent } = playFetch(
          () => new Promise((resolve) => setImmediate(() => resolve(json(201)))),
        )
        const send = createIdempotentFetch({
          fetch,
          retry: { attemptTimeoutMs, deadlineMs: attemptTimeoutMs },
        })
        expect((await send(url, post)).status).toBe(201)
        expect(sent).toHaveLength(1)
        for (const [, ms] of timers.mock.calls) expect(ms ?? 0).toBeLessThanOrEqual(2 ** 31 - 1)
      } finally {
        timers.mockRestore()
      }
    },
  )

  it('leaves no timer behind', async () => {
    const { fetch } = playFetch(json(201))
    const set = vi.spyOn(globalThis, 'setTimeout')
    const clear = vi.spyOn(globalThis, 'clearTimeout')
    try {
      await createIdempotentFetch({ fetch })(url, post)
      const ids = set.mock.results.map(({ value }) => value)
      expect(ids).not.toEqual([])
      for (const id of ids) expect(clear).toHaveBeenCalledWith(id)
    } finally {
      set.mockRestore()
      clear.mockRestore()
    }
  })

  it('whose answer comes when it is over is freed, and shown to nobody', async () => {
    const late = withResolvers<Response>()
    const cancelled = vi.fn()
    const seen = vi.fn()
    const { fetch } = playFetch(() => late.promise, json(201, 'second'))
    const send = createIdempotentFetch({
      fetch,
      clock: fakeClock(),
      retry: { attemptTimeoutMs: 5 },
      hooks: { afterResponse: [(_, __, { status }) => seen(status)] },
    })
    const response = await send(url, post)
    late.resolve(new Response(new ReadableStream({ cancel: cancelled }), { status: 202 }))
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalledOnce())
    expect(await response.json()).toBe('second')
    expect(seen.mock.calls).toEqual([[201]])
  })

  it.each<[string, number, number]>([
    ['and is shown to nobody', 100, 0],
    ['and what still streams is freed', 1, 1],
  ])('whose body goes on when it is over is dropped, %s', async (_, maxResponseBytes, cancels) => {
    const late = withResolvers<Uint8Array>()
    const cancelled = vi.fn()
    const seen = vi.fn()
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(await late.promise)
        if (cancels === 0) controller.close()
      },
      cancel: cancelled,
    })
    const { fetch } = playFetch(
      () => new Response(body, { status: 202, headers: jsonType }),
      json(201, 'second'),
    )
    const send = createIdempotentFetch({
      fetch,
      clock: fakeClock(),
      maxResponseBytes,
      retry: { attemptTimeoutMs: 5 },
      hooks: { afterResponse: [(__, ___, { status }) => seen(status)] },
    })
    const response = await send(url, post)
    late.resolve(new Uint8Array(2))
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalledTimes(cancels))
    await new Promise((resolve) => setImmediate(resolve))
    expect(await response.json()).toBe('second')
    expect(seen.mock.calls).toEqual([[201]])
  })

  it('of a read streams what succeeds, and reads what fails', async () => {
    const { fetch, sent } = playFetch(cut({ status: 503 }), stall({ status: 200 }))
    const response = await createIdempotentFetch({ fetch, clock: fakeClock() })(url)
    expect(sent).toHaveLength(2)
    const reader = response.body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('{"half":')
  })

  it('never reads an event stream', async () => {
    const { fetch } = playFetch(stall({ headers: { 'content-type': 'text/event-stream' } }))
    const response = await createIdempotentFetch({ fetch, retry: { attemptTimeoutMs: 5 } })(url, post)
    const reader = response.body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('{"half":')
    expect(idempotencyOf(response)).toMatchObject({ outcome: 'applied' })
  })

  it('leaves an answer longer than the limit to stream, and frees it when it is dropped', async () => {
    const cancelled = vi.fn()
    const big = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(600)),
          cancel: cancelled,
        }),
        { status: 503 },
      )
    const { fetch } = playFetch(big, json(201))
    const send = createIdempotentFetch({ fetch, clock: fakeClock(), maxResponseBytes: 1000 })
    expect((await send(url, post)).status).toBe(201)
    expect(cancelled).toHaveBeenCalledOnce()
  })
})

describe('a request that cannot be sent', () => {
  it.each<[string, string, RequestInit]>([
    ['a URL that is none', 'http://', {}],
    ['a URL with a password', 'http://user:secret@api.test/', {}],
    ['a port that is blocked', 'http://127.0.0.1:1/', {}],
    ['an unknown scheme', 'gopher://api.test/', {}],
    ['a header value with a line break', url, { headers: { 'x-a': 'b\r\nx-c: d' } }],
    ['a header value beyond Latin-1', url, { headers: { 'x-a': '☃' } }],
    ['a header name with a space', url, { headers: { 'x a': 'b' } }],
    ['a method that is none', url, { method: 'A B' }],
    ['a method that is forbidden', url, { method: 'CONNECT' }],
    ['a GET with a body', url, { method: 'GET', body: 'x' }],
  ])('is told from a lost answer: %s', async (_, target, init) => {
    const clock = fakeClock()
    const send = createIdempotentFetch({ clock })
    const error = await thrown(send(target, { method: 'POST', ...init }))
    expect(error).toMatchObject({ code: 'unsendable', outcome: 'not-applied' })
    expect(error.attempts).toBeLessThanOrEqual(1)
    expect(clock.delays).toEqual([])
    expect(String(error)).not.toContain('secret')
  })

  it('is one that the fetch takes for the text of an object: it cannot have been sent', async () => {
    const refuse = vi.fn(async () =>
      Promise.reject(new TypeError('Failed to parse URL from [object Request]')),
    )
    const error = await thrown(createIdempotentFetch({ fetch: refuse })(url, post))
    expect(idempotencyOf(error)).toMatchObject({ outcome: 'not-applied', attempts: 1 })
    expect(refuse).toHaveBeenCalledTimes(1)
  })

  it('is not one whose URL the wrapped fetch knows how to complete', async () => {
    const play = playFetch(reset(), json(201))
    const send = createIdempotentFetch({
      fetch: (input, init) => play.fetch(new URL(String(input), url), init),
      clock: fakeClock(),
    })
    expect((await send('/orders', post)).status).toBe(201)
    expect(play.sent).toHaveLength(2)
    const lost = playFetch(reset())
    const unlucky = createIdempotentFetch({
      fetch: (input, init) => lost.fetch(new URL(String(input), url), init),
      clock: fakeClock(),
    })
    expect(await thrown(unlucky('/orders', post))).toMatchObject({ code: 'outcome_unknown', attempts: 10 })
  })

  it('is unknown when an earlier attempt may have run', async () => {
    const bad = new TypeError('fetch failed', { cause: { code: 'CERT_HAS_EXPIRED' } })
    const { fetch } = playFetch(reset(), bad)
    const error = await thrown(createIdempotentFetch({ fetch, clock: fakeClock() })(url, post))
    expect(error).toMatchObject({ code: 'outcome_unknown', outcome: 'unknown', attempts: 2 })
  })
})

describe('a request that was not sent', () => {
  it('is sent again, with or without a key', async () => {
    for (const methods of [undefined, []]) {
      const { fetch, sent } = playFetch(refusedPort(), refusedPort(), json(201))
      const send = createIdempotentFetch({ fetch, clock: fakeClock(), ...(methods && { methods }) })
      const target = 'https://api.test:443/orders'
      expect((await send(target, post)).status).toBe(201)
      expect(sent).toHaveLength(3)
    }
  })

  it('was certainly not applied', async () => {
    const { fetch } = playFetch(refusedPort())
    const error = await thrown(createIdempotentFetch({ fetch, clock: fakeClock() })(url, post))
    expect(error).toMatchObject({ code: 'not_applied', outcome: 'not-applied', attempts: 10 })
    expect(error.cause).toBeInstanceOf(TypeError)
  })

  it('is unknown when an earlier attempt may have run', async () => {
    const { fetch } = playFetch(reset(), refusedPort())
    const error = await thrown(createIdempotentFetch({ fetch, clock: fakeClock() })(url, post))
    expect(error).toMatchObject({ code: 'outcome_unknown', outcome: 'unknown', attempts: 10 })
  })
})

describe('a Request', () => {
  it('keeps its referrer and its referrer policy', async () => {
    const { createIdempotentFetch } = await import('fetch-idempotency')
    const seen: string[] = []
    const send = createIdempotentFetch({
      fetch: (async (input: Request) => {
        seen.push(input.referrerPolicy, input.referrer)
        return new Response(null, { status: 204 })
      }) as typeof fetch,
    })
    await send(
      new Request('https://api.test/', { method: 'POST', referrerPolicy: 'no-referrer', referrer: '' }),
    )
    expect(seen).toEqual(['no-referrer', ''])
  })

  it('has the settings that are given with it in place of its own', async () => {
    const seen: string[] = []
    const send = createIdempotentFetch({
      fetch: (async (input: Request) => {
        seen.push(input.referrerPolicy)
        return new Response(null, { status: 204 })
      }) as typeof fetch,
    })
    const request = new Request(url, { method: 'POST', referrerPolicy: 'no-referrer' })
    await send(request, { referrerPolicy: 'origin' })
    expect(seen).toEqual(['origin'])
  })
})
