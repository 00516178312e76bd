import { inspect } from 'node:util'
import { type IdempotencyEvent, idempotency, idempotencyOf } from 'fetch-idempotency/ky'
import { createIdempotentFetch } from 'fetch-idempotency'
import { defineContract } from 'fetch-idempotency/contracts'
import { describe, expect, it, vi } from 'vitest'
import {
  caught,
  hang,
  hurried,
  hurriedClock,
  majors,
  ok,
  open,
  refused,
  reset,
  status,
  stub,
  url,
  uuidv7,
  type Ky,
} from './harness.js'

/** Options of the user's own, given before ours, after ours, or with the call. */
const places: readonly (readonly [string, (ky: Ky, fetch: typeof globalThis.fetch, own: object) => Ky])[] = [
  [
    'before ours',
    (ky, fetch, own) =>
      ky
        .create({ ...hurried, fetch })
        .extend(own)
        .extend(idempotency()),
  ],
  [
    'after ours',
    (ky, fetch, own) =>
      ky
        .create({ ...hurried, fetch })
        .extend(idempotency())
        .extend(own),
  ],
  [
    'spread beside ours',
    (ky, fetch, own) => ky.create({ ...hurried, ...idempotency({ fetch }) }).extend(own),
  ],
]
const delay = () => 1

