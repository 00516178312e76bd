import {
  duplicateConflict,
  ietf,
  mangopay,
  oasis,
  square,
  stripe,
  defineContract,
  queryParameter,
  bodyField,
} from 'fetch-idempotency/contracts'
import {
  idempotency,
  idempotencyOf,
  isAlreadyDoneError,
  isKeyExpiredError,
  isKeyReusedError,
} from 'fetch-idempotency/ky'
import { describe, expect, it, vi } from 'vitest'
import {
  caught,
  cut,
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
} from './harness.js'

const running = defineContract({
  classify: ({ status: code }) => (code === 409 ? { verdict: 'running', namesKey: true } : undefined),
})

describe.each(majors)('%s: idempotencyOf', (_, ky) => {
  it.each([
    [404, 'not-applied', 1],
    [503, 'unknown', 3],
  ])('tells of an HTTPError with status %i that it is %s', async (code, outcome, attempts) => {
    const server = stub(status(code))
    const error = await caught(open(ky, server).post(url))
    expect(error).toMatchObject({ name: 'HTTPError', response: { status: code } })
    expect(idempotencyOf(error)).toEqual({ key: server.keys()[0], attempts, replayed: false, outcome })
    expect(idempotencyOf((error as { response: Response }).response)).toMatchObject({ outcome })
  })

  it('tells of a response that an afterResponse hook has given back', async () => {
    const server = stub(reset, ok())
    const giveBack = (first: unknown, __: unknown, response?: Response) =>
      response ?? (first as { response: Response }).response
    for (const hooks of [[giveBack], [giveBack, giveBack]]) {
      const api = open(ky, server).extend({ hooks: { afterResponse: hooks } })
      const response = await api.post(url)
      expect(idempotencyOf(response)).toMatchObject({ outcome: 'applied' })
      expect(await response.json()).toEqual({ id: 1 })
    }
  })

  it('tells of a copy of a response', async () => {
    const response = await open(ky, stub(ok())).post(url)
    expect(idempotencyOf(response.clone().clone())).toMatchObject({ attempts: 1, outcome: 'applied' })
  })

  it('keeps the URL of a response whose copies hooks give back', async () => {
    const seen: string[] = []
    const hook = (first: unknown, __: unknown, third: Response) => {
      const response = first instanceof Request ? third : (first as { response: Response }).response
      seen.push(response.url)
      return response.clone()
    }
    const server = stub(() => Object.defineProperty(Response.json({}), 'url', { value: url }))
    const hooks = { afterResponse: [hook, hook, hook] } as object
    const response = await open(ky, server).extend({ hooks }).post(url)
    expect([...seen, response.url]).toEqual([url, url, url, url])
  })

  it('tells of an error that ky made of an answer which a hook has put in place of ours', async () => {
    const server = stub(ok())
    const api = open(ky, server).extend({ hooks: { afterResponse: [() => status(500)] } })
    const error = await caught(api.post(url))
    expect(server.sent).toHaveLength(1)
    expect(error).toMatchObject({ name: 'HTTPError' })
    expect(idempotencyOf(error)).toMatchObject({ key: server.keys()[0], attempts: 1, outcome: 'applied' })
  })

  it('tells nothing of an answer that a hook has given without sending', async () => {
    const server = stub(ok())
    const api = open(ky, server).extend({ hooks: { beforeRequest: [() => new Response('cached')] } })
    const response = await api.post(url)
    expect(await response.text()).toBe('cached')
    expect(idempotencyOf(response)).toBeUndefined()
    expect(server.sent).toHaveLength(0)
  })

  it('does not call a write unknown of which nothing was sent, as a hook has thrown', async () => {
    const server = stub(ok())
    const oops = new Error('no token')
    const fail = () => {
      throw oops
    }
    const api = open(ky, server).extend({ hooks: { beforeRequest: [fail] } })
    expect(await caught(api.post(url))).toBe(oops)
    expect(server.sent).toHaveLength(0)
    // ky had not come to our fetch.
    expect(idempotencyOf(oops)).toBeUndefined()
  })

  it('lets a hook that throws before a retry end the call', async () => {
    const server = stub(reset)
    const oops = new Error('no token')
    const fail = () => {
      throw oops
    }
    const api = open(ky, server).extend({ hooks: { beforeRetry: [fail] } })
    expect(await caught(api.post(url))).toBe(oops)
    expect(server.sent).toHaveLength(1)
  })
})

