import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { settleResponse } from '../../src/transport/settled-response.js'

const maxBytes = 1024 * 1024

type Make = () => Response | Promise<Response>

/** The same answer in the forms in which it is settled: known length, unknown length, and a subclass. */
const forms: [string, (body: BodyInit | null, init?: ResponseInit) => Response][] = [
  [
    'of known length',
    (body, init) => {
      const response = new Response(body, init)
      if (typeof body === 'string') response.headers.set('content-length', String(Buffer.byteLength(body)))
      return response
    },
  ],
  ['of unknown length', (body, init) => new Response(body, init)],
  ['of another class', (body, init) => new (class extends Response {})(body, init)],
  ['that was frozen', (body, init) => Object.freeze(new Response(body, init))],
]

async function settle(response: Response, max = maxBytes): Promise<Response> {
  const { response: settled, cut } = await settleResponse(response, max, 'read')
  if (cut !== undefined) throw cut.error
  return settled
}

describe.each(forms)('a settled response %s', (_, make) => {
  const text = '\uFEFF{"id":"ø"}'
  const open = (): Promise<Response> =>
    settle(make(text, { status: 201, statusText: 'Made', headers: { 'content-type': 'application/json' } }))

  it('is a real Response', async () => {
    const response = await open()
    expect(response).toBeInstanceOf(Response)
    expect(Object.prototype.toString.call(response)).toBe('[object Response]')
  })

  it('keeps a reason phrase that no response can be made with', async () => {
    const phrase = { value: 'Cr\uFFFD\uFFFD', configurable: true }
    const response = await settle(Object.defineProperty(new Response(text), 'statusText', phrase))
    const copy = response.clone().clone()
    expect([response.statusText, copy.statusText]).toEqual([phrase.value, phrase.value])
    expect(await new Response(response.body).text()).toBe(await copy.text())
  })

  it('keeps status, statusText, ok, headers and type', async () => {
    const response = await open()
    const { status, statusText, ok, type } = response
    expect({ status, statusText, ok, type }).toEqual({
      status: 201,
      statusText: 'Made',
      ok: true,
      type: 'default',
    })
    expect(response.headers.get('content-type')).toBe('application/json')
  })

  const readers: [string, (response: Response) => Promise<unknown>, unknown][] = [
    ['text', (response) => response.text(), '{"id":"ø"}'],
    ['json', (response) => response.json(), { id: 'ø' }],
    ['arrayBuffer', async (response) => Buffer.from(await response.arrayBuffer()).toString(), text],
    [
      'blob',
      async (response) => {
        const blob = await response.blob()
        return [blob.type, Buffer.from(await blob.arrayBuffer()).toString()]
      },
      ['application/json', text],
    ],
    [
      'body',
      async (response) => {
        const chunks: Uint8Array[] = []
        for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk)
        return Buffer.concat(chunks).toString()
      },
      text,
    ],
    ...('bytes' in Response.prototype
      ? ([['bytes', async (response: Response) => Buffer.from(await response.bytes()).toString(), text]] as [
          string,
          (response: Response) => Promise<unknown>,
          unknown,
        ][])
      : []),
  ]

  it.each(readers)('is read by %s', async (__, read, expected) => {
    const response = await open()
    expect(response.bodyUsed).toBe(false)
    expect(await read(response)).toEqual(expected)
    expect(response.bodyUsed).toBe(true)
  })

  describe.each(readers)('once read by %s', (__, read) => {
    it.each(readers.filter(([name]) => name !== 'body'))('refuses %s', async (___, again) => {
      const response = await open()
      await read(response)
      await expect(again(response)).rejects.toBeInstanceOf(TypeError)
    })

    it('refuses to be cloned', async () => {
      const response = await open()
      await read(response)
      expect(() => response.clone()).toThrow(TypeError)
    })

    it('rejects, and does not throw, on blob and formData', async () => {
      const response = await open()
      await read(response)
      await expect(response.blob()).rejects.toBeInstanceOf(TypeError)
      await expect(response.formData()).rejects.toBeInstanceOf(TypeError)
    })

    it('still has a body, which is used', async () => {
      const response = await open()
      await read(response)
      expect(response.body).toBeInstanceOf(ReadableStream)
      expect(response.body?.locked || response.bodyUsed).toBe(true)
      await expect((async () => response.body?.getReader().read())().then((got) => got?.done))
        .resolves.toBe(true)
        .catch((error: unknown) => expect(String(error)).toMatch(/rejected|locked/i))
    })

    it('can be shown', async () => {
      const response = await open()
      await read(response)
      expect(inspect(response)).toContain('201')
    })
  })

  it('can be shown before it is read', async () => {
    expect(inspect(await open())).toContain('201')
  })

  it('reads form data', async () => {
    const form = new FormData()
    form.set('name', 'ø')
    const response = await settle(make(new Response(form).body, { headers: new Response(form).headers }))
    // Each writing has a boundary of its own: read the one that belongs to the bytes.
    const boundary = /^--(\S+)/.exec(await response.clone().text())?.[1]
    const same = new Response(await response.text(), {
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    })
    expect((await (await settle(same)).formData()).get('name')).toBe('ø')
  })

  it('has copies that are read for themselves', async () => {
    const response = await open()
    const copy = response.clone()
    const second = copy.clone()
    expect(copy).toMatchObject({ status: 201, statusText: 'Made', url: response.url })
    expect(await copy.json()).toEqual({ id: 'ø' })
    expect(response.bodyUsed).toBe(false)
    expect(await response.json()).toEqual({ id: 'ø' })
    expect(await second.json()).toEqual({ id: 'ø' })
  })

  it('gives bytes that nobody else has', async () => {
    const response = await open()
    const copy = response.clone()
    new Uint8Array(await copy.arrayBuffer()).fill(0)
    expect(await response.json()).toEqual({ id: 'ø' })
  })

  it('gives the bytes of a Buffer, and nothing of the pool that it is a part of', async () => {
    const one = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('pooled'))
        controller.close()
      },
    })
    const response = await settle(make(one as BodyInit))
    expect(Buffer.from(await response.arrayBuffer()).toString()).toBe('pooled')
  })

  it('refuses to be read while a reader holds its body', async () => {
    const response = await open()
    const reader = response.body?.getReader()
    await expect(response.text()).rejects.toBeInstanceOf(TypeError)
    expect(() => response.clone()).toThrow(TypeError)
    reader?.releaseLock()
    expect(await response.json()).toEqual({ id: 'ø' })
  })

  it('does not give its body twice, as stream and as text', async () => {
    const response = await open()
    const { body } = response
    await response.text()
    expect(body?.locked || (await body?.getReader().read())?.done).toBe(true)
  })

  it('can be passed on as the body of another response', async () => {
    const response = await open()
    const passed = new Response(response.body, response)
    expect(passed.status).toBe(201)
    expect(await passed.json()).toEqual({ id: 'ø' })
  })

  it('can be cancelled', async () => {
    const response = await open()
    await response.body?.cancel()
    expect(response.bodyUsed).toBe(true)
    await expect(response.text()).rejects.toBeInstanceOf(TypeError)
  })

  it('rejects with SyntaxError where it is no JSON, like any response', async () => {
    const response = await settle(make('<html>'))
    await expect(response.json()).rejects.toBeInstanceOf(SyntaxError)
  })

  it('may be empty', async () => {
    expect(await (await settle(make(''))).text()).toBe('')
  })
})