describe.each(majors)('%s: the user’s own retry options', (major, ky) => {
  describe.each(places)('given %s', (__, build) => {
    it('keep limit', async () => {
      const server = stub(status(503))
      const error = await caught(build(ky, server.fetch, { retry: { limit: 4, delay } }).post(url))
      expect(server.sent).toHaveLength(5)
      expect(error).toMatchObject({ name: 'HTTPError' })
      expect(idempotencyOf(error)).toMatchObject({ attempts: 5, outcome: 'unknown' })
    })

    it('keep a limit of 0', async () => {
      const server = stub(reset)
      const error = await caught(build(ky, server.fetch, { retry: { limit: 0 } }).post(url))
      expect(server.sent).toHaveLength(1)
      expect(idempotencyOf(error)).toMatchObject({ attempts: 1, outcome: 'unknown' })
    })

    it('keep retryOnTimeout: false', async () => {
      const server = stub(hang)
      const own = { retry: { retryOnTimeout: false }, timeout: 20 }
      const error = await caught(build(ky, server.fetch, own).post(url))
      expect(server.sent).toHaveLength(1)
      expect(error).toMatchObject({ name: 'TimeoutError' })
      expect(idempotencyOf(error)).toMatchObject({ key: server.keys()[0], attempts: 1, outcome: 'unknown' })
    })

    it('keep retryOnTimeout: true', async () => {
      const server = stub(hang, ok())
      const own = { retry: { retryOnTimeout: true }, timeout: 20 }
      const response = await build(ky, server.fetch, own).post(url)
      expect(new Set(server.keys()).size).toBe(1)
      expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'applied' })
    })

    it('keep shouldRetry, which may say no', async () => {
      const server = stub(status(503))
      const shouldRetry = vi.fn(() => false)
      const error = await caught(build(ky, server.fetch, { retry: { shouldRetry } }).post(url))
      expect(shouldRetry).toHaveBeenCalledOnce()
      expect(server.sent).toHaveLength(1)
      expect(idempotencyOf(error)).toMatchObject({ attempts: 1, outcome: 'unknown' })
    })

    it('keep shouldRetry, which may say yes to a definite no', async () => {
      const server = stub(status(404), ok())
      const own = { retry: { delay, shouldRetry: () => true } }
      const response = await build(ky, server.fetch, own).post(url)
      expect(new Set(server.keys()).size).toBe(1)
      expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'applied' })
    })

    it('keep statusCodes for a definite no', async () => {
      const server = stub(status(404), ok())
      const own = { retry: { delay, statusCodes: [404] } }
      expect(await build(ky, server.fetch, own).post(url)).toHaveProperty('status', 201)
      const reads = stub(status(404), status(200))
      expect(await build(ky, reads.fetch, own).get(url)).toHaveProperty('status', 200)
    })

    it('do not let shouldRetry send a write again that has no key', async () => {
      const server = stub(reset, ok())
      const own = { retry: { delay, shouldRetry: () => true } }
      const api = build(ky, server.fetch, own).extend({ hooks: {} })
      await caught(api.post(url, { context: { idempotency: { writes: 'never' } } }))
      expect(server.sent).toHaveLength(1)
    })

    it('do not let shouldRetry send a write again that has no key, after an answer that leaves the outcome open', async () => {
      const server = stub(status(302), ok())
      const own = { retry: { delay, shouldRetry: () => true } }
      const api = build(ky, server.fetch, own)
      await caught(api.delete(url))
      expect(server.sent).toHaveLength(1)
    })

    it('are all that a read is retried by, also one that cannot be sent', async () => {
      const server = stub(() => {
        throw new TypeError('fetch failed', {
          cause: Object.assign(new Error('x'), { code: 'UND_ERR_INVALID_ARG' }),
        })
      })
      await caught(build(ky, server.fetch, {}).get(url))
      expect(server.sent).toHaveLength(3)
    })

    it('do not let shouldRetry send again what was refused for good', async () => {
      const server = stub(() => {
        throw new TypeError('fetch failed', {
          cause: Object.assign(new Error('x'), { code: 'UND_ERR_INVALID_ARG' }),
        })
      })
      await caught(build(ky, server.fetch, { retry: { delay, shouldRetry: () => true } }).post(url))
      expect(server.sent).toHaveLength(1)
    })
  })

  it('are refused at once where ky refuses them', async () => {
    const server = stub(ok())
    for (const api of [open(ky, server), ky.extend(idempotency({ fetch: server.fetch }))])
      for (const method of ['get', 'post'] as const)
        expect(() => void api[method](url, { retry: { methods: 'get' } } as never)).toThrow(
          'retry.methods must be an array',
        )
    expect(server.sent).toHaveLength(0)
  })

  it('keep a number in place of the options', async () => {
    for (const [place, build] of places.slice(0, 2)) {
      const server = stub(status(503))
      await caught(
        build(ky, server.fetch, place === 'before ours' ? { retry: 1 } : {}).post(url, {
          retry: { limit: 1, delay },
        }),
      )
      expect(server.sent).toHaveLength(2)
    }
  })

  it('keep a number given with the call, the gate in place', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const server = stub(reset, status(503), ok())
      const sending = open(ky, server).post(url, { retry: 2 })
      await vi.advanceTimersByTimeAsync(10_000)
      expect(await sending).toHaveProperty('status', 201)
      expect(new Set(server.keys()).size).toBe(1)

      const keyless = stub(reset, ok())
      const refusedOne = caught(open(ky, keyless, { methods: [] }).post(url, { retry: 2 }))
      await vi.advanceTimersByTimeAsync(10_000)
      expect(idempotencyOf(await refusedOne)).toMatchObject({ outcome: 'unknown' })
      expect(keyless.sent).toHaveLength(1)

      const limited = stub(status(429), ok())
      const sent = open(ky, limited, { methods: [] }).post(url, { retry: 2 })
      await vi.advanceTimersByTimeAsync(10_000)
      expect(await sent).toHaveProperty('status', 201)
    } finally {
      vi.useRealTimers()
    }
  })

  it('keep a number given before, and a jitter', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    vi.spyOn(Math, 'random').mockReturnValue(0)
    try {
      const one = stub(status(503))
      const ending = caught(ky.create({ retry: 1, fetch: one.fetch }).extend(idempotency()).post(url))
      await vi.advanceTimersByTimeAsync(10_000)
      await ending
      expect(one.sent).toHaveLength(2)

      const plain = stub(status(503), ok())
      const own = { delay: () => 100, jitter: false }
      const sending = open(ky, plain, {}, { retry: own }).post(url)
      await vi.advanceTimersByTimeAsync(90)
      expect(plain.sent).toHaveLength(1)
      await vi.advanceTimersByTimeAsync(20)
      expect((await sending).status).toBe(201)

      const hung = stub(hang, ok())
      const retried = open(ky, hung)
        .post(url, { retry: 2, timeout: 50 })
        .then(
          ({ status: code }) => code,
          ({ name }) => name,
        )
      await vi.advanceTimersByTimeAsync(1000)
      // In ky 1, a number stands for all of ky's defaults, `retryOnTimeout: false` included.
      expect(await retried).toBe(major === 'ky 1' ? 'TimeoutError' : 201)
    } finally {
      vi.restoreAllMocks()
      vi.useRealTimers()
    }
  })

  it('keep methods: what is not in them is not retried', async () => {
    const server = stub(status(503), ok())
    const api = open(ky, server, {}, { retry: { methods: ['post'], delay } })
    await caught(api.get(url))
    expect(server.sent).toHaveLength(1)
    for (const [method, requests] of [
      ['get', 1],
      ['POST', 2],
    ] as const) {
      const writes = stub(status(503), ok())
      await open(ky, writes, {}, { retry: { methods: [method as 'get'], delay } })
        .post(url)
        .catch(() => undefined)
      expect(writes.sent).toHaveLength(requests)
    }
  })

  it.each(['after ours', 'after two of ours', 'with the call'])(
    'take the place of our lists, given %s',
    async (place) => {
      const count = async (server: ReturnType<typeof stub>, method: 'get' | 'post', lists: object) => {
        const retry = { ...lists, delay }
        const ours = idempotency({ fetch: server.fetch })
        const once = ky.create({ ...hurried, ...ours })
        const api = place === 'after two of ours' ? once.extend({ ...ours }) : once
        const isLate = place === 'with the call'
        const sending = isLate ? api[method](url, { retry }) : api.extend({ retry })[method](url)
        await sending.catch(() => undefined)
        return server.sent.length
      }
      const lists = { statusCodes: [503] }
      expect(await count(stub(status(500), ok()), 'get', lists)).toBe(1)
      expect(await count(stub(status(500), ok()), 'post', lists)).toBe(1)
      expect(await count(stub(status(503), ok()), 'post', lists)).toBe(2)
      expect(await count(stub(status(503), ok()), 'get', { methods: ['put'] })).toBe(1)
      expect(await count(stub(status(503), ok()), 'post', { methods: ['put'] })).toBe(1)
      expect(await count(stub(status(503), ok()), 'post', { methods: ['put', 'post'] })).toBe(2)
      expect(await count(stub(status(500), ok()), 'post', {})).toBe(2)
      expect(await count(stub(status(500), ok()), 'get', {})).toBe(2)
    },
  )

  it('keep statusCodes: another status is not retried', async () => {
    const server = stub(status(500), ok())
    const error = await caught(open(ky, server, {}, { retry: { statusCodes: [503], delay } }).post(url))
    expect(server.sent).toHaveLength(1)
    expect(idempotencyOf(error)).toMatchObject({ attempts: 1, outcome: 'unknown' })
  })

  it('keep 413 with Retry-After, as in ky', async () => {
    const server = stub(status(413, { 'retry-after': '0.001' }), ok())
    const later = stub(status(413), ok())
    if (ky.name !== 'never') {
      await caught(open(ky, later).post(url))
      expect(later.sent).toHaveLength(1)
    }
    expect((await open(ky, server).put(url)).status).toBe(201)
  })
})