describe.each(majors)('%s: a forced retry', (_, ky) => {
  it('keeps the key', async () => {
    const server = stub(ok({ again: true }), ok())
    const force = async (first: unknown, __: unknown, given?: Response) => {
      const response = given ?? (first as { response: Response }).response
      return ((await response.clone().json()) as { again?: boolean }).again
        ? ky.retry({ delay: 1 })
        : undefined
    }
    const api = open(ky, server).extend({ hooks: { afterResponse: [force] } })
    const response = await api.post(url)
    expect(server.sent).toHaveLength(2)
    expect(new Set(server.keys()).size).toBe(1)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'applied' })
  })

  it('sends another body under the key of the caller', async () => {
    const server = stub(ok(), ok())
    const { retry } = ky as unknown as { retry: (options: object) => never }
    const change = () => retry({ request: new Request(url, { method: 'POST', body: 'two' }), delay: 1 })
    const afterResponse = [() => (server.sent.length === 1 ? change() : undefined)]
    const context = { idempotencyKey: 'order-1' }
    const response = await open(ky, server).post(url, { body: 'one', context, hooks: { afterResponse } })
    expect(server.sent.map(({ body, key }) => [body, key])).toEqual([
      ['one', 'order-1'],
      ['two', 'order-1'],
    ])
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'applied' })
  })

  it('of a read is ky’s own, and a write after it knows of the one before it', async () => {
    const server = stub(ok(), status(503), ok(), status(404))
    const { retry } = ky as unknown as { retry: (options: object) => never }
    const send = (request: Request) => retry({ request, delay: 1 })
    const steps = [
      () => send(new Request(`${url}/1`)),
      undefined,
      () => send(new Request(url, { method: 'POST' })),
    ]
    const afterResponse = [() => steps[server.sent.length - 1]?.()]
    const options = { hooks: { afterResponse }, retry: { limit: 5 } }
    const error = await caught(open(ky, server).post(url, options))
    expect(server.sent.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET', 'POST'])
    expect(idempotencyOf(error)).toMatchObject({ attempts: 2, outcome: 'unknown' })
  })

  it('keeps the key on a request of its own', async () => {
    const server = stub(status(401), ok())
    const force = (first: unknown, __: unknown, given?: Response) => {
      const { status: code } = given ?? (first as { response: Response }).response
      const headers = { authorization: 'new' }
      return code === 401
        ? ky.retry({ delay: 1, request: new Request(url, { method: 'POST', body: 'same', headers }) })
        : undefined
    }
    const api = open(ky, server).extend({ hooks: { afterResponse: [force] } })
    await api.post(url, { body: 'same' })
    expect(new Set(server.keys()).size).toBe(1)
    expect(server.sent[1]?.headers.get('authorization')).toBe('new')
  })
})

describe.each(majors)('%s: a lost body', (major, ky) => {
  it('of a read is the caller’s own', async () => {
    const server = stub(cut, ok())
    const response = await open(ky, server).get(url)
    await expect(response.text()).rejects.toThrow('terminated')
    expect(server.sent).toHaveLength(1)
    expect(idempotencyOf(response)).toBeUndefined()
  })

  it.each([
    ['a message of its own', new Error('The socket connection was closed unexpectedly')],
    ['no stack to go by', new TypeError('Load failed')],
    ['an error of its own', Object.assign(new TypeError('fetch failed'), { name: 'ConnectionError' })],
  ])('is retried when the runtime tells of it with %s', async (__, lost) => {
    const server = stub(lost, ok())
    await open(ky, server).post(url)
    expect(server.sent).toHaveLength(2)
    const error = await caught(open(ky, stub(lost)).post(url))
    const told = major === 'ky 1' ? error : (error as Error).cause
    expect(told).toBeInstanceOf(TypeError)
    expect((told as Error).cause).toBe(lost)
  })
})

