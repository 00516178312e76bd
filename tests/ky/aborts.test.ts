import { getEventListeners } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import v8 from 'node:v8'
import vm from 'node:vm'
import { defineContract, duplicateConflict, queryParameter, square } from 'fetch-idempotency/contracts'
import { idempotency, idempotencyOf } from 'fetch-idempotency/ky'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { caught, hang, hurried, majors, ok, open, reset, status, stub, url } from './harness.js'

v8.setFlagsFromString('--expose-gc')
const collect = vm.runInNewContext('gc') as () => void

const rejections: unknown[] = []
const keep = (reason: unknown) => void rejections.push(reason)
beforeAll(() => void process.on('unhandledRejection', keep))
afterAll(() => void process.off('unhandledRejection', keep))
afterEach(async () => {
  await wait(5)
  expect(rejections).toEqual([])
})

const running = defineContract({
  classify: ({ status: code }) => (code === 409 ? { verdict: 'running', namesKey: true } : undefined),
})
const never = () => new Promise<never>(() => undefined)

describe.each(majors)('%s: the caller’s abort', (_, ky) => {
  it('before the call sends nothing', async () => {
    for (const reason of [new Error('mine'), 'a string']) {
      const server = stub(ok())
      expect(await caught(open(ky, server).post(url, { signal: AbortSignal.abort(reason) }))).toBe(reason)
      expect(server.sent).toHaveLength(0)
      if (reason instanceof Error)
        expect(idempotencyOf(reason)).toMatchObject({ attempts: 0, outcome: 'not-applied' })
    }
  })

  it.each([
    ['in flight', hang],
    ['in flight, though the fetch does not heed it', never],
    [
      'in the body',
      () =>
        new Response(new ReadableStream({ pull: never }), {
          status: 201,
          headers: { 'content-type': 'application/json' },
        }),
    ],
    ['in the body of a failure', () => new Response(new ReadableStream({ pull: never }), { status: 500 })],
  ])('%s ends the call at once, with the caller’s reason', async (__, answer) => {
    for (const reason of [new Error('mine'), 'a string', undefined]) {
      const server = stub(answer)
      const controller = new AbortController()
      const ending = caught(open(ky, server).post(url, { signal: controller.signal, timeout: false }))
      await wait(10)
      controller.abort(reason)
      expect(await ending).toBe(controller.signal.reason)
      expect(server.sent).toHaveLength(1)
      if (typeof reason !== 'string')
        expect(idempotencyOf(controller.signal.reason)).toMatchObject({
          key: server.keys()[0],
          attempts: 1,
          outcome: 'unknown',
        })
    }
  })

  it('by AbortSignal.timeout is not taken for a timeout of ky’s, which would be retried', async () => {
    const server = stub(hang)
    const signal = AbortSignal.timeout(15)
    const error = await caught(open(ky, server).post(url, { signal, timeout: false }))
    expect(error).toBe(signal.reason)
    expect(server.sent).toHaveLength(1)
  })

  it('takes nothing from the budget and tells of no wait', async () => {
    const events: string[] = []
    const controller = new AbortController()
    const server = stub(hang, reset, ok())
    const api = open(ky, server, {
      budget: { capacity: 5, transientCost: 5 },
      onEvent: ({ type }) => void events.push(type),
    })
    const ending = caught(api.post(url, { signal: controller.signal }))
    await wait(10)
    controller.abort(new Error('mine'))
    await ending
    expect(events).not.toContain('waiting')
    await api.post(url)
    expect(server.sent).toHaveLength(3)
  })

  it('in ky’s wait ends the call at once', async () => {
    const server = stub(reset)
    const controller = new AbortController()
    const reason = new Error('mine')
    const retry = { delay: () => 100_000, jitter: false }
    const ending = caught(open(ky, server).post(url, { signal: controller.signal, retry }))
    await wait(10)
    controller.abort(reason)
    expect(await ending).toBe(reason)
    expect(server.sent).toHaveLength(1)
    expect(idempotencyOf(reason)).toEqual({
      key: server.keys()[0],
      attempts: 1,
      replayed: false,
      outcome: 'unknown',
    })
  })

  it('in the wait for a running server ends the call at once, also with a clock that does not heed it', async () => {
    const server = stub(status(409))
    const controller = new AbortController()
    const reason = new Error('mine')
    const clock = { now: () => Date.now(), sleep: never }
    const api = open(ky, server, { contract: running, clock })
    const ending = caught(api.post(url, { signal: controller.signal, timeout: false }))
    await wait(10)
    controller.abort(reason)
    expect(await ending).toBe(reason)
    expect(idempotencyOf(reason)).toMatchObject({ attempts: 1, outcome: 'unknown' })
  })

  const given = { context: { idempotencyKey: 'job-1' } }

  it('when the attempt has just begun sends nothing', async () => {
    for (const options of [{}, given]) {
      const server = stub(never)
      const controller = new AbortController()
      const reason = new Error('mine')
      const onEvent = () => controller.abort(reason)
      const ending = caught(
        open(ky, server, { onEvent }).post(url, { ...options, signal: controller.signal, timeout: false }),
      )
      expect(await Promise.race([ending, wait(1000)])).toBe(reason)
      expect(server.sent).toHaveLength(0)
    }
  })

  it('by what sends ends the call, and nobody else waits for it', async () => {
    const controller = new AbortController()
    const reason = new Error('mine')
    const signals: AbortSignal[] = []
    const fetch = (__: unknown, init?: RequestInit) => {
      controller.abort(reason)
      return signals.push(init!.signal!) > 1 ? Promise.resolve(ok()) : never()
    }
    const api = open(ky, { fetch: fetch as never })
    const ending = caught(api.post(url, { ...given, signal: controller.signal, timeout: false }))
    expect(await Promise.race([ending, wait(1000)])).toBe(reason)
    expect(signals[0]?.aborted).toBe(true)
    expect(await Promise.race([api.post(url, given), wait(1000)])).toHaveProperty('status', 201)
  })

  it.each([
    ['a given key', {}, given],
    ['a key in the body', { contract: square }, {}],
    ['a key in the query', { contract: defineContract({ carrier: queryParameter('rid') }) }, {}],
  ])('while the body hangs ends the call at once: %s', async (__, options, callOptions) => {
    const server = stub(ok())
    const controller = new AbortController()
    const reason = new Error('mine')
    const body = new ReadableStream({ pull: never })
    const sending = { body, duplex: 'half', signal: controller.signal, timeout: false, ...callOptions }
    const ending = caught(open(ky, server, options).post(url, sending as object))
    await wait(10)
    controller.abort(reason)
    expect(await Promise.race([ending, wait(1000)])).toBe(reason)
    expect(server.sent).toHaveLength(0)
  })

  it.each([
    ['reconcile', reset],
    ['reconcile', status(503)],
    ['resolve', status(409)],
  ])('while %s hangs ends the call at once, and what it brings later is ignored', async (name, answer) => {
    const server = stub(answer)
    const controller = new AbortController()
    const reason = new Error('mine')
    const events: string[] = []
    let bring: (found: unknown) => void = () => undefined
    const api = open(ky, server, {
      contract: duplicateConflict,
      [name]: () => new Promise((resolve) => (bring = resolve)),
      onEvent: ({ type }) => void events.push(type),
    })
    const ending = caught(
      api.post(url, { ...given, signal: controller.signal, timeout: false, retry: { limit: 0 } }),
    )
    await wait(10)
    controller.abort(reason)
    expect(await Promise.race([ending, wait(1000)])).toBe(reason)
    const facts = idempotencyOf(reason)
    expect(facts).toMatchObject({ key: 'job-1', attempts: 1 })
    bring(ok())
    await wait(5)
    expect(events).toEqual(['attempt-started', 'attempt-ended', 'settled'])
    expect(idempotencyOf(reason)).toEqual(facts)
  })

  it('on the second attempt ends it, although Node forgets to abort a clone', async () => {
    const server = stub(status(503), hang)
    const controller = new AbortController()
    const reason = new Error('mine')
    const ending = caught(open(ky, server).post(url, { signal: controller.signal, timeout: false, json: {} }))
    while (server.sent.length < 2) await wait(5)
    collect()
    await wait(5)
    collect()
    controller.abort(reason)
    expect(await Promise.race([ending, wait(1000)])).toBe(reason)
  })

  it('of a body that still streams ends the stream', async () => {
    for (const method of ['get', 'post'] as const) {
      const server = stub(({ request, init }) => {
        const body = new ReadableStream({
          start(stream) {
            stream.enqueue(new TextEncoder().encode('data: 1\n\n'))
            const signal = init?.signal ?? request.signal
            signal.addEventListener('abort', () => stream.error(signal.reason))
          },
        })
        return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
      })
      const controller = new AbortController()
      const response = await open(ky, server)[method](url, { signal: controller.signal })
      const reader = response.body!.getReader()
      await reader.read()
      const reason = new Error('mine')
      controller.abort(reason)
      await expect(reader.read()).rejects.toBe(reason)
    }
  })

  it('leaves no listener on a signal that lives long', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...given: [never, never]) => {
      listeners += 1
      add(...given)
    }
    signal.removeEventListener = (...given: [never, never]) => {
      listeners -= 1
      remove(...given)
    }
    const api = open(ky, stub(status(503), ok()))
    for (let n = 0; n < 5; n += 1) await api.post(url, { signal })
    expect(listeners).toBeLessThanOrEqual(0)
    const waited = stub(status(503), ok())
    await open(ky, waited).post(url, { signal })
    // That of the request ends with the call.
    expect(getEventListeners(waited.sent[0]!.request.signal, 'abort').length).toBeLessThanOrEqual(1)
  })

  it('leaves no listener on a signal that lives long, once a body has streamed or is not wanted', async () => {
    const { signal } = new AbortController()
    const events = () => new Response('data: 1\n\n', { headers: { 'content-type': 'text/event-stream' } })
    const broken = () =>
      new Response(
        new ReadableStream({
          start(stream) {
            stream.enqueue(new TextEncoder().encode('data: 1\n\n'))
          },
          pull(stream) {
            stream.error(new TypeError('terminated'))
          },
        }),
        { headers: { 'content-type': 'text/event-stream' } },
      )
    const api = open(ky, stub(events, events, broken, events))
    const before = getEventListeners(signal, 'abort').length
    await (await api.post(url, { signal })).text()
    await (await api.post(url, { signal })).body?.cancel()
    await caught((await api.post(url, { signal })).text())
    await (await api.get(url, { signal })).text()
    expect(getEventListeners(signal, 'abort').length).toBe(before)
  })
})