describe.each(majors)('%s: other options of ky', (major, ky) => {
  it('throwHttpErrors: false gives the answer, unretried, with its facts', async () => {
    for (const throwHttpErrors of [false, () => false] as never[]) {
      const server = stub(status(503))
      const response = await open(ky, server).post(url, { throwHttpErrors })
      expect(response.status).toBe(503)
      expect(server.sent).toHaveLength(1)
      expect(idempotencyOf(response)).toMatchObject({ attempts: 1, outcome: 'unknown' })
    }
  })

  it('throwHttpErrors: false is the end of the operation, which may still be reconciled', async () => {
    const server = stub(status(503))
    const found = new Response('found')
    const api = open(ky, server, { reconcile: () => found })
    expect(await (await api.post(url, { throwHttpErrors: false })).text()).toBe('found')
  })

  it('timeout ends an attempt, which is resent with the same key', async () => {
    const server = stub(hang, hang, ok())
    const response = await open(ky, server).post(url, { timeout: 20 })
    expect(new Set(server.keys()).size).toBe(1)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 3, outcome: 'applied' })
  })

  it('timeout on every attempt is a TimeoutError that knows its operation', async () => {
    const server = stub(hang)
    const error = await caught(open(ky, server).post(url, { timeout: 10 }))
    expect(error).toMatchObject({ name: 'TimeoutError' })
    expect(idempotencyOf(error)).toEqual({
      key: server.keys()[0],
      attempts: 3,
      replayed: false,
      outcome: 'unknown',
    })
  })

  it('timeout ends an attempt whose fetch does not heed its signal, and its late answer changes nothing', async () => {
    let answerLate: (response: Response) => void = () => undefined
    const server = stub(
      () => new Promise((resolve) => (answerLate = resolve)),
      () => {
        answerLate(status(400))
        return new Promise((resolve) => setTimeout(() => resolve(ok()), 5))
      },
    )
    const response = await open(ky, server).post(url, { timeout: 20 })
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'applied' })
  })

  it('timeout: false leaves the deadline to end it', async () => {
    const server = stub(hang)
    const error = await caught(open(ky, server, { deadlineMs: 300 }).post(url, { timeout: false }))
    expect(error).toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown' })
    expect(server.sent).toHaveLength(1)
  })

  it('an option that is unknown to ky still reaches the fetch', async () => {
    const server = stub(ok())
    await open(ky, server).post(url, { dispatcher: 'mine' } as object)
    expect(server.sent[0]?.init).toMatchObject({ dispatcher: 'mine' })
    expect(Object.keys(server.sent[0]?.init ?? {})).not.toContain('idempotencyCall')
  })

  it('a custom fetch given before ours sends', async () => {
    const server = stub(ok())
    const api = ky.create({ fetch: server.fetch }).extend(idempotency())
    await api.post(url)
    expect(server.keys()[0]).toMatch(uuidv7)
  })

  it('a custom fetch given after ours still sends keyed, gated writes', async () => {
    const server = stub(reset, status(503), ok())
    const api = ky.create(hurried).extend(idempotency()).extend({ fetch: server.fetch })
    await api.post(url)
    expect(new Set(server.keys()).size).toBe(1)
    const keyless = stub(reset, ok())
    const error = await caught(
      ky
        .create(hurried)
        .extend(idempotency({ methods: [] }))
        .extend({ fetch: keyless.fetch })
        .post(url),
    )
    expect(keyless.sent).toHaveLength(1)
    expect(idempotencyOf(error)).toMatchObject({ attempts: 1, outcome: 'unknown' })
    const broken = stub(reset, reset, status(422))
    const last = await caught(
      ky
        .create(hurried)
        .extend(idempotency())
        .extend({ fetch: broken.fetch, retry: { limit: 3 } })
        .post(url),
    )
    expect(idempotencyOf(last)).toMatchObject({ attempts: 3, outcome: 'unknown' })
  })

  it.runIf(major === 'ky 2')('a custom fetch given after ours is in our loop', async () => {
    const cut = () =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode('{"id":'))
            controller.error(new TypeError('terminated'))
          },
        }),
        { status: 201, headers: { 'content-type': 'application/json' } },
      )
    const events: string[] = []
    const onEvent = ({ type }: { type: string }) => void events.push(type)
    for (const isWithCall of [true, false]) {
      const server = stub(cut as never, ok())
      const late = { fetch: server.fetch }
      const api = ky.create(hurried).extend(idempotency({ onEvent }))
      const response = await (isWithCall ? api.post(url, late) : api.extend(late).post(url))
      expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'applied' })
      expect(new Set(server.keys()).size).toBe(1)
      const reading = stub(ok())
      await (isWithCall
        ? api.get(url, { fetch: reading.fetch })
        : api.extend({ fetch: reading.fetch }).get(url))
      expect(reading.sent).toHaveLength(1)
    }
    expect(events.filter((type) => type === 'settled')).toHaveLength(2)
  })

  it.runIf(major === 'ky 2')(
    'two calls with one key and one fetch of their own are one request',
    async () => {
      const server = stub(ok(), ok())
      const api = ky.create(hurried).extend(idempotency())
      const call = () => api.post(url, { fetch: server.fetch, context: { idempotencyKey: 'order-1' } })
      await Promise.all([call(), call()])
      expect(server.sent).toHaveLength(1)
      const other = stub(ok())
      const key = { idempotencyKey: 'order-2' }
      await Promise.all([server, other].map(({ fetch }) => api.post(url, { fetch, context: key })))
      expect([server.sent.length, other.sent.length]).toEqual([2, 1])
    },
  )

  it('an error is written out as ky alone writes it, and shows nothing of the call', async () => {
    const alone = await caught(ky.create({ ...hurried, fetch: stub(status(409)).fetch }).post(url))
    const error = await caught(open(ky, stub(status(409))).post(url))
    const names = (told: unknown) =>
      Object.keys((JSON.parse(JSON.stringify(told)) as { options: object }).options)
    expect(names(error).filter((name) => !names(alone).includes(name))).toEqual([])
    expect(inspect(error, { depth: 9 })).not.toContain('retryCount')
  })

  it('an error shows the retry options as ky completes them', async () => {
    const { retry: plain } = (await caught(ky.create({ fetch: stub(status(404)).fetch }).post(url)).then(
      (error) => (error as { options: object }).options,
    )) as { retry: object }
    for (const method of ['post', 'get'] as const) {
      const api = ky.create({ fetch: stub(status(404)).fetch }).extend(idempotency())
      const error = (await caught(api[method](url))) as { options: { retry: { shouldRetry?: unknown } } }
      const { shouldRetry: _, ...retry } = error.options.retry
      expect(String(Object.entries(retry))).toBe(String(Object.entries(plain)))
    }
  })

  it('a fetch of null is that of the runtime, as in ky', async () => {
    const server = stub(reset, ok())
    vi.stubGlobal('fetch', server.fetch)
    try {
      const api = ky.create(hurried).extend(idempotency())
      await api.post(url, { fetch: null } as never)
      expect(server.keys()).toEqual([expect.stringMatching(uuidv7), server.keys()[0]])
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it('a fetch that wraps ours is seen through', async () => {
    const server = stub(reset, ok())
    const seen: string[] = []
    const api = open(ky, server).extend((parent) => ({
      fetch: (input, init) => {
        seen.push((input as Request).method)
        return parent.fetch!(input, init)
      },
    }))
    const response = await api.post(url)
    // Our loop is inside in ky 1, and around it in ky 2.
    expect(seen).toEqual(major === 'ky 1' ? ['POST'] : ['POST', 'POST'])
    expect(new Set(server.keys()).size).toBe(1)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'applied' })
  })

  it('a fetch that wraps ours as a method of the instance never shares a key between calls', async () => {
    const server = stub(ok())
    const replace = (first: unknown) =>
      new Request((first instanceof Request ? first : (first as { request: Request }).request).url, {
        method: 'POST',
      })
    const api = ky
      .create({ ...hurried, fetch: server.fetch, context: { a: 1 }, hooks: { beforeRequest: [replace] } })
      .extend(idempotency())
      .extend((parent) => ({ fetch: (input, init) => parent.fetch!(input, init) }))
    const sending = async () => (await api.post(url)).status
    if (major === 'ky 1') {
      // It runs no hook after one that gives a request, and a fetch that is called as this one is not told its call.
      for (const error of [await caught(sending()), await caught(sending())])
        expect(error).toMatchObject({ name: 'TypeError', message: expect.stringContaining('idempotency()') })
      return expect(server.sent).toHaveLength(0)
    }
    expect([await sending(), await sending()]).toEqual([201, 201])
    expect(server.keys()).toEqual([expect.stringMatching(uuidv7), expect.stringMatching(uuidv7)])
    expect(new Set(server.keys()).size).toBe(2)
  })

  it('a fetch that wraps ours never gets a write resent without its key', async () => {
    const server = stub(status(503), ok())
    const replace = (first: unknown) => {
      const request = first instanceof Request ? first : (first as { request: Request }).request
      return new Request(request.url, { method: 'POST', body: 'other' })
    }
    const api = open(ky, server)
      .extend((parent) => ({ fetch: (input, init) => parent.fetch!(input, init) }))
      .extend({ hooks: { beforeRequest: [replace] } })
    await api.post(url).catch(() => undefined)
    if (major === 'ky 1') return expect(server.sent).toHaveLength(0)
    expect(server.keys()).toEqual([server.keys()[0], server.keys()[0]])
    expect(server.keys()[0]).toMatch(uuidv7)
  })

  it('a precondition is told to the contract, and makes a resend without a key safe', async () => {
    const seen: boolean[] = []
    const contract = defineContract({
      classify({ conditional }) {
        seen.push(conditional)
        return undefined
      },
    })
    const headers = { 'if-match': '"1"' }
    const api = open(ky, stub(status(412)), { contract })
    for (const method of ['put', 'post', 'delete'] as const) await caught(api[method](url, { headers }))
    await caught(api.put(url))
    expect(seen).toEqual([true, false, false, false])
    const server = stub(reset, ok())
    await open(ky, server, { methods: [] }).put(url, { headers })
    expect(server.sent).toHaveLength(2)
  })

  it('context of the user’s own reaches their hooks', async () => {
    const server = stub(status(503), ok())
    const seen: unknown[] = []
    const api = ky
      .create({ ...hurried, fetch: server.fetch, context: { a: 1 } })
      .extend(idempotency())
      .extend({ hooks: { beforeRetry: [({ options }) => void seen.push({ ...options.context })] } })
    await api.post(url, { context: { b: 2 } })
    expect(seen).toEqual([{ a: 1, b: 2 }])
  })

  it('json, searchParams, prefix and headers go out as ever', async () => {
    const server = stub(status(503), ok())
    await open(ky, server).post(url, { json: { a: 1 }, searchParams: { q: 'x' }, headers: { 'x-a': 'b' } })
    for (const { url: at, body, headers } of server.sent) {
      expect([at, body, headers.get('x-a'), headers.get('content-type')]).toEqual([
        `${url}?q=x`,
        '{"a":1}',
        'b',
        'application/json',
      ])
    }
  })

  it('works through .json(), .text() and the response itself', async () => {
    const server = stub(ok({ id: 7 }))
    const api = open(ky, server)
    expect(await api.post(url).json()).toEqual({ id: 7 })
    expect(await api.post(url).text()).toBe('{"id":7}')
    expect(await (await api.post(url)).json()).toEqual({ id: 7 })
    expect(await (await api.post(url)).clone().json()).toEqual({ id: 7 })
  })

  it('works where it is called through ky.create with a spread', async () => {
    const server = stub(status(503), ok())
    await ky.create({ ...hurried, ...idempotency({ fetch: server.fetch }) }).post(url, { retry: { delay } })
    expect(server.keys()[0]).toMatch(uuidv7)
    expect(new Set(server.keys()).size).toBe(1)
  })

  it('hooks in place of ours are refused where a write would lose its key', async () => {
    const server = stub(status(503), ok())
    const api = ky.create({
      ...hurried,
      ...idempotency({ fetch: server.fetch }),
      hooks: { beforeRequest: [() => undefined] },
    })
    if (major === 'ky 1') {
      // It shows the fetch all options, so that nothing is lost.
      expect(idempotencyOf(await api.post(url))).toMatchObject({ attempts: 2, outcome: 'applied' })
      expect(server.keys()[0]).toMatch(uuidv7)
      return
    }
    for (const method of ['post', 'put', 'patch', 'delete'] as const)
      expect(await caught(api[method](url))).toMatchObject({
        name: 'TypeError',
        message: expect.stringContaining('.extend(idempotency())'),
      })
    expect(server.sent).toHaveLength(0)
    await api.get(url)
    expect(server.sent).toHaveLength(2)
  })

  it('context.idempotency is refused where it has no effect', async () => {
    const server = stub(ok())
    const api = open(ky, server)
    const refusals = [
      [{ retry: { maxAttempts: 2 } }, /ky's own retry options/],
      [false, /context\.idempotency: false/],
    ] as const
    for (const [given, message] of refusals) {
      const error = await caught(api.post(url, { context: { idempotency: given } }))
      expect(error).toMatchObject({ name: 'TypeError', message: expect.stringMatching(message) })
    }
    expect(server.sent).toHaveLength(0)
  })

  it('waits for RateLimit-Reset no longer than maxRetryAfterMs', async () => {
    for (const [seconds, requests] of [
      [7, 1],
      [5, 2],
    ]) {
      const server = stub(status(503, { 'ratelimit-reset': String(seconds) }), ok())
      const clock = hurriedClock()
      await open(ky, server, { maxRetryAfterMs: 6000, clock })
        .post(url)
        .catch(() => undefined)
      expect(server.sent).toHaveLength(requests!)
      expect(clock.waits).toEqual(requests === 2 ? [5000] : [])
    }
  })

  it('cuts the wait that a server asks for where maxRetryAfter says so', async () => {
    const server = stub(status(503, { 'retry-after': '3600' }), ok())
    const clock = hurriedClock()
    await open(ky, server, { clock }, { retry: { maxRetryAfter: 5 } }).post(url)
    expect(clock.waits).toEqual([5])
  })

  it('tells of its waits, which are those of the user’s own delay', async () => {
    for (const [jitter, expected] of [
      [undefined, [1, 2]],
      [false, [2, 3]],
      [(delayMs: number) => delayMs + 0.5, [2.5, 3]],
    ] as const) {
      const waits: unknown[] = []
      const server = stub(status(503), status(503), ok())
      const onEvent = ({ type, ...rest }: IdempotencyEvent) => void (type === 'waiting' && waits.push(rest))
      const retry = { delay: (count: number) => count * 2, backoffLimit: 3, jitter }
      await open(ky, server, { onEvent, random: () => 0.5 }, { retry }).post(url)
      const operation = expect.stringMatching(uuidv7)
      expect(waits).toMatchObject(
        expected.map((delayMs) => ({ delayMs, reason: 'unknown', mustProbe: false, operation })),
      )
    }
  })

  it('are obeyed by one loop where a call takes our hook off', async () => {
    const server = stub(reset)
    const hooks = { beforeRequest: undefined } as object
    const error = await caught(open(ky, server).put(url, { json: {}, hooks }))
    expect(new Set(server.keys()).size).toBe(1)
    expect(server.sent).toHaveLength(3)
    expect(idempotencyOf(error)).toMatchObject({ attempts: 3, outcome: 'unknown' })
  })

  it('let beforeRetry give a read in place of the write', async () => {
    const server = stub(reset, ok())
    const given = new Request(`${url}/17`)
    const seen = vi.fn()
    const hooks = { beforeRetry: [() => given], afterResponse: [() => seen()] }
    const response = await open(ky, server).post(url, { json: {}, hooks })
    expect(response.status).toBe(201)
    expect(server.sent.map((one) => [one.method, one.url, one.key !== null])).toEqual([
      ['POST', url, true],
      ['GET', `${url}/17`, false],
    ])
    expect(seen).toHaveBeenCalledOnce()
  })

  it('let beforeRetry lead a write where no keys are honoured, from where it is not resent', async () => {
    const contract = defineContract({ honoursKey: (target) => !target.url.endsWith('/free') })
    const server = stub(status(503), reset, ok())
    const hooks = { beforeRetry: [() => new Request(`${url}/free`, { method: 'POST', body: 'x' })] }
    const error = await caught(open(ky, server, { contract }).post(url, { json: {}, hooks }))
    expect(server.sent.map((one) => one.url)).toEqual([url, `${url}/free`])
    expect(idempotencyOf(error)).toMatchObject({ attempts: 2, outcome: 'unknown' })
  })

  it('let beforeRetry give a read, which ky retries by its own rules', async () => {
    const server = stub(status(503), status(503), ok())
    const told: number[] = []
    const beforeRetry = ({ retryCount }: { retryCount: number }) => {
      told.push(retryCount)
      return told.length === 1 ? new Request(`${url}/17`) : undefined
    }
    expect((await open(ky, server).post(url, { hooks: { beforeRetry: [beforeRetry] } })).status).toBe(201)
    expect(server.sent.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET'])
    expect(told).toEqual([1, 2])
  })

  it('go on after a beforeRetry that gives a symbol which is not ky.stop, and know of the first attempt', async () => {
    const server = stub(status(503), status(404))
    const hooks = { beforeRetry: [() => Symbol('mine') as never] }
    const error = await caught(open(ky, server).post(url, { hooks }))
    expect(idempotencyOf(error)).toMatchObject({ attempts: 2, outcome: 'unknown' })
  })

  it('let a later beforeRequest make a write of a read', async () => {
    const server = stub(reset, ok())
    const hooks = { beforeRequest: [() => new Request(`${url}/new`, { method: 'POST', body: 'x' })] }
    const response = await open(ky, server).get(url, { hooks })
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'applied' })
    expect(server.keys()).toEqual([expect.stringMatching(uuidv7), server.keys()[0]])
  })

  it('that take all hooks off are obeyed in ky 1, and refused in ky 2, where nothing tells of the call', async () => {
    const server = stub(reset, ok())
    const sending = open(ky, server).post(url, { json: {}, hooks: undefined } as object)
    if (major === 'ky 1') expect((await sending).status).toBe(201)
    else expect(String(await caught(sending))).toContain('`hooks: undefined` takes them off')
    expect(server.keys().map(Boolean)).toEqual(major === 'ky 1' ? [true, true] : [])
  })

  it.skipIf(major === 'ky 1')('that are null are ky’s to refuse', async () => {
    const sending = Promise.resolve().then(() => open(ky, stub(ok())).post(url, { retry: null } as object))
    expect(String(await caught(sending))).toContain('`retry` must be a number or an object')
  })

  it('keeps the delay that was given before', async () => {
    const delays = vi.fn(() => 1)
    const server = stub(status(503), ok())
    await ky
      .create({ fetch: server.fetch, retry: { delay: delays } })
      .extend(idempotency())
      .post(url)
    expect(delays).toHaveBeenCalledWith(1)
  })
})