describe.each(majors)('%s: a server that is still running', (_, ky) => {
  it('is asked again, which costs no attempt', async () => {
    const clock = hurriedClock()
    const server = stub(...Array.from({ length: 6 }, () => status(409, { 'retry-after': '2' })), ok())
    const response = await open(ky, server, { contract: running, clock }, { retry: { limit: 0 } }).post(url)
    expect(server.sent).toHaveLength(7)
    expect(new Set(server.keys()).size).toBe(1)
    expect(clock.waits).toEqual([2000, 2000, 2000, 2000, 2000, 2000])
    expect(idempotencyOf(response)).toMatchObject({ attempts: 7, outcome: 'applied' })
  })

  it('is waited for longer than ky’s timeout, which is that of one request', async () => {
    const clock = hurriedClock()
    const server = stub(status(409), status(409), status(409), ok())
    const api = open(ky, server, { contract: running, clock, backoff: () => 5000 })
    const response = await api.post(url, { timeout: 20 })
    expect(clock.waits).toEqual([5000, 5000, 5000])
    expect(idempotencyOf(response)).toMatchObject({ attempts: 4, outcome: 'applied' })
  })

  it('may take too long for one of the asks, which is then a lost answer', async () => {
    const server = stub(status(409), hang, ok())
    const api = open(ky, server, { contract: running, clock: hurriedClock() })
    const response = await api.post(url, { timeout: 20 })
    expect(idempotencyOf(response)).toMatchObject({ attempts: 3, outcome: 'applied' })
  })

  it('is asked again where it says so with a status of its choice', async () => {
    const contract = stripe
    const server = stub(status(400, { 'stripe-should-retry': 'true' }), ok())
    await open(ky, server, { contract, clock: hurriedClock() }).post(url)
    expect(server.sent).toHaveLength(2)
    const never = stub(status(503, { 'stripe-should-retry': 'false' }), ok())
    await caught(open(ky, never, { contract }).post(url))
    expect(never.sent).toHaveLength(1)
  })
})

