import { createIdempotentFetch } from 'fetch-idempotency'
import { defineContract, header, paypal, square } from 'fetch-idempotency/contracts'
import { gateRetries, idempotency, idempotencyOf, reuseKey, stampKey } from 'fetch-idempotency/ky'
import { describe, expect, it, vi } from 'vitest'
import {
  caught,
  cut,
  hang,
  majors,
  ok,
  refused,
  refusedSomewhere,
  reset,
  status,
  stub,
  url,
  uuidv7,
  type Ky,
  type Stub,
} from './harness.js'

const delay = () => 1
const retried = { methods: ['get', 'post', 'put', 'patch', 'delete'], delay }

interface Parts {
  readonly stamp?: Parameters<typeof stampKey>[0]
  readonly gate?: Parameters<typeof gateRetries>[0]
  readonly retry?: object
}

const requestOf = (first: unknown) =>
  first instanceof Request ? first : (first as { request: Request }).request
const drop = (first: unknown) => requestOf(first).headers.delete('idempotency-key') as undefined
const replace = (first: unknown) => new Request(requestOf(first).url, { method: 'POST', body: 'other' })

/** The three together, as in the README. */
const together = (ky: Ky, { fetch }: Stub, { stamp, gate, retry }: Parts = {}) =>
  ky.create({
    fetch,
    hooks: { beforeRequest: [stampKey(stamp)], beforeRetry: [reuseKey()] },
    retry: { ...gateRetries(gate), delay, ...retry },
  })

describe.each(majors)('stampKey() alone, under %s', (_, ky) => {
  const open = (server: Stub, options?: Parameters<typeof stampKey>[0]) =>
    ky.create({ fetch: server.fetch, retry: retried, hooks: { beforeRequest: [stampKey(options)] } })

  it('stamps one key on every attempt of a write', async () => {
    const server = stub(status(503), reset, ok())
    await open(server).post(url)
    expect(server.keys()[0]).toMatch(uuidv7)
    expect(new Set(server.keys()).size).toBe(1)
  })

  it('stamps none on a read', async () => {
    const server = stub(ok())
    await open(server).get(url)
    expect(server.keys()).toEqual([null])
  })

  it('takes the key of the context or the header', async () => {
    const server = stub(ok())
    await open(server).post(url, { context: { idempotencyKey: 'a' } })
    await open(server).post(url, { headers: { 'IDEMPOTENCY-KEY': 'b' } })
    expect(server.keys()).toEqual(['a', 'b'])
  })

  it('leaves retries to ky', async () => {
    const server = stub(status(503))
    const api = ky.create({ fetch: server.fetch, hooks: { beforeRequest: [stampKey()] } })
    await caught(api.post(url))
    expect(server.sent).toHaveLength(1)
  })

  it.each([
    ['an unknown option', { nope: 1 }],
    ['a contract that is none', { contract: 'stripe' }],
    ['writes of another kind', { writes: 'sometimes' }],
    ['events, which are those of idempotency()', { onEvent: () => undefined }],
    ['a contract with the key in the body', { contract: square }],
  ])('refuses %s when it is made', (__, options) => {
    expect(() => stampKey(options as never)).toThrow(TypeError)
  })
})

describe.each(majors)('reuseKey() alone, under %s', (_, ky) => {
  it('makes no key', async () => {
    const server = stub(status(503), ok())
    await ky.create({ fetch: server.fetch, retry: retried, hooks: { beforeRetry: [reuseKey()] } }).post(url)
    expect(server.keys()).toEqual([null, null])
  })

  it('puts the key back that an earlier hook has dropped', async () => {
    const server = stub(status(503), ok())
    const drop = ({ request }: { request: Request }) => request.headers.delete('idempotency-key')
    const hooks = { beforeRequest: [stampKey()], beforeRetry: [drop as never, reuseKey()] }
    await ky.create({ fetch: server.fetch, retry: retried, hooks }).post(url)
    expect(server.keys()[1]).toBe(server.keys()[0])
  })

  it('puts it where the contract of stampKey wants it', async () => {
    const contract = defineContract({ carrier: header('X-Request-Id') })
    const server = stub(status(503), ok())
    const drop = ({ request }: { request: Request }) => request.headers.delete('x-request-id')
    const hooks = { beforeRequest: [stampKey({ contract })], beforeRetry: [drop as never, reuseKey()] }
    await ky.create({ fetch: server.fetch, retry: retried, hooks }).post(url)
    const [first, second] = server.sent.map(({ headers }) => headers.get('x-request-id'))
    expect(first).toMatch(uuidv7)
    expect(second).toBe(first)
    expect(server.keys()).toEqual([null, null])
  })
})