describe('ky 2 alone', () => {
  const ky = majors[1]![1]

  it('has a totalTimeout, whose error knows its operation', async () => {
    const server = stub(hang)
    const error = await caught(open(ky, server).post(url, { totalTimeout: 30, timeout: 10 } as object))
    expect(error).toMatchObject({ name: 'TimeoutError' })
    expect(idempotencyOf(error)).toMatchObject({ key: server.keys()[0], outcome: 'unknown' })
  })

  it('has a totalTimeout in which a wait does not fit', async () => {
    const server = stub(status(503))
    const options = { totalTimeout: 30, retry: { delay: () => 10_000, jitter: false } }
    const error = await caught(open(ky, server).post(url, options as object))
    expect(error).toMatchObject({ name: 'TimeoutError' })
    expect(idempotencyOf(error)).toMatchObject({ attempts: 1, outcome: 'unknown' })
  })

  it('has init hooks, which may replace the context', async () => {
    const server = stub(status(503), ok())
    const api = open(ky, server).extend({
      hooks: { init: [(options: { context?: object }) => void (options.context = { mine: true })] },
    } as object)
    const response = await api.post(url)
    expect(new Set(server.keys()).size).toBe(1)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'applied' })
  })

  it('has NetworkError, which knows its operation', async () => {
    for (const [answer, outcome] of [
      [reset, 'unknown'],
      [refused, 'not-applied'],
    ] as const) {
      const server = stub(answer)
      const error = await caught(open(ky, server).post(url))
      expect(error).toMatchObject({ name: 'NetworkError' })
      expect(idempotencyOf(error)).toMatchObject({ key: server.keys()[0], attempts: 3, outcome })
    }
  })

  it('has the method QUERY, a read', async () => {
    const server = stub(status(503), status(200))
    await (open(ky, server) as unknown as { query: Ky['post'] }).query(url, { json: {} })
    expect(server.keys()).toEqual([null, null])
  })
})