describe('settleResponse', () => {
  const tracked = (chunks: readonly string[], end: 'close' | 'error' | 'open' = 'close') => {
    const state = { pulled: 0, cancelled: undefined as unknown, isCancelled: false }
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const chunk = chunks[state.pulled]
          state.pulled += 1
          if (chunk !== undefined) controller.enqueue(new TextEncoder().encode(chunk))
          else if (end === 'close') controller.close()
          else if (end === 'error') controller.error(new TypeError('terminated'))
        },
        cancel(reason) {
          state.isCancelled = true
          state.cancelled = reason
        },
      },
      { highWaterMark: 0 },
    )
    return { state, stream }
  }

  it('gives the bytes', async () => {
    const { bytes } = await settleResponse(new Response('ab'), maxBytes, 'read')
    expect(bytes).toEqual(new Uint8Array([97, 98]))
  })

  it.each<[number]>([[204], [205], [304]])('leaves an answer without body as it is: %d', async (status) => {
    const original = new Response(null, { status })
    const { response, bytes } = await settleResponse(original, maxBytes)
    expect(response).toBe(original)
    expect(bytes).toBeUndefined()
    expect(response.body).toBeNull()
    expect(await response.text()).toBe('')
  })

  it.each<[number]>([[204], [205], [304]])(
    'takes an empty body for none, as in Chromium: %d',
    async (status) => {
      const original = new (class extends Response {})(null, { status })
      const empty = Object.defineProperty(original, 'body', { value: new Response('').body })
      const { response } = await settleResponse(empty, maxBytes)
      expect(response.status).toBe(status)
      expect(await response.clone().text()).toBe('')
      expect(await response.text()).toBe('')
    },
  )

  it.each(['text/event-stream', 'text/event-stream; charset=utf-8', 'Text/Event-Stream'])(
    'never reads %s',
    async (type) => {
      const { state, stream } = tracked(['data: 1\n\n'], 'open')
      const original = new Response(stream, { headers: { 'content-type': type } })
      const { response, bytes } = await settleResponse(original, maxBytes)
      expect(response).toBe(original)
      expect(bytes).toBeUndefined()
      expect(state.pulled).toBe(0)
    },
  )

  it.each<[string, Record<string, string>]>([
    ['without a length', {}],
    ['with a length', { 'content-length': '9' }],
  ])('throws what the connection throws in the midst of a body %s', async (_, headers) => {
    const { stream } = tracked(['half'], 'error')
    await expect(settle(new Response(stream, { headers }))).rejects.toThrow('terminated')
  })

  it('leaves a body that announces more than the limit unread', async () => {
    const { state, stream } = tracked(['abc'])
    const original = new Response(stream, { headers: { 'content-length': '3' } })
    const { response, bytes } = await settleResponse(original, 2)
    expect(response).toBe(original)
    expect(bytes).toBeUndefined()
    expect(state.pulled).toBe(0)
    expect(await response.text()).toBe('abc')
  })

  it('streams a body that turns out longer than the limit, from its first byte', async () => {
    const { state, stream } = tracked(['abc', 'def', 'ghi'])
    const original = new Response(stream, { status: 201, headers: { 'x-a': 'b' } })
    const { response, bytes } = await settleResponse(original, 4, 'read')
    expect(bytes).toBeUndefined()
    expect(state.pulled).toBe(2)
    expect(response).toMatchObject({ status: 201, bodyUsed: false })
    expect(response.headers.get('x-a')).toBe('b')
    expect(await response.text()).toBe('abcdefghi')
  })

  it('cancels the source when such a body is cancelled', async () => {
    const { state, stream } = tracked(['abc', 'def'], 'open')
    const { response } = await settleResponse(new Response(stream), 4, 'read')
    await response.body?.cancel('enough')
    expect(state).toMatchObject({ isCancelled: true, cancelled: 'enough' })
  })

  it('keeps a body of exactly the limit', async () => {
    expect((await settleResponse(new Response('abcd'), 4, 'read')).bytes).toHaveLength(4)
  })

  it('does not trust the length of a body that was compressed', async () => {
    const { stream } = tracked(['abcdef'])
    const headers = { 'content-length': '2', 'content-encoding': 'gzip' }
    const { response, bytes } = await settleResponse(new Response(stream, { headers }), 4, 'read')
    expect(bytes).toBeUndefined()
    expect(await response.text()).toBe('abcdef')
  })

  it('keeps url, redirected and type of a response that fetch gave', async () => {
    const { url, redirected, type } = await withServer(async (base) => {
      const make: Make[] = [
        async () => settle(await fetch(`${base}/redirect`)),
        async () => settle(await fetch(`${base}/redirect`), 2),
        async () => (await settle(await fetch(`${base}/redirect`))).clone(),
        async () => (await settle(await fetch(`${base}/redirect`))).clone().clone(),
        async () => (await settle(await fetch(`${base}/redirect`), 2)).clone().clone(),
      ]
      const all = await Promise.all(make.map((one) => one()))
      const seen = await Promise.all(
        all.map(async (one) => ({
          url: one.url.replace(base, ''),
          redirected: one.redirected,
          type: one.type,
          text: await one.text(),
        })),
      )
      expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1)
      return seen[0] as (typeof seen)[0]
    })
    expect({ url, redirected, type }).toEqual({ url: '/end', redirected: true, type: 'basic' })
  })

  it('settles an answer with a status beyond those that a Response can be made with', async () => {
    await withServer(async (base) => {
      const response = await settle(await fetch(`${base}/odd`))
      expect(response.status).toBe(999)
      const copy = response.clone()
      expect(copy.clone().status).toBe(999)
      copy.clone().clone = () => response
      expect([copy.status, copy.ok, await copy.text()]).toEqual([999, false, 'odd'])
      expect(() => copy.clone()).toThrow(TypeError)
      expect(await (await response.blob()).text()).toBe('odd')
    })
  })
})