describe.each(majors)('%s: a timeout', (_, ky) => {
  it('leaves no listener on a signal that lives long, though the attempt was shared', async () => {
    const { signal } = new AbortController()
    const api = open(ky, stub(hang))
    const before = getEventListeners(signal, 'abort').length
    const call = () => api.post(url, { context: { idempotencyKey: 'job-1' }, signal, timeout: 10 })
    await Promise.all([caught(call()), caught(call())])
    expect(getEventListeners(signal, 'abort').length).toBe(before)
  })
})

describe.each(majors)('%s: a timeout that Node forgets to hand on to a clone', (_, ky) => {
  it('leaves nothing behind that still asks beside ky’s next attempt', async () => {
    const server = stub(status(503), status(409), () => wait(80).then(() => ok()))
    const sleep = async () => {
      collect()
      await wait(5)
      collect()
      await wait(55)
    }
    const api = open(ky, server, { contract: running, clock: { now: Date.now, sleep } })
    const response = await api
      .post(url, { json: {}, timeout: 40, retry: { limit: 3, delay: () => 1 } })
      .catch(() => undefined)
    await wait(100)
    // The first attempt, one ask, and three retries: nothing is sent beside them.
    expect(server.sent).toHaveLength(5)
    expect(new Set(server.keys()).size).toBe(1)
    if (response) expect(idempotencyOf(response)).toMatchObject({ outcome: 'applied' })
  })
})