describe.each(majors)('%s: where the key travels', (name, ky) => {
  it('in a body field, with the rest of the request as it was', async () => {
    const server = stub(reset, status(503), ok())
    const api = open(ky, server, { contract: square })
    const response = await api.post(url, {
      json: { amount: 1 },
      headers: { 'x-a': 'b' },
      credentials: 'omit',
    })
    const bodies = server.sent.map(({ body }) => JSON.parse(body))
    const key = bodies[0].idempotency_key
    expect(key).toMatch(/^[\da-f]{32}$/)
    expect(bodies).toEqual(Array.from({ length: 3 }, () => ({ idempotency_key: key, amount: 1 })))
    for (const { headers, request } of server.sent) {
      expect(headers.get('content-type')).toBe('application/json')
      expect(headers.get('x-a')).toBe('b')
      expect(headers.has('idempotency-key')).toBe(false)
      expect(request.credentials).toBe('omit')
    }
    expect(idempotencyOf(response)).toMatchObject({ key, attempts: 3 })
  })

  it('in a body field that the caller has filled', async () => {
    const server = stub(status(503), ok())
    await open(ky, server, { contract: square }).post(url, { json: { idempotency_key: 'mine' } })
    expect(server.sent.map(({ body }) => body)).toEqual([
      '{"idempotency_key":"mine"}',
      '{"idempotency_key":"mine"}',
    ])
  })

  it('in a body that cannot take it, which is refused before anything is sent', async () => {
    const server = stub(ok())
    const error = await caught(open(ky, server, { contract: square }).post(url, { body: 'no json' }))
    expect(error).toMatchObject({ code: 'unsendable' })
    expect(idempotencyOf(error)).toMatchObject({ attempts: 0, outcome: 'not-applied' })
    expect(server.sent).toHaveLength(0)
  })

  it('in the query, with a body of known length', async () => {
    const server = stub(reset, ok())
    const api = open(ky, server, { contract: defineContract({ carrier: queryParameter('rid') }) })
    await api.post(`${url}?a=1`, { json: { n: 1 } })
    const [first, second] = server.sent.map((sent) => sent.url)
    expect(first).toMatch(/\?a=1&rid=[\da-f-]{36}$/)
    expect(second).toBe(first)
    expect(server.sent.map(({ body }) => body)).toEqual(['{"n":1}', '{"n":1}'])
  })

  it('in the query, also without a body', async () => {
    const server = stub(ok())
    await open(ky, server, { contract: defineContract({ carrier: queryParameter('rid') }) }).put(url)
    expect(server.sent[0]?.url).toMatch(/\?rid=/)
  })

  it('in the query where the caller has put it, as it was written', async () => {
    const server = stub(ok())
    const contract = defineContract({ carrier: queryParameter('rid') })
    await open(ky, server, { contract }).post(`${url}?rid=mi%6Ee&b=1`)
    expect(server.sent[0]?.url).toBe(`${url}?rid=mi%6Ee&b=1`)
  })

  it('nowhere in the body, once the server could not reach its store of keys', async () => {
    const server = stub(status(503), ok())
    const contract = square.with({
      classify: ({ status: code }) => (code === 503 ? { verdict: 'refused', keyStoreDown: true } : undefined),
    })
    await open(ky, server, { contract, whenKeyStoreDown: 'send-without-key' }).post(url, { json: { a: 1 } })
    expect(server.sent.map(({ body }) => 'idempotency_key' in JSON.parse(body))).toEqual([true, false])
  })

  it('in the query, given by the caller', async () => {
    const server = stub(ok())
    const contract = defineContract({ carrier: queryParameter('rid') })
    await open(ky, server, { contract }).post(`${url}?rid=mine`)
    expect(server.sent[0]?.url).toBe(`${url}?rid=mine`)
  })

  it.each([
    ['in the body', defineContract({ carrier: bodyField('meta.key') })],
    ['in the query', defineContract({ carrier: queryParameter('rid') })],
  ])('%s, known to the TimeoutError at the end', async (__, contract) => {
    const error = await caught(open(ky, stub(hang), { contract }).post(url, { json: {}, timeout: 10 }))
    expect(error).toMatchObject({ name: 'TimeoutError' })
    expect(idempotencyOf(error)).toMatchObject({ attempts: 3, outcome: 'unknown' })
  })

  it.each([
    ['in the body', bodyField('meta.key')],
    ['in the query', queryParameter('rid')],
  ])('%s, or the write is not resent, where a fetch is given after ours', async (__, carrier) => {
    const server = stub(reset, ok())
    const api = ky.create(hurried).extend(idempotency({ contract: defineContract({ carrier }) }))
    const end = await api.post(url, { json: {}, fetch: server.fetch }).catch((error: unknown) => error)
    const isKeyed = server.sent.every(({ url: at, body }) => `${at}${body}`.match(/rid=|"key":/))
    // In ky 1 that fetch takes the place of our loop.
    expect([server.sent.length, isKeyed]).toEqual(name === 'ky 1' ? [1, false] : [2, true])
    expect(idempotencyOf(end)).toMatchObject({ outcome: name === 'ky 1' ? 'unknown' : 'applied' })
  })

  it('with companions, the same on every attempt', async () => {
    const clock = hurriedClock()
    const server = stub(status(503), ok())
    await open(ky, server, { contract: oasis, clock }).post(url)
    const seen = server.sent.map(({ headers }) => headers.get('repeatability-first-sent'))
    expect(seen[0]).toBe(new Date(clock.now()).toUTCString())
    expect(seen[1]).toBe(seen[0])
  })

  it('nowhere, once the server could not reach its store of keys and the caller wants that', async () => {
    const server = stub(status(503, {}, { down: true }), ok())
    const contract = oasis.with({
      classify: ({ status: code }) => (code === 503 ? { verdict: 'refused', keyStoreDown: true } : undefined),
    })
    await open(ky, server, { contract, whenKeyStoreDown: 'send-without-key' }).post(url)
    expect(server.sent.map(({ headers }) => headers.has('repeatability-request-id'))).toEqual([true, false])
    expect(server.sent.map(({ headers }) => headers.has('repeatability-first-sent'))).toEqual([true, false])
  })
})