describe.each(majors)('%s: stacked retry loops are refused', (_, ky) => {
  it('when idempotency() is given twice', () => {
    expect(() => ky.extend(idempotency()).extend(idempotency())).toThrow(/already an idempotent fetch/)
  })

  it('when the fetch inside is ours', () => {
    expect(() => idempotency({ fetch: createIdempotentFetch() })).toThrow(/already an idempotent fetch/)
    expect(() => ky.create({ fetch: createIdempotentFetch() }).extend(idempotency())).toThrow(
      /already an idempotent fetch/,
    )
  })

  it('when ky with the set is the fetch of our wrapper', () => {
    expect(() => createIdempotentFetch({ fetch: idempotency().fetch })).toThrow(/already an idempotent fetch/)
  })

  it('when our wrapper takes the place of the set’s fetch', async () => {
    const server = stub(reset)
    const api = ky
      .extend(idempotency())
      .extend({ fetch: createIdempotentFetch({ fetch: server.fetch, retry: { backoff: () => 1 } }) })
    for (const method of ['post', 'get'] as const)
      expect(await caught(api[method](url))).toMatchObject({
        name: 'TypeError',
        message: expect.stringMatching(/already an idempotent fetch/),
      })
    expect(server.sent).toHaveLength(0)
  })

  it('but two spreads of the set are one', async () => {
    const server = stub(reset, ok())
    const api = ky
      .create({ ...hurried, ...idempotency() })
      .extend({ ...idempotency({ fetch: server.fetch }) })
    const response = await api.post(url)
    expect(new Set(server.keys()).size).toBe(1)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'applied' })
  })
})