describe.each(majors)('%s: a body that nobody has read', (_, ky) => {
  it('does not keep a call from ending', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as { port: number }
    await new Promise((resolve) => closed.close(resolve))
    const api = ky.extend(hurried).extend(idempotency())
    const error = await Promise.race([
      caught(api.post(`http://127.0.0.1:${port}`, { json: { n: 1 }, retry: { limit: 0 } })),
      wait(2000, 'hangs'),
    ])
    expect(idempotencyOf(error)).toMatchObject({ attempts: 1, outcome: 'not-applied' })
  })
})

describe.each(majors)('%s: memory', (_, ky) => {
  it('a finished call can be collected, whichever way it ended', async () => {
    const server = stub(status(503), ok(), reset)
    const api = open(ky, server, { clock: { now: Date.now, sleep: async () => undefined } })
    const { signal } = new AbortController()
    const kept: WeakRef<object>[] = []
    const call = async (key: string) => {
      const context = { idempotencyKey: key, big: new Uint8Array(1) }
      kept.push(new WeakRef(context.big))
      await api.post(url, { json: {}, context, signal }).catch(() => undefined)
    }
    for (let n = 0; n < 4; n += 1) await call(`job-${n}`)
    server.sent.length = 0
    for (let n = 0; n < 10 && kept.some((ref) => ref.deref()); n += 1) {
      await wait(5)
      collect()
    }
    expect(kept.filter((ref) => ref.deref() !== undefined)).toEqual([])
  })
})

/** What the server does with the nth request: it has read it whole. */
type Act = (socket: Socket, n: number) => void