describe.each(majors)('%s: the end of an operation', (major, ky) => {
  it('is AlreadyDoneError without resolve, which is not retried', async () => {
    const server = stub(reset, status(409, {}, { id: 'o-1' }))
    const error = await caught(open(ky, server, { contract: duplicateConflict }).post(url))
    expect(isAlreadyDoneError(error)).toBe(true)
    expect(error).toMatchObject({ outcome: 'applied', original: { id: 'o-1' }, attempts: 2 })
    expect(server.sent).toHaveLength(2)
    await expect((error as { retry(): Promise<Response> }).retry()).rejects.toBe(error)
  })

  it('is AlreadyDoneError with what resolve throws as its cause, which is not retried', async () => {
    const oops = new Error('look-up failed')
    const server = stub(reset, status(409))
    const resolve = () => Promise.reject(oops)
    const error = await caught(open(ky, server, { contract: duplicateConflict, resolve }).post(url))
    expect(error).toMatchObject({ code: 'already_done', outcome: 'applied', cause: oops })
    expect(server.sent).toHaveLength(2)
  })

  it('is the answer with outcome unknown where the server blocks repetitions of failures, too', async () => {
    const server = stub(reset, status(409))
    const error = await caught(open(ky, server, { contract: mangopay }).post(url))
    expect(idempotencyOf(error)).toMatchObject({ outcome: 'unknown' })
  })

  it('is KeyReusedError, which is not retried', async () => {
    const server = stub(status(422))
    const api = open(ky, server, { contract: ietf })
    const error = await caught(api.post(url, { context: { idempotencyKey: 'used' } }))
    expect(isKeyReusedError(error)).toBe(true)
    expect(error).toMatchObject({ key: 'used', response: { status: 422 } })
    expect(server.sent).toHaveLength(1)
    await expect((error as { retry(): Promise<Response> }).retry()).rejects.toBe(error)
  })

  it('is KeyExpiredError when the server says so', async () => {
    const server = stub(status(412, { 'repeatability-result': 'rejected' }))
    const error = await caught(open(ky, server, { contract: oasis }).post(url))
    expect(isKeyExpiredError(error)).toBe(true)
    expect(idempotencyOf(error)).toMatchObject({ outcome: 'unknown' })
  })

  it.each([
    ['lost', reset],
    ['a 503', status(503)],
  ])('is what reconcile finds out when the last answer is %s', async (__, answer) => {
    const found = ok({ found: true }, { status: 200 })
    const reconcile = vi.fn(() => found)
    const response = await open(ky, stub(answer), { reconcile }).post(url)
    expect(await response.json()).toEqual({ found: true })
    expect(idempotencyOf(response)).toMatchObject({ attempts: 3, outcome: 'applied' })
    expect(reconcile).toHaveBeenCalledOnce()
  })

  it.each([
    ['not in ky’s default list', {}, 3],
    ['not in a list of the user’s own', { statusCodes: [503] }, 1],
  ])('is what reconcile finds out when the status is %s', async (__, retry, attempts) => {
    const reconcile = vi.fn(() => 'not-applied' as const)
    const error = await caught(open(ky, stub(status(520)), { reconcile }).post(url, { retry }))
    expect(reconcile).toHaveBeenCalledOnce()
    expect(idempotencyOf(error)).toMatchObject({ attempts, outcome: 'not-applied' })
  })

  it('is ky’s own error with the word of reconcile, when that is no response', async () => {
    const error = await caught(open(ky, stub(reset), { reconcile: () => 'not-applied' }).post(url))
    expect(error).toMatchObject({ name: major === 'ky 1' ? 'TypeError' : 'NetworkError' })
    expect(idempotencyOf(error)).toMatchObject({ outcome: 'not-applied' })
    const done = await caught(open(ky, stub(reset), { reconcile: () => 'applied' }).post(url))
    expect(isAlreadyDoneError(done)).toBe(true)
  })

  it('is DeadlineError when the deadline has passed while ky waited', async () => {
    const clock = hurriedClock()
    const server = stub(refused)
    const late = () => void clock.pass(60_000)
    const api = open(ky, server, { clock, deadlineMs: 30_000, backoff: () => 0 })
    const error = await caught(api.extend({ hooks: { beforeRetry: [late] } }).post(url))
    expect(server.sent).toHaveLength(1)
    expect(error).toMatchObject({ code: 'deadline_exceeded', outcome: 'not-applied', attempts: 1 })
  })
})

