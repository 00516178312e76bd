import { idempotency, idempotencyOf } from 'fetch-idempotency/ky'
import { ietf } from 'fetch-idempotency/contracts'
import { describe, expect, it } from 'vitest'
import { caught, hurried, majors, ok, open, reset, status, stub, url, uuidv7, type Ky } from './harness.js'

describe.each(majors)('the key under %s', (_, ky) => {
  it.each(['post', 'put', 'patch'] as const)(
    'goes out with a %s, once made and the same on every try',
    async (method) => {
      const server = stub(status(503), reset, ok())
      const response = await open(ky, server)[method](url, { json: { n: 1 } })
      expect(server.keys()).toEqual([server.keys()[0], server.keys()[0], server.keys()[0]])
      expect(server.keys()[0]).toMatch(uuidv7)
      expect(server.sent.map(({ body }) => body)).toEqual(['{"n":1}', '{"n":1}', '{"n":1}'])
      expect(idempotencyOf(response)).toEqual({
        key: server.keys()[0],
        attempts: 3,
        replayed: false,
        outcome: 'applied',
      })
    },
  )

  it.each(['get', 'head', 'delete'] as const)(
    'does not go out with a %s, which is retried all the same',
    async (method) => {
      const server = stub(status(503), reset, status(200))
      await open(ky, server)[method](url)
      expect(server.keys()).toEqual([null, null, null])
    },
  )

  it('is another one for each call', async () => {
    const server = stub(ok())
    const api = open(ky, server)
    await Promise.all([api.post(url), api.post(url), api.put(url)])
    expect(new Set(server.keys()).size).toBe(3)
  })

  it('is the one of context.idempotencyKey', async () => {
    const server = stub(status(503), ok())
    await open(ky, server).post(url, { context: { idempotencyKey: 'job-1' } })
    expect(server.keys()).toEqual(['job-1', 'job-1'])
  })

  it.each(['Idempotency-Key', 'idempotency-key', 'IDEMPOTENCY-KEY'])(
    'is the one of a %s header',
    async (name) => {
      const server = stub(status(503), ok())
      await open(ky, server).post(url, { headers: { [name]: 'job-2' } })
      expect(server.keys()).toEqual(['job-2', 'job-2'])
    },
  )

  it('is the one of the context when the header has another', async () => {
    const server = stub(ok())
    await open(ky, server).post(url, {
      headers: { 'idempotency-key': 'b' },
      context: { idempotencyKey: 'a' },
    })
    expect(server.keys()).toEqual(['a'])
  })

  it('is the one that an input Request carries', async () => {
    const server = stub(status(503), ok())
    const request = new Request(url, { method: 'POST', body: 'x', headers: { 'idempotency-key': 'mine' } })
    await open(ky, server)(request)
    expect(server.keys()).toEqual(['mine', 'mine'])
  })

  it.each([[''], ['a\u00e9'], [' edge'], ['x'.repeat(256)], ['a\r\nb'], [7], [null], [{}]])(
    'is refused before anything is sent when it is %j',
    async (idempotencyKey) => {
      const server = stub(ok())
      const error = await caught(open(ky, server).post(url, { context: { idempotencyKey } }))
      expect(error).toMatchObject({ code: 'key_invalid' })
      expect(server.sent).toHaveLength(0)
    },
  )

  it('travels as the contract says', async () => {
    const server = stub(status(503), ok())
    await open(ky, server, { contract: ietf }).post(url, { context: { idempotencyKey: 'a"b' } })
    expect(server.keys()).toEqual(['"a\\"b"', '"a\\"b"'])
  })

  it('is made by generateKey, once for each call', async () => {
    let made = 0
    const server = stub(status(503), status(503), ok())
    await open(ky, server, { generateKey: () => `made-${++made}` }).post(url)
    expect(server.keys()).toEqual(['made-1', 'made-1', 'made-1'])
  })

  it('is left out where match says so, and the write is then not resent after a lost answer', async () => {
    const server = stub(reset, ok())
    const api = open(ky, server, { match: ({ url: at }) => !at.endsWith('/search') })
    const error = await caught(api.post(`${url}/search`))
    expect(server.keys()).toEqual([null])
    expect(idempotencyOf(error)).toMatchObject({ key: undefined, attempts: 1, outcome: 'unknown' })
  })

  it('is not made anew when the same context object is used for two calls', async () => {
    const server = stub(ok())
    const context = { user: 1 }
    const api = open(ky, server)
    await api.post(url, { context })
    await api.post(url, { context })
    expect(server.keys()[0]).not.toBe(server.keys()[1])
  })

  describe('on an instance', () => {
    it.each([
      ['context', { context: { idempotencyKey: 'x' } }],
      ['header', { headers: { 'Idempotency-Key': 'x' } }],
    ])('is refused when it is in the %s', (__, options) => {
      expect(() => ky.create(options).extend(idempotency())).toThrow(TypeError)
    })

    it('is not refused in a header that means something else to the contract', () => {
      expect(() => ky.create({ headers: { 'x-request-id': 'x' } }).extend(idempotency())).not.toThrow()
    })
  })
})