describe.each(majors)('%s over real sockets', (_, ky) => {
  let server: Server
  let base: string
  const seen: { key: string; body: string }[] = []
  let act: Act
  const sockets = new Set<Socket>()

  beforeAll(async () => {
    server = createServer((socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        const end = text.indexOf('\r\n\r\n')
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
        if (end < 0 || text.length < end + 4 + length) return
        seen.push({
          key: /^idempotency-key: (.*)$/im.exec(text)?.[1]?.trim() ?? '',
          body: text.slice(end + 4),
        })
        text = ''
        act(socket, seen.length)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    base = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  })
  afterEach(() => void (seen.length = 0))
  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })

  const answer = (socket: Socket, body = '{"id":1}') =>
    socket.write(`HTTP/1.1 201 Created\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  const losses: [string, (socket: Socket) => void][] = [
    ['reset before the answer', (socket) => socket.resetAndDestroy()],
    ['closed before the answer', (socket) => socket.destroy()],
    [
      'cut after the headers',
      (socket) => socket.write('HTTP/1.1 201 Created\r\ncontent-length: 90\r\n\r\n', () => socket.destroy()),
    ],
    [
      'cut in the body',
      (socket) =>
        socket.write('HTTP/1.1 201 Created\r\ncontent-length: 90\r\n\r\n{"id"', () =>
          socket.resetAndDestroy(),
        ),
    ],
    [
      'cut in a chunked body',
      (socket) =>
        socket.write(
          'HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"id"\r\n',
          () => socket.destroy(),
        ),
    ],
    ['cut in the headers', (socket) => socket.write('HTTP/1.1 201 Cre', () => socket.destroy())],
  ]

  it.each(losses)('an answer that is %s is resent, same key and same bytes', async (__, lose) => {
    act = (socket, n) => (n < 3 ? lose(socket) : answer(socket))
    const response = await ky
      .extend(hurried)
      .extend(idempotency())
      .post(base, { json: { n: 1 } })
    expect(await response.json()).toEqual({ id: 1 })
    expect(seen).toHaveLength(3)
    expect(new Set(seen.map(({ key }) => key)).size).toBe(1)
    expect(seen[0]?.key).not.toBe('')
    expect(new Set(seen.map(({ body }) => body))).toEqual(new Set(['{"n":1}']))
    expect(idempotencyOf(response)).toMatchObject({ attempts: 3, outcome: 'applied' })
  })

  it('a query carrier sends the length of the body', async () => {
    act = (socket) => answer(socket)
    const { queryParameter } = await import('fetch-idempotency/contracts')
    const contract = defineContract({ carrier: queryParameter('rid') })
    await ky.extend(idempotency({ contract })).post(base, { json: { n: 1 } })
    expect(seen).toHaveLength(1)
    expect(seen[0]?.body).toBe('{"n":1}')
  })

  it('the deadline frees the connection', async () => {
    let closed = 0
    act = (socket) => socket.on('close', () => (closed += 1))
    const error = await caught(
      ky.extend(idempotency({ deadlineMs: 150 })).post(base, { json: {}, timeout: false }),
    )
    expect(error).toMatchObject({ code: 'deadline_exceeded' })
    await wait(20)
    expect(closed).toBe(1)
    expect(seen).toHaveLength(1)
  })

  it('a timeout of the second attempt frees the connection, although Node forgets to abort a clone', async () => {
    let closed = 0
    act = (socket, n) => {
      if (n === 1) socket.write('HTTP/1.1 503 Busy\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      else if (n === 3) answer(socket)
      else {
        socket.on('close', () => (closed += 1))
        collect()
        setTimeout(collect, 20)
      }
    }
    const response = await ky.extend(hurried).extend(idempotency()).post(base, { json: {}, timeout: 400 })
    expect(idempotencyOf(response)).toMatchObject({ attempts: 3, outcome: 'applied' })
    await wait(20)
    expect(closed).toBe(1)
  })

  it('a timeout frees the connection', async () => {
    let closed = 0
    act = (socket, n) => (n === 1 ? socket.on('close', () => (closed += 1)) : answer(socket))
    const response = await ky.extend(hurried).extend(idempotency()).post(base, { json: {}, timeout: 400 })
    expect(response.status).toBe(201)
    await wait(20)
    expect(closed).toBe(1)
  })

  it('an abort in the body frees the connection', async () => {
    let closed = 0
    act = (socket) => {
      socket.on('close', () => (closed += 1))
      socket.write('HTTP/1.1 201 Created\r\ncontent-length: 90\r\n\r\n{"id"')
    }
    const controller = new AbortController()
    const reason = new Error('mine')
    const ending = caught(ky.extend(idempotency()).post(base, { json: {}, signal: controller.signal }))
    while (seen.length === 0) await wait(5)
    await wait(30)
    controller.abort(reason)
    expect(await ending).toBe(reason)
    await wait(30)
    expect(closed).toBe(1)
    expect(seen).toHaveLength(1)
  })
})
