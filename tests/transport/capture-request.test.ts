import { Readable } from 'node:stream'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { captureRequest } from '../../src/transport/capture-request.js'
import { OversizedBody, type CapturedBody } from '../../src/transport/captured-body.js'
import type { IdempotentRequestInit } from '../../src/fetch/idempotent-init.js'
import { url } from '../fetch/fakes.js'

const limits = { maxRequestBytes: 1000, oversizedBody: 'refuse' } as const
const post = async (init: IdempotentRequestInit, more: object = {}) =>
  captureRequest(url, { method: 'POST', ...init }, { ...limits, ...more })

const read = async (body: CapturedBody) =>
  Buffer.from(await new Response(body as BodyInit).arrayBuffer()).toString()

function streamOf(...chunks: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    },
  })
}

async function* iterate(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield new TextEncoder().encode(chunk)
}

const formOf = (...entries: [string, string][]) => {
  const form = new FormData()
  for (const [name, value] of entries) form.append(name, value)
  return form
}

describe('captureRequest', () => {
  describe('bodies', () => {
    it.each<[string, () => unknown, string, string | undefined]>([
      ['a string', () => 'text', 'text', undefined],
      ['an empty string', () => '', '', undefined],
      [
        'URLSearchParams',
        () => new URLSearchParams({ a: 'b c' }),
        'a=b+c',
        'application/x-www-form-urlencoded;charset=UTF-8',
      ],
      ['a Blob', () => new Blob(['blob'], { type: 'text/csv' }), 'blob', undefined],
      ['a File', () => new File(['file'], 'a.csv', { type: 'text/csv' }), 'file', undefined],
      ['an ArrayBuffer', () => new TextEncoder().encode('buffer').buffer, 'buffer', undefined],
      ['a Uint8Array', () => new TextEncoder().encode('bytes'), 'bytes', undefined],
      ['a Buffer out of the pool', () => Buffer.from('pooled'), 'pooled', undefined],
      ['a view on a part', () => new TextEncoder().encode('a part of it').subarray(2, 6), 'part', undefined],
      ['a DataView', () => new DataView(new TextEncoder().encode('a view').buffer, 2), 'view', undefined],
      ['a Float64Array', () => new Float64Array(1), '\0\0\0\0\0\0\0\0', undefined],
      [
        'an ArrayBuffer of another realm',
        () => runInNewContext('new Uint8Array([97, 98]).buffer'),
        'ab',
        undefined,
      ],
      ['a view of another realm', () => runInNewContext('new Uint8Array([97, 98])'), 'ab', undefined],
      ['a stream', () => streamOf('in ', 'chunks'), 'in chunks', undefined],
      ['an empty stream', () => streamOf(), '', undefined],
      ['an async iterable', () => iterate('in ', 'steps'), 'in steps', undefined],
      ['a Node stream', () => Readable.from([Buffer.from('of '), Buffer.from('Node')]), 'of Node', undefined],
      ['something else', () => 42, '42', undefined],
    ])('takes %s as it is', async (_, make, text, type) => {
      const { body, headers, remake } = await post({ body: make() as BodyInit })
      expect(await read(body)).toBe(text)
      expect(await read(body)).toBe(text)
      expect(headers['content-type']).toBe(type)
      expect(remake).toBeUndefined()
    })

    it.each<[string, () => unknown]>([
      ['a plain object', () => ({ a: 1 })],
      ['one with a type', () => ({ type: 'order', size: 1 })],
      ['one of another realm', () => runInNewContext('({ a: 1 })')],
      ['one without a prototype', () => Object.create(null) as object],
      ['one that inherits', () => Object.create({ a: 1 }) as object],
      ['a list', () => [1]],
      ['a list of another realm', () => runInNewContext('[1]')],
      ['a promise', () => Promise.resolve('x')],
      ['one of another realm', () => runInNewContext('Promise.resolve(1)')],
      [
        'an instance of a class',
        () =>
          new (class Order {
            amount = 1
          })(),
      ],
      ['a Map', () => new Map()],
      ['headers', () => new Headers()],
      ['a response', () => new Response()],
      ['a request', () => new Request(url)],
      [
        'a form that cannot be listed',
        () =>
          new (class FormData {
            append = () => undefined
          })(),
      ],
      [
        'a function that gives an instance',
        () => () =>
          new (class Order {
            amount = 1
          })(),
      ],
    ])('refuses %s, of which fetch would send a name', async (_, make) => {
      await expect(post({ body: make() as BodyInit })).rejects.toThrow(TypeError)
    })

    it.each<[string, () => object]>([
      ['an object that says what it is', () => new URL('https://a.test/')],
      [
        'the Blob of React Native',
        () =>
          new (class Blob {
            size = 1
            type = 'text/plain'
            slice() {}
          })(),
      ],
    ])('hands %s on as it is', async (_, make) => {
      const body = make()
      expect((await post({ body: body as BodyInit })).body).toBe(body)
    })

    it('writes form data out once, with the boundary in the content type', async () => {
      const { body, headers } = await post({ body: formOf(['a', 'b']) })
      const boundary = /^multipart\/form-data; ?boundary=(.+)$/.exec(headers['content-type'] ?? '')?.[1]
      expect(boundary).toBeTruthy()
      const text = await read(body)
      expect(text).toContain(`--${boundary}`)
      expect(await read(body)).toBe(text)
    })

    it('keeps the content type that the caller gave, in any case', async () => {
      const { headers } = await post({
        body: new URLSearchParams({ a: 'b' }),
        headers: { 'CONTENT-type': 'text/x' },
      })
      expect(headers).toEqual({ 'CONTENT-type': 'text/x' })
    })

    it('keeps the type of a Blob on the wire', async () => {
      const { body } = await post({ body: new Blob(['x'], { type: 'text/csv' }) })
      expect(new Request(url, { method: 'POST', body: body as BodyInit }).headers.get('content-type')).toBe(
        'text/csv',
      )
    })

    it.each<[string, () => ArrayBuffer | ArrayBufferView]>([
      ['an ArrayBuffer', () => new Uint8Array([1, 2]).buffer],
      ['a view', () => new Uint8Array([1, 2])],
      ['a Buffer', () => Buffer.from([1, 2])],
    ])('keeps the bytes of %s that is changed after the call', async (_, make) => {
      const given = make()
      const pending = post({ body: given as BodyInit })
      new Uint8Array('buffer' in given ? given.buffer : given).fill(9)
      expect((await pending).body).toEqual(new Uint8Array([1, 2]))
    })

    it.each<[string, (chunk: Uint8Array) => unknown]>([
      ['a stream', (chunk) => Readable.toWeb(Readable.from([chunk]))],
      ['a Node stream', (chunk) => Readable.from([chunk])],
    ])('keeps the bytes of the only chunk of %s that is changed afterwards', async (_, make) => {
      const chunk = Buffer.from([1, 2])
      const { body } = await post({ body: make(chunk) as BodyInit })
      chunk.fill(9)
      expect(body).toEqual(new Uint8Array([1, 2]))
    })

    describe('keeps the bytes of a source that uses one buffer for all its chunks', () => {
      async function* reuse() {
        const chunk = Buffer.alloc(2)
        for (const text of ['aa', 'bb', 'cc']) {
          chunk.write(text)
          yield chunk
        }
      }
      const streamed = () => {
        const chunks = reuse()
        const pull = async (controller: ReadableStreamDefaultController) => {
          const { done, value } = await chunks.next()
          if (done) controller.close()
          else controller.enqueue(value)
        }
        return new ReadableStream({ pull }, { highWaterMark: 0 })
      }

      it.each<[string, () => unknown, object]>([
        ['an iterable', reuse, {}],
        ['a stream', streamed, {}],
        ['an iterable that is sent once', reuse, { maxRequestBytes: 3, oversizedBody: 'send-once' }],
        ['a stream that is sent once', streamed, { maxRequestBytes: 3, oversizedBody: 'send-once' }],
        ['an iterable that is made anew', () => reuse, {}],
      ])('%s', async (_, make, more) => {
        const { body } = await post({ body: make() as BodyInit }, more)
        expect(await read(body)).toBe('aabbcc')
      })
    })

    it('keeps the parameters of URLSearchParams that are changed after the call', async () => {
      const given = new URLSearchParams({ a: '1' })
      const pending = post({ body: given })
      given.set('a', '2')
      expect((await pending).body).toBe('a=1')
    })

    it('keeps form data that is changed after the call', async () => {
      const given = formOf(['a', 'before'])
      const pending = post({ body: given })
      given.set('a', 'after')
      expect(await read((await pending).body)).toContain('before')
    })

    it.each<[string, () => unknown]>([
      [
        'a stream that was read from',
        () => {
          const stream = streamOf('a', 'b')
          const reader = stream.getReader()
          void reader.read().then(() => reader.releaseLock())
          return stream
        },
      ],
      [
        'a locked stream',
        () => {
          const stream = streamOf('a')
          stream.getReader()
          return stream
        },
      ],
      [
        'a cancelled stream',
        () => {
          const stream = streamOf('a')
          void stream.cancel()
          return stream
        },
      ],
      ['a stream of something else than bytes', () => new ReadableStream({ start: (c) => c.enqueue(5) })],
      [
        'an iterable of something else than bytes',
        () =>
          (async function* () {
            yield 5
          })(),
      ],
    ])('refuses %s', async (_, make) => {
      const given = make()
      await Promise.resolve()
      await expect(post({ body: given as BodyInit })).rejects.toBeInstanceOf(TypeError)
    })

    it('throws what a stream throws', async () => {
      const broken = new ReadableStream({ pull: () => Promise.reject(new Error('disk')) })
      await expect(post({ body: broken })).rejects.toThrow('disk')
    })
  })

  describe('a source that is left before it has given all', () => {
    const reason = new Error('enough')

    it.each<[string, boolean]>([
      ['while it is read', false],
      ['before', true],
    ])('is cancelled: %s', async (_, isEarly) => {
      const cancel = vi.fn()
      const pull = vi.fn()
      const controller = new AbortController()
      if (isEarly) controller.abort(reason)
      const body = new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 })
      const pending = post({ body, signal: controller.signal })
      controller.abort(reason)
      await pending
      expect(cancel).toHaveBeenCalledExactlyOnceWith(reason)
      expect(pull.mock.calls.length).toBeLessThanOrEqual(1)
    })

    it('is ended, if it is an iterable', async () => {
      const controller = new AbortController()
      let given = 0
      let ended = false
      async function* endless() {
        try {
          for (;;) {
            given += 1
            if (given === 3) controller.abort(reason)
            yield new Uint8Array(1)
          }
        } finally {
          ended = true
        }
      }
      await post({ body: endless() as never, signal: controller.signal })
      expect([given, ended]).toEqual([3, true])
    })

    it('is cancelled when it is made too late', async () => {
      const cancel = vi.fn()
      const controller = new AbortController()
      const make = async () => {
        controller.abort(reason)
        return new ReadableStream<Uint8Array>({ cancel })
      }
      await post({ body: make, signal: controller.signal })
      expect(cancel).toHaveBeenCalledExactlyOnceWith(reason)
    })

    it('is left alone once it has', async () => {
      const controller = new AbortController()
      const { body } = await post({ body: streamOf('ab'), signal: controller.signal })
      controller.abort(reason)
      expect(await read(body)).toBe('ab')
    })
  })

  describe('where streams cannot be sent, as in some browsers', () => {
    class WithoutStreams extends Request {
      constructor(input: string, init: RequestInit = {}) {
        super(input, init.body instanceof ReadableStream ? { ...init, body: String(init.body) } : init)
      }
    }
    beforeEach(() => void vi.stubGlobal('Request', WithoutStreams))
    afterEach(() => void vi.unstubAllGlobals())

    it.each<[string, (stream: ReadableStream<Uint8Array>) => unknown]>([
      ['one that a function gives', (stream) => post({ body: () => stream })],
      [
        'one that is too long to keep',
        (stream) => post({ body: stream }, { maxRequestBytes: 1, oversizedBody: 'send-once' }),
      ],
    ])('refuses and cancels %s', async (_, capture) => {
      const cancel = vi.fn()
      const stream = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(3)),
        cancel,
      })
      await expect(capture(stream)).rejects.toThrow('body that streams')
      expect(cancel).toHaveBeenCalled()
    })

    it('takes one that can be kept', async () => {
      expect((await post({ body: streamOf('ab') })).body).toBeInstanceOf(Uint8Array)
    })
  })

  describe('limits', () => {
    it('keeps a stream of exactly the limit', async () => {
      expect(await read((await post({ body: streamOf('ab', 'cd') }, { maxRequestBytes: 4 })).body)).toBe(
        'abcd',
      )
    })

    it('refuses a longer one and cancels it', async () => {
      const cancelled = vi.fn()
      const stream = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(3)),
        cancel: cancelled,
      })
      await expect(post({ body: stream }, { maxRequestBytes: 4 })).rejects.toBeInstanceOf(OversizedBody)
      expect(cancelled).toHaveBeenCalledOnce()
    })

    it('refuses a longer iterable and ends it', async () => {
      const ended = vi.fn()
      const endless = (async function* () {
        try {
          for (;;) yield new Uint8Array(3)
        } finally {
          ended()
        }
      })()
      await expect(post({ body: endless as never }, { maxRequestBytes: 4 })).rejects.toBeInstanceOf(
        OversizedBody,
      )
      expect(ended).toHaveBeenCalledOnce()
    })

    it.each<[string, () => unknown]>([
      ['stream', () => streamOf('abc', 'def', 'ghi')],
      ['iterable', () => iterate('abc', 'def', 'ghi')],
    ])('sends a longer %s once, from its first byte', async (_, make) => {
      const { body, remake } = await post(
        { body: make() as BodyInit },
        { maxRequestBytes: 4, oversizedBody: 'send-once' },
      )
      expect(body).toBeInstanceOf(ReadableStream)
      expect(remake).toBeUndefined()
      expect(await read(body)).toBe('abcdefghi')
    })

    it('sends a longer iterable of strings once, as bytes', async () => {
      const strings = Readable.from(['abc', 'def', 'ghi'])
      const { body } = await post(
        { body: strings as never },
        { maxRequestBytes: 4, oversizedBody: 'send-once' },
      )
      expect(await read(body)).toBe('abcdefghi')
    })

    it('does not limit what is in memory anyway', async () => {
      for (const body of ['x'.repeat(5000), new Uint8Array(5000), new Blob(['x'.repeat(5000)])])
        await expect(post({ body })).resolves.toBeDefined()
    })

    it('keeps nothing of a stream with a limit of 0', async () => {
      await expect(post({ body: streamOf('a') }, { maxRequestBytes: 0 })).rejects.toBeInstanceOf(
        OversizedBody,
      )
    })
  })

  describe('factories', () => {
    it('asks one for a body that can be kept only once', async () => {
      const make = vi.fn(() => 'made')
      const { body, remake } = await post({ body: make })
      expect([body, remake, make.mock.calls.length]).toEqual(['made', undefined, 1])
    })

    it('waits for one that is asynchronous', async () => {
      expect((await post({ body: async () => new Uint8Array([7]) })).body).toEqual(new Uint8Array([7]))
    })

    it.each<[string, () => unknown]>([
      ['streams', () => streamOf('abc', 'def')],
      ['iterables', () => iterate('abc', 'def')],
      ['iterables of strings', () => Readable.from(['abc', 'def'])],
    ])('leaves %s unread, whatever their length, and makes them anew', async (_, make) => {
      const factory = vi.fn(make)
      const { body, remake } = await post({ body: factory as () => BodyInit }, { maxRequestBytes: 1 })
      expect(body).toBeInstanceOf(ReadableStream)
      expect(await read(body)).toBe('abcdef')
      const second = await remake?.()
      expect(second).toBeInstanceOf(ReadableStream)
      expect(await read(second)).toBe('abcdef')
      expect(factory).toHaveBeenCalledTimes(2)
    })

    it('throws what one throws', async () => {
      await expect(post({ body: () => Promise.reject(new Error('no file')) })).rejects.toThrow('no file')
    })
  })

  describe('targets and headers', () => {
    it('takes a string as it is written', async () => {
      expect((await captureRequest('/relative?a=b#c', {}, limits)).url).toBe('/relative?a=b#c')
    })

    it('takes a URL that is changed after the call as it was', async () => {
      const target = new URL(url)
      const pending = captureRequest(target, {}, limits)
      target.pathname = '/other'
      expect((await pending).url).toBe(url)
    })

    it.each<[string, () => HeadersInit]>([
      ['an object', () => ({ 'X-A': '1' })],
      ['Headers', () => new Headers({ 'X-A': '1' })],
      ['pairs', () => [['X-A', '1']]],
      ['an object without prototype', () => Object.assign(Object.create(null), { 'X-A': '1' })],
    ])('copies headers of %s', async (_, make) => {
      const given = make()
      const pending = captureRequest(url, { headers: given }, limits)
      if (given instanceof Headers) given.set('X-A', '2')
      else if (Array.isArray(given)) given[0] = ['X-A', '2']
      else given['X-A'] = '2'
      expect(new Headers((await pending).headers).get('x-a')).toBe('1')
    })

    it('writes out a header that is no string, as fetch does', async () => {
      const headers = { 'X-A': 123 } as unknown as HeadersInit
      expect((await captureRequest(url, { headers }, limits)).headers).toEqual({ 'X-A': '123' })
    })

    it.each<[string, () => HeadersInit]>([
      ['Headers', () => new Headers({ constructor: 'Acme' })],
      ['pairs', () => [['Constructor', 'Acme']]],
      ['an object', () => ({ constructor: 'Acme' })],
    ])('takes a header whose name every object has, of %s', async (_, make) => {
      const { headers } = await captureRequest(url, { headers: make() }, limits)
      expect(headers).toEqual({ constructor: 'Acme' })
    })

    it('refuses a header name that HTTP does not allow', async () => {
      expect(() => captureRequest(url, { headers: [['a b', 'c']] }, limits)).toThrow(TypeError)
    })

    it('hands the rest of the options on, without its own', async () => {
      const { rest, signal } = await post({
        redirect: 'manual',
        duplex: 'half',
        signal: null,
        dispatcher: 'one',
      } as IdempotentRequestInit)
      expect(rest).toEqual({ redirect: 'manual', dispatcher: 'one' })
      expect(signal).toBeUndefined()
    })
  })

  describe('a Request', () => {
    const request = (init: RequestInit = {}) =>
      new Request(url, { method: 'POST', body: 'of the request', ...init })

    it('gives its method, URL, headers, body and signal', async () => {
      const { signal } = new AbortController()
      const base = request({ headers: { 'x-a': '1' }, signal })
      const captured = await captureRequest(base, {}, limits)
      expect(captured).toMatchObject({ method: 'POST', url, base })
      expect(captured.headers).toMatchObject({ 'x-a': '1', 'content-type': 'text/plain;charset=UTF-8' })
      expect(await read(captured.body)).toBe('of the request')
      expect(await read(captured.body)).toBe('of the request')
      expect(captured.signal).toBe(base.signal)
    })

    it('yields to the options given with it', async () => {
      const { signal } = new AbortController()
      const captured = await captureRequest(
        request({ headers: { 'x-a': '1' } }),
        { method: 'PUT', body: 'other', headers: { 'x-b': '2' }, signal },
        limits,
      )
      expect(captured).toMatchObject({ method: 'PUT', body: 'other', headers: { 'x-b': '2' }, signal })
    })

    it('keeps its body when the body given with it is null, as fetch does', async () => {
      expect(await read((await captureRequest(request(), { body: null }, limits)).body)).toBe(
        'of the request',
      )
    })

    it('may have no body', async () => {
      expect((await captureRequest(new Request(url), {}, limits)).body).toBeNull()
    })

    it('is refused once its body was used', async () => {
      const used = request()
      await used.text()
      expect(() => captureRequest(used, {}, limits)).toThrow(TypeError)
    })

    it('is refused while its body is locked', async () => {
      const locked = request()
      locked.body?.getReader()
      expect(() => captureRequest(locked, {}, limits)).toThrow(TypeError)
    })

    it('whose body was used is taken with another body', async () => {
      const used = request()
      await used.text()
      expect((await captureRequest(used, { body: 'other' }, limits)).body).toBe('other')
    })

    it('is refused with a body past the limit', async () => {
      await expect(captureRequest(request(), {}, { ...limits, maxRequestBytes: 3 })).rejects.toBeInstanceOf(
        OversizedBody,
      )
    })

    it('of form data keeps its boundary', async () => {
      const base = new Request(url, { method: 'POST', body: formOf(['a', 'b']) })
      const { headers, body } = await captureRequest(base, {}, limits)
      const boundary = /boundary=(.+)$/.exec(headers['content-type'] ?? '')?.[1]
      expect(await read(body)).toContain(`--${boundary}`)
    })
  })
})