describe.each(majors)('gateRetries() alone, under %s', (_, ky) => {
  it('changes nothing of ky’s own rules', async () => {
    for (const [method, requests] of [
      ['post', 1],
      ['put', 2],
      ['get', 2],
    ] as const) {
      const server = stub(status(503), ok())
      const api = ky.create({ fetch: server.fetch, retry: { ...gateRetries(), delay } })
      await api[method](url, { headers: { 'idempotency-key': 'k' } }).catch(() => undefined)
      expect(server.sent).toHaveLength(requests)
    }
  })
})

describe.each(majors)('the parts at the limit, under %s', (_, ky) => {
  const limited = (server: Stub, limit: number, more = {}) =>
    together(ky, server, { retry: { limit, retryOnTimeout: true, ...more } })

  it.each([
    ['503', status(503), 'unknown'],
    ['429', status(429), 'not-applied'],
    ['a lost answer', reset, 'unknown'],
    ['a refused connection', refused, 'not-applied'],
    ['a timeout', hang, 'unknown'],
  ] as const)('tell the facts of the last error: %s', async (__, answer, outcome) => {
    for (const limit of [1, 2]) {
      const server = stub(answer)
      const error = await caught(limited(server, limit).extend({ timeout: 20 }).post(url))
      expect(server.sent).toHaveLength(limit + 1)
      expect(idempotencyOf(error)).toEqual({
        key: server.keys()[0],
        attempts: limit + 1,
        replayed: false,
        outcome,
      })
    }
  })

  it('ask a shouldRetry of the user as often as ky does', async () => {
    const asked: number[] = []
    const shouldRetry = ({ retryCount }: { retryCount: number }) => void asked.push(retryCount)
    const server = stub(status(503))
    await caught(limited(server, 2, { shouldRetry }).post(url))
    expect([asked, server.sent.length]).toEqual([[1, 2], 3])
  })

  it('let ky.retry() send no more than the limit', async () => {
    const { retry } = ky as unknown as { retry: () => Response }
    const server = stub(ok())
    const api = limited(server, 2).extend({ hooks: { afterResponse: [() => retry()] } })
    const error = await caught(api.post(url))
    expect([(error as Error).name, server.sent.length]).toEqual(['ForceRetryError', 3])
  })
})

describe.each(majors)('gateRetries() with stampKey() alone, under %s', (major, ky) => {
  /** No write has a key but those that are given one. */
  const open = (server: Stub, options?: Parameters<typeof gateRetries>[0]) =>
    ky.create({
      fetch: server.fetch,
      hooks: { beforeRequest: [stampKey({ methods: [] })] },
      retry: { ...gateRetries(options), delay },
    })
  const keyed = { headers: { 'idempotency-key': 'k' } }
  /** Requests that a write costs when the first answer is this one. */
  const cost = async (server: Stub, sending: Promise<unknown>) => {
    await sending.catch(() => undefined)
    return server.sent.length
  }

  it.each([
    [status(503), 1, 2],
    [status(500), 1, 2],
    [status(429), 2, 2],
    [status(425), 2, 2],
    [status(408), 2, 2],
    [status(404), 1, 1],
  ] as const)('lets a write pass where that is safe (%#)', async (answer, bare, withKey) => {
    const one = stub(answer, ok())
    expect(await cost(one, open(one).post(url))).toBe(bare)
    const two = stub(answer, ok())
    expect(await cost(two, open(two).post(url, keyed))).toBe(withKey)
  })

  it('lets a write pass that was not sent, and no other whose answer was lost', async () => {
    const one = stub(refused, ok())
    expect(await cost(one, open(one).post(url))).toBe(2)
    const two = stub(reset, ok())
    expect(await cost(two, open(two).post(url))).toBe(1)
    const three = stub(reset, ok())
    expect(await cost(three, open(three).post(url, keyed))).toBe(2)
  })

  it('lets no write pass that may have been applied before a redirect', async () => {
    const moved = status(429)
    Object.defineProperty(moved, 'redirected', { value: true })
    Object.defineProperty(moved, 'clone', { value: () => moved })
    const one = stub(moved, ok())
    expect(await cost(one, open(one).post(url))).toBe(1)
    const two = stub(refusedSomewhere, ok())
    expect(await cost(two, open(two).post(url))).toBe(1)
    const three = stub(refusedSomewhere, ok())
    // ky 1 does not tell with its error that redirects are not followed.
    expect(await cost(three, open(three).post(url, { redirect: 'manual' }))).toBe(major === 'ky 1' ? 1 : 2)
  })

  it('lets a timed-out write pass only with a key', async () => {
    const options = { timeout: 10, retry: { retryOnTimeout: true } }
    const one = stub(hang, ok())
    expect(await cost(one, open(one).post(url, options))).toBe(1)
    const two = stub(hang, ok())
    expect(await cost(two, open(two).post(url, { ...options, ...keyed }))).toBe(2)
  })

  it('lets reads and deletes pass', async () => {
    for (const method of ['get', 'head', 'delete'] as const) {
      const server = stub(status(503), status(200))
      expect(await cost(server, open(server)[method](url))).toBe(2)
    }
  })

  it('with writes: never lets pass what was refused or not sent, key or not', async () => {
    for (const [answer, requests] of [
      [status(503), 1],
      [reset, 1],
      [status(429), 2],
      [refused, 2],
    ] as const) {
      for (const options of [{}, keyed]) {
        const server = stub(answer, ok())
        expect(await cost(server, open(server, { writes: 'never' }).post(url, options))).toBe(requests)
      }
    }
  })

  it('with writes: always lets pass everything that ky would retry', async () => {
    for (const answer of [status(503), reset, refused]) {
      const server = stub(answer, ok())
      expect(await cost(server, open(server, { writes: 'always' }).post(url))).toBe(2)
    }
  })

  it('obeys limit as ky does', async () => {
    for (const limit of [0, 1]) {
      const server = stub(status(503))
      expect(await cost(server, open(server).post(url, { ...keyed, retry: { limit } }))).toBe(limit + 1)
    }
  })

  it('leaves its word to a shouldRetry of the user’s own, but for what is not safe', async () => {
    const said = (answer: boolean) => ({ retry: { shouldRetry: () => answer, delay } })
    const no = stub(status(429), ok())
    expect(await cost(no, open(no).post(url, said(false)))).toBe(1)
    const yes = stub(status(429), ok())
    expect(await cost(yes, open(yes).post(url, said(true)))).toBe(2)
    const unsafe = stub(status(503), ok())
    expect(await cost(unsafe, open(unsafe).post(url, said(true)))).toBe(1)
  })

  it.each([[{ writes: 'maybe' }], [{ nope: 1 }], [null], ['never']])('refuses the options %j', (options) => {
    expect(() => gateRetries(options as never)).toThrow(TypeError)
  })

  it('holds no option of ky’s own', () => {
    expect(Object.keys(gateRetries())).toEqual(['idempotencyGate'])
  })
})