describe.each(majors)('%s: a wait that ky would make beyond the deadline', (_, ky) => {
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000)
  it.each<[string, () => Record<string, string>]>([
    ['RateLimit-Reset', () => ({ 'ratelimit-reset': '30' })],
    ['X-RateLimit-Reset', () => ({ 'x-ratelimit-reset': String(Math.ceil(inSeconds(30).getTime() / 1000)) })],
    [
      'a date of a server whose clock is slow',
      () => ({ date: inSeconds(-29).toUTCString(), 'retry-after': inSeconds(1).toUTCString() }),
    ],
  ])('is not made: %s', async (__, headers) => {
    for (const code of [429, 503]) {
      const server = stub(status(code, headers()), ok())
      const found: unknown[] = []
      const reconcile = (told: unknown) => void found.push(told)
      const error = await caught(open(ky, server, { deadlineMs: 5000, reconcile }).post(url))
      expect(error).toMatchObject({ name: 'HTTPError', response: { status: code } })
      const outcome = code === 429 ? 'not-applied' : 'unknown'
      expect(idempotencyOf(error)).toMatchObject({ attempts: 1, outcome })
      expect(found).toHaveLength(code === 429 ? 0 : 1)
    }
  })

  it.each([
    [503, { 'ratelimit-reset': 'soon' }],
    [503, { 'ratelimit-reset': '0' }],
    [500, { 'ratelimit-reset': '30' }],
  ])('is no matter where the server asks for none: %i %j', async (code, headers) => {
    const server = stub(status(code, headers), ok())
    await open(ky, server, { deadlineMs: 5000 }).post(url)
    expect(server.sent).toHaveLength(2)
  })

  it('is made where it fits by the server’s own clock', async () => {
    const clock = hurriedClock()
    const headers = { date: inSeconds(29).toUTCString(), 'retry-after': inSeconds(31).toUTCString() }
    const server = stub(status(503, headers), ok())
    await open(ky, server, { deadlineMs: 5000, clock }).post(url)
    expect(clock.waits).toEqual([2000])
  })
})

describe.each(majors)('%s: reconcile where ky’s own options keep it from a retry', (_, ky) => {
  it.each([
    ['methods', reset, { methods: ['get'] }],
    ['methods', () => status(503), { methods: ['get'] }],
    ['statusCodes', () => status(500), { statusCodes: [503] }],
  ])('is asked: %s', async (__, lost, retry) => {
    const server = stub(lost)
    const api = open(ky, server, { reconcile: () => new Response('found') })
    expect(await (await api.delete(url, { retry })).text()).toBe('found')
    expect(server.sent).toHaveLength(1)
  })
})