async function withServer<T>(use: (base: string) => Promise<T>): Promise<T> {
  const { createServer } = await import('node:http')
  const server = createServer((request, response) => {
    if (request.url === '/redirect') response.writeHead(302, { location: '/end' }).end()
    else if (request.url === '/odd') response.writeHead(999).end('odd')
    else response.end('the end')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  try {
    return await use(`http://127.0.0.1:${port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

describe('a body whose end nothing marks', () => {
  const json = { 'content-type': 'application/json' }
  const closing = { ...json, connection: 'close' }
  const cut = '{"id":1,"items":['

  it.each<[string, string, Record<string, string>, boolean]>([
    ['breaks off', cut, closing, true],
    ['breaks off, of a server that says nothing', cut, json, true],
    ['breaks off, of a server that says it otherwise', cut, { ...json, connection: 'Close' }, true],
    [
      'breaks off, of a server that would keep the connection',
      cut,
      { ...json, connection: 'keep-alive' },
      true,
    ],
    ['breaks off behind an inner bracket', '{"items":[{"id":1},{"id":2}', closing, true],
    ['is a list that breaks off behind an inner one', '[[1],[2]', closing, true],
    ['breaks off in a string with brackets', '{"a":"\\"}]}', closing, true],
    ['breaks off behind an escape', '{"a":"\\', closing, true],
    ['is a list', '\uFEFF [{"id":1},\n', closing, true],
    ['is of a +json type', '{"id":1', { ...closing, 'content-type': 'application/problem+json; a=b' }, true],
    ['is whole', ' {"id":1}\n', closing, false],
    ['is whole, with brackets in strings', '{"a":"[{\\"[","b\\\\":["{"]}', json, false],
    ['is whole, and no JSON that can be parsed', "{'a': [1, 2,],}", json, false],
    ['is whole, behind a guard', ")]}',\n{}", closing, false],
    ['is whole, behind a guard that opens', 'for(;;);{}', json, false],
    ['is whole, in lines', '{"a":1}\n{"b":2}\n', closing, false],
    ['is of type text/json', '{"id":1', { ...closing, 'content-type': 'text/json' }, true],
    [
      'is of type x-json',
      '{"id":1',
      { ...closing, 'content-type': 'application/x-json; charset=utf-8' },
      true,
    ],
    ['is of the type of AWS', '{"id":1', { ...closing, 'content-type': 'application/x-amz-json-1.1' }, true],
    ['is of messages', '{"id":1', { ...closing, 'content-type': 'application/connect+json' }, false],
    ['is of lines', '{"a":1}\n{"b":', { ...closing, 'content-type': 'application/x-ndjson' }, false],
    ['is a sequence', '{"a":1}\x1e', { ...closing, 'content-type': 'application/json-seq' }, false],
    ['is empty, of a server that closes', '', closing, true],
    ['is empty, of a server that says nothing', '', json, false],
    ['is of 204, which has none', '', { ...closing, status: '204' }, false],
    ['is of 205, which has none', '', { ...json, 'content-encoding': 'gzip', status: '205' }, false],
    ['is empty by its length', '', { ...closing, 'content-length': '0' }, false],
    ['is empty, and compressed', '', { ...json, 'content-encoding': 'gzip', 'content-length': '10' }, true],
    [
      'breaks off, compressed, of known length',
      cut,
      { ...json, 'content-encoding': 'gzip', 'content-length': '6' },
      true,
    ],
    [
      'breaks off, compressed, in chunks',
      cut,
      { ...json, 'content-encoding': 'br', 'transfer-encoding': 'chunked' },
      true,
    ],
    [
      'is not compressed, of known length',
      cut,
      { ...json, 'content-encoding': 'identity', 'content-length': '6' },
      false,
    ],
    [
      'is whole, compressed',
      '{"id":1}',
      { ...json, 'content-encoding': 'gzip', 'content-length': '6' },
      false,
    ],
    ['is a string that breaks off', '"half', closing, true],
    ['is a string with an escape at its end', '"half\\"', closing, true],
    ['is a string', '"whole"', closing, false],
    ['is a word that breaks off', 'tru', closing, true],
    ['is a word', 'null', closing, false],
    ['is no JSON', 'half a wor', { ...closing, 'content-type': 'text/plain' }, false],
    ['is broken JSON of known length', '{"id":', { ...closing, 'content-length': '6' }, false],
    ['is broken JSON in chunks', '{"id":', { ...json, 'transfer-encoding': 'gzip, Chunked' }, false],
    ['breaks off in chunks, then closed', cut, { ...closing, 'transfer-encoding': 'chunked' }, true],
  ])('counts as lost only where its JSON breaks off: %s', async (_, body, headers, isLost) => {
    const { status = '200', ...rest } = headers
    // As node-fetch shows it: an empty stream where there is no body.
    const response = Object.defineProperty(new Response(body, { headers: rest }), 'status', {
      value: Number(status),
    })
    const settling = settle(response)
    if (isLost) await expect(settling).rejects.toThrow(TypeError)
    else expect(await (await settling).text()).toBe(body)
  })

  it('is not guessed at where a browser may hide what would mark it', async () => {
    const response = Object.defineProperty(new Response(cut, { headers: json }), 'type', { value: 'cors' })
    expect(await (await settle(response)).text()).toBe(cut)
  })

  it.each(['HTTP/1.0 200 OK\r\n', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\nConnection: Close\r\n'])(
    'is not taken for an answer: %j',
    async (head) => {
      const { createServer } = await import('node:net')
      const server = createServer((socket) =>
        socket.on('data', () => socket.end(`${head}content-type: application/json\r\n\r\n[{"id":1}`)),
      )
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as { port: number }
      try {
        await expect(settle(await fetch(`http://127.0.0.1:${port}/`))).rejects.toThrow('terminated')
      } finally {
        server.close()
      }
    },
  )

  it('is read again from the server, under the same key, when the connection broke', async () => {
    const { createServer } = await import('node:http')
    const { createIdempotentFetch, idempotencyOf } = await import('fetch-idempotency')
    const keys: unknown[] = []
    const server = createServer((request, response) => {
      keys.push(request.headers['idempotency-key'])
      response.writeHead(201, { 'content-type': 'application/json', connection: 'close' })
      if (keys.length > 1) return void response.end('{"id":1,"items":[1,2,3]}')
      response.write('{"id":1,"items":[')
      setTimeout(() => response.socket?.destroy(), 5)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    try {
      const send = createIdempotentFetch({ retry: { backoff: () => 1 } })
      const response = await send(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{}' })
      expect(await response.json()).toEqual({ id: 1, items: [1, 2, 3] })
      expect(idempotencyOf(response)?.attempts).toBe(2)
      expect(new Set(keys).size).toBe(1)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