describe.each(majors)('the three together, under %s', (major, ky) => {
  it('keep one key over every retry', async () => {
    for (const first of [status(503), reset, refused, status(429)]) {
      const server = stub(first, status(500), ok())
      await together(ky, server).post(url, { json: { n: 1 } })
      expect(server.sent).toHaveLength(3)
      expect(server.keys()[0]).toMatch(uuidv7)
      expect(new Set(server.keys()).size).toBe(1)
      expect(new Set(server.sent.map(({ body }) => body))).toEqual(new Set(['{"n":1}']))
    }
  })

  it('resend a timed-out write where ky is told to', async () => {
    const server = stub(hang, ok())
    await together(ky, server, { retry: { retryOnTimeout: true } }).post(url, { timeout: 10 })
    expect(new Set(server.keys()).size).toBe(1)
  })

  it('do not resend a write without a key', async () => {
    for (const answer of [reset, status(503)]) {
      const server = stub(answer, ok())
      const error = await caught(together(ky, server, { stamp: { methods: [] } }).post(url))
      expect(server.sent).toHaveLength(1)
      expect(idempotencyOf(error)).toMatchObject({ key: undefined, attempts: 1, outcome: 'unknown' })
    }
  })

  it.each([
    ['stampKey', 'never', 1],
    ['gateRetries', 'never', 1],
    ['stampKey', 'always', 2],
    ['gateRetries', 'always', 2],
  ] as const)('go as far as %s says with writes: %s', async (where, writes, requests) => {
    const parts = where === 'stampKey' ? { stamp: { writes } } : { gate: { writes } }
    const server = stub(reset, ok())
    await together(ky, server, parts)
      .post(url)
      .catch(() => undefined)
    expect(server.sent).toHaveLength(requests)
    const { stamp, ...rest } = parts as Parts
    const keyless = stub(status(503), ok())
    await together(ky, keyless, { ...rest, stamp: { ...stamp, methods: [] } })
      .post(url)
      .catch(() => undefined)
    expect(keyless.sent).toHaveLength(requests)
  })

  it('promise nothing where the runtime may have resent by itself', async () => {
    vi.stubGlobal('Deno', {})
    try {
      const keyless = { match: () => false }
      const unsent = stub(refused)
      const lost = await caught(together(ky, unsent, { stamp: keyless }).post(url))
      expect(unsent.sent).toHaveLength(1)
      expect(idempotencyOf(lost)).toMatchObject({ attempts: 1, outcome: 'unknown', isLowerBound: true })
      const no = await caught(together(ky, stub(status(403))).post(url))
      expect(idempotencyOf(no)).toMatchObject({ attempts: 1, outcome: 'unknown', isLowerBound: true })
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it('resend nothing after a definite no', async () => {
    for (const code of [400, 404, 409, 422, 501]) {
      const server = stub(status(code))
      const error = await caught(together(ky, server).post(url))
      expect(server.sent).toHaveLength(1)
      expect(idempotencyOf(error)).toMatchObject({ attempts: 1, outcome: 'not-applied' })
    }
  })

  it('wait as long as ky does when a server asks for it', async () => {
    const server = stub(status(429, { 'retry-after': '61' }), ok())
    await together(ky, server, { retry: { maxRetryAfter: 5 } }).post(url)
    expect(server.sent).toHaveLength(2)
  })

  it('tell of errors what is true, also after two lost answers', async () => {
    const server = stub(reset, status(503), status(400))
    const error = await caught(together(ky, server, { retry: { limit: 5 } }).post(url))
    expect(idempotencyOf(error)).toMatchObject({ key: server.keys()[0], attempts: 3, outcome: 'unknown' })
  })

  it('leave a body that is cut to the caller', async () => {
    const response = await together(ky, stub(cut)).post(url)
    await expect(response.text()).rejects.toThrow('terminated')
  })

  it('refuse a bad key before anything is sent, without a retry', async () => {
    const server = stub(ok())
    const error = await caught(together(ky, server).post(url, { context: { idempotencyKey: ' ' } }))
    expect(error).toMatchObject({ code: 'key_invalid' })
    expect(server.sent).toHaveLength(0)
  })

  it('stamp the header of the contract only', async () => {
    const server = stub(status(503), ok())
    await together(ky, server, { stamp: { contract: paypal } }).post(url)
    expect(server.keys()).toEqual([null, null])
    const name = paypal.carrier.in === 'header' ? paypal.carrier.name : ''
    const [first, second] = server.sent.map(({ headers }) => headers.get(name))
    expect(first).not.toBeNull()
    expect(second).toBe(first)
  })

  it('judge each failure anew, also without reuseKey', async () => {
    const server = stub(status(429), status(503), ok())
    const api = ky.create({
      fetch: server.fetch,
      hooks: { beforeRequest: [stampKey({ methods: [] })] },
      retry: { ...gateRetries(), delay },
    })
    const error = await caught(api.post(url))
    expect(server.sent).toHaveLength(2)
    expect(idempotencyOf(error)).toMatchObject({ attempts: 2, outcome: 'unknown' })
  })

  it('do not resend a write whose key a later hook has dropped', async () => {
    for (const hook of [drop, replace]) {
      for (const answer of [status(503), hang]) {
        const server = stub(answer, ok())
        const api = together(ky, server, { retry: { retryOnTimeout: true } }).extend({
          timeout: 20,
          hooks: { beforeRequest: [hook] },
        })
        await caught(api.post(url))
        expect(server.keys()).toEqual([null])
      }
    }
  })

  it('retry nothing around a fetch that retries already', async () => {
    for (const answer of [status(503), reset]) {
      const server = stub(answer)
      const fetch = createIdempotentFetch({
        fetch: server.fetch,
        retry: { backoff: () => 1, maxAttempts: 2 },
      })
      await caught(together(ky, { ...server, fetch }).post(url))
      // ky 2 does not show its hooks the fetch, so that there it is found out when it has answered.
      expect(server.sent).toHaveLength(major === 'ky 1' ? 0 : 2)
    }
  })

  it('may stand beside the whole set', async () => {
    const server = stub(reset, ok())
    const response = await together(ky, server).extend(idempotency()).post(url)
    expect(new Set(server.keys()).size).toBe(1)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'applied' })
    const reads = stub(status(503), ok())
    await together(ky, reads).extend(idempotency()).get(url)
    expect(reads.sent).toHaveLength(2)
  })

  it('take the user’s own lists in place of ours', async () => {
    const own = { retry: { statusCodes: [503], methods: ['post'] } }
    const server = stub(status(500))
    await caught(together(ky, server).extend(own).post(url))
    expect(server.sent).toHaveLength(1)
    const again = stub(status(503), ok())
    await together(ky, again).extend(own).post(url)
    expect(again.sent).toHaveLength(2)
    const reads = stub(status(503))
    await caught(together(ky, reads).get(url, own))
    expect(reads.sent).toHaveLength(1)
  })

  it('keep the key where a hook gives a request of its own that takes over the headers, in this order', async () => {
    const renew = (first: unknown) => new Request(requestOf(first), { headers: requestOf(first).headers })
    const server = stub(status(503), reset, ok())
    const api = ky.create({
      fetch: server.fetch,
      hooks: { beforeRequest: [stampKey(), renew], beforeRetry: [reuseKey(), renew] },
      retry: { ...gateRetries(), delay },
    })
    await api.post(url, { json: {}, context: { idempotencyKey: 'job-1' } })
    expect(server.keys()).toEqual(['job-1', 'job-1', 'job-1'])
  })
})