describe.each(majors)('a key that other hooks touch, under %s', (_, ky) => {
  const drop = (first: unknown) => {
    const { headers } = first instanceof Request ? first : (first as { request: Request }).request
    headers.delete('idempotency-key')
  }
  const change = (first: unknown) => {
    const { headers } = first instanceof Request ? first : (first as { request: Request }).request
    headers.set('idempotency-key', 'changed')
  }
  const replace = (first: unknown) => {
    const request = first instanceof Request ? first : (first as { request: Request }).request
    return new Request(request.url, {
      method: 'POST',
      body: '{"replaced":true}',
      headers: { 'x-by': 'hook' },
    })
  }
  const touches = [
    ['drops', drop],
    ['changes', change],
    ['replaces the request of', replace],
  ] as const

  const expectOneKey = (server: ReturnType<typeof stub>) => {
    expect(server.keys()).toHaveLength(3)
    expect(server.keys()[0]).toMatch(uuidv7)
    expect(new Set(server.keys()).size).toBe(1)
  }

  it.each(touches)('is put back after a later beforeRequest hook that %s it', async (__, hook) => {
    const server = stub(status(503), reset, ok())
    const api = open(ky, server).extend({ hooks: { beforeRequest: [hook] } })
    const response = await api.post(url, { json: {} })
    expectOneKey(server)
    expect(idempotencyOf(response)).toMatchObject({ key: server.keys()[0], attempts: 3, outcome: 'applied' })
  })

  it.each(touches)('is put back after a beforeRequest hook of the call that %s it', async (__, hook) => {
    const server = stub(status(503), reset, ok())
    await open(ky, server).post(url, { json: {}, hooks: { beforeRequest: [hook] } })
    expectOneKey(server)
  })

  it('is made although an earlier beforeRequest hook gives a request of its own', async () => {
    const server = stub(status(503), reset, ok())
    const api = open(ky, server, {}, { hooks: { beforeRequest: [replace] } })
    const response = await api.post(url, { json: {} })
    expectOneKey(server)
    expect(idempotencyOf(response)).toMatchObject({ key: server.keys()[0], attempts: 3, outcome: 'applied' })
  })

  it('stays when an earlier beforeRequest hook gives a request of its own, and the server breaks for good', async () => {
    const server = stub(reset)
    const api = open(ky, server, {}, { hooks: { beforeRequest: [replace] } })
    const error = await caught(api.post(url, { json: {} }))
    expectOneKey(server)
    expect(idempotencyOf(error)).toMatchObject({ attempts: 3, outcome: 'unknown' })
  })

  it.each([
    ['before', (api: Ky, hooks: object) => api.extend({ hooks }).extend(idempotency())],
    ['after', (api: Ky, hooks: object) => api.extend(idempotency()).extend({ hooks })],
  ])('is put back after beforeRetry hooks given %s ours', async (__, put) => {
    for (const hook of [drop, change, replace]) {
      const server = stub(status(503), reset, ok())
      await put(ky.create({ ...hurried, fetch: server.fetch }), { beforeRetry: [hook] }).post(url, {
        json: {},
      })
      expectOneKey(server)
    }
  })

  it('is given where the caller gives it in an earlier hook', async () => {
    const server = stub(status(503), ok())
    const api = open(ky, server, {}, { hooks: { beforeRequest: [change] } })
    await api.post(url)
    expect(server.keys()).toEqual(['changed', 'changed'])
  })
})