describe.each(majors)('%s: the same key twice', (_, ky) => {
  const gate = () => {
    let release: () => void = () => undefined
    const opened = new Promise<void>((resolve) => (release = resolve))
    return { release, opened }
  }
  const context = { idempotencyKey: 'job-7' }

  it('at the same time with another payload is refused at once, without a retry', async () => {
    const { release, opened } = gate()
    const server = stub(() => opened.then(() => ok()))
    const retries: unknown[] = []
    const hooks = { beforeRetry: [(state: unknown) => void retries.push(state)] }
    const api = open(ky, server).extend({ hooks })
    const first = api.post(url, { json: 1, context })
    await new Promise((resolve) => setTimeout(resolve, 10))
    await caught(api.post(url, { json: 2, context }))
    expect(retries).toEqual([])
    release()
    await first
  })

  it('is not taken for the attempt of its own that has timed out and whose fetch lives on', async () => {
    const server = stub(() => new Promise(() => undefined), ok())
    const response = await open(ky, server).post(url, { json: 1, context, timeout: 20 })
    expect(server.sent).toHaveLength(2)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'applied' })
  })

  it.each([
    ['a lost answer', reset, {}],
    ['a 503', () => status(503), {}],
    ['a timeout', hang, { timeout: 5 }],
  ])('with another payload, while ky waits after %s, is refused before it is sent', async (__, lost, own) => {
    const { release, opened } = gate()
    const server = stub(lost, ok())
    const api = open(ky, server)
    const hold = { hooks: { beforeRetry: [() => opened] } }
    const first = api.post(url, { json: 1, context, ...own, ...hold })
    await vi.waitFor(() => expect(server.sent).toHaveLength(1))
    await new Promise((resolve) => setTimeout(resolve, 30))
    const error = await caught(api.post(url, { json: 2, context }))
    expect(isKeyReusedError(error)).toBe(true)
    expect(error).toMatchObject({ attempts: 0, outcome: 'not-applied' })
    expect(server.sent).toHaveLength(1)
    // The same payload is the same operation.
    const joined = api.post(url, { json: 1, context })
    release()
    expect([(await first).status, (await joined).status]).toEqual([201, 201])
    expect(isKeyReusedError(await caught(api.post(url, { json: 2, context })))).toBe(true)
    expect(server.sent.map(({ body }) => body)).toEqual(['1', '1'])
  })

  it.each<[string, Parameters<typeof stub>, (abort: () => void) => object]>([
    ['an answer', [ok()], () => ({})],
    ['the limit', [reset], () => ({ retry: { limit: 1, delay: () => 1 } })],
    ['the limit of timeouts', [hang], () => ({ timeout: 5, retry: { limit: 1, delay: () => 1 } })],
    ['shouldRetry', [reset], () => ({ retry: { shouldRetry: () => false } })],
    ['a status that is not retried', [status(500)], () => ({ retry: { statusCodes: [503] } })],
    ['an abort in flight', [hang], (abort) => (setTimeout(abort, 5), {})],
    ['an abort in flight, without retries', [hang], (abort) => (setTimeout(abort, 5), { retry: 0 })],
    ['an abort in ky’s wait', [reset], (abort) => ({ retry: { delay: () => (setTimeout(abort, 5), 9000) } })],
    [
      'an error of a hook',
      [status(503)],
      () => ({
        retry: { limit: 1, delay: () => 1 },
        hooks: { afterResponse: [() => Promise.reject(new Error('mine'))] },
      }),
    ],
    [
      'an error of a hook before a retry',
      [reset],
      () => ({ hooks: { beforeRetry: [() => Promise.reject(new Error('mine'))] } }),
    ],
  ])(
    'after the end of the first by %s, is refused with another payload alone',
    async (__, script, options) => {
      const server = stub(...script)
      const api = open(ky, server)
      const controller = new AbortController()
      const { signal } = controller
      await api
        .post(url, { json: 1, context, signal, ...options(() => controller.abort()) })
        .catch(() => undefined)
      server.sent.length = 0
      const error = await caught(api.post(url, { json: 2, context, retry: 0, timeout: 5 }))
      expect(isKeyReusedError(error)).toBe(true)
      // It may be the same write, with a time in its body.
      expect(error).toMatchObject({ attempts: 0, outcome: 'unknown' })
      expect(server.sent).toEqual([])
      await api.post(url, { json: 1, context, retry: 0, timeout: 5 }).catch(() => undefined)
      expect(server.sent.map(({ body }) => body)).toEqual(['1'])
    },
  )

  it('after a definite no is free for another payload', async () => {
    const server = stub(status(400), ok())
    const api = open(ky, server)
    await caught(api.post(url, { json: 1, context }))
    expect((await api.post(url, { json: 2, context })).status).toBe(201)
  })

  it('at the same time is one stream with two readers, of whom one may leave', async () => {
    let stream: ReadableStreamDefaultController<Uint8Array>
    let isCancelled = false
    const body = new ReadableStream<Uint8Array>({
      start: (given) => void (stream = given),
      cancel: () => void (isCancelled = true),
    })
    const server = stub(() => new Response(body, { headers: { 'content-type': 'text/event-stream' } }))
    const api = open(ky, server)
    const controllers = [new AbortController(), new AbortController()]
    const [one, two] = await Promise.all(
      controllers.map(({ signal }) => api.post(url, { json: 1, context, signal })),
    )
    const [first, second] = [one!.body!.getReader(), two!.body!.getReader()]
    const tell = () => stream.enqueue(new TextEncoder().encode('data: 1\n\n'))
    tell()
    await Promise.all([first.read(), second.read()])
    const reason = new Error('mine')
    controllers[0]!.abort(reason)
    await expect(first.read()).rejects.toBe(reason)
    tell()
    expect((await second.read()).done).toBe(false)
    expect(isCancelled).toBe(false)
    const other = new Error('also mine')
    controllers[1]!.abort(other)
    await expect(second.read()).rejects.toBe(other)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(isCancelled).toBe(true)
    expect(server.sent).toHaveLength(1)
  })

  it('keeps the calls of one key apart when hooks replace their requests', async () => {
    const server = stub(reset, reset, ok())
    const replace = (first: unknown) =>
      new Request(first instanceof Request ? first : (first as { request: Request }).request)
    const api = open(ky, server).extend({ hooks: { beforeRequest: [replace] } })
    const [one, two] = await Promise.all([
      api.post(url, { json: 1, context }),
      api.put(url, { json: 1, context }),
    ])
    expect([idempotencyOf(one), idempotencyOf(two)]).toMatchObject([{ attempts: 2 }, { attempts: 2 }])
  })
})
