import ky1 from 'ky'
import ky2 from 'ky2'
import { describe, expect, it, vi } from 'vitest'
import { createIdempotentFetch, idempotencyOf, type IdempotencyEvent } from 'fetch-idempotency'
import { idempotency } from 'fetch-idempotency/ky'

const url = 'http://a.test/'
const json = { 'content-type': 'application/json' }
const streamOf = (text: string) => new Response(text).body

type Send = (fetch: () => unknown, onEvent: (event: IdempotencyEvent) => void) => Promise<Response>

/** One POST by each host, with a fetch that may give anything. */
const hosts: [string, Send][] = [
  [
    'fetch',
    (fetch, onEvent) =>
      createIdempotentFetch({
        fetch: fetch as typeof globalThis.fetch,
        onEvent,
        retry: { backoff: () => 0 },
      })(url, { method: 'POST', body: '{}' }),
  ],
  ...[ky1, ky2].map((ky, index): [string, Send] => [
    `ky ${index + 1}`,
    (fetch, onEvent) =>
      ky
        .extend(idempotency({ fetch: fetch as typeof globalThis.fetch, onEvent, backoff: () => 0 }) as object)
        .post(url, { body: '{}', throwHttpErrors: false }),
  ]),
]

/** A mock has the least that is taken for a response. */
const mock = (more: object = {}) => ({
  status: 201,
  ok: true,
  headers: new Headers(json),
  json: async () => ({ id: 1 }),
  text: async () => '{"id":1}',
  ...more,
})

/** Headers that cannot be listed, as hand-written mocks have. */
const oddHeaders = {
  get: (name: string) => (name === 'content-type' ? 'application/json' : null),
  has: (name: string) => name === 'content-type',
  forEach: (tell: (value: string, name: string) => void) => tell('application/json', 'content-type'),
}

describe.each(hosts)('an answer of %s', (_, send) => {
  const call = async (make: () => unknown) => {
    const events: IdempotencyEvent[] = []
    const fetch = vi.fn(async () => make())
    const settled = await send(fetch, (event) => events.push(event)).then(
      (response) => ({ response, error: undefined }),
      (error: unknown) => ({ response: undefined, error }),
    )
    return { ...settled, requests: fetch.mock.calls.length, events: events.map(({ type }) => type) }
  }
  const once = ['attempt-started', 'attempt-ended', 'settled']

  it.each<[string, () => object]>([
    ['a mock', () => mock()],
    ['a mock whose body cannot be copied', () => mock({ arrayBuffer: async () => new ArrayBuffer(0) })],
    ['a mock that is its own copy', () => mock({ clone: vi.fn().mockReturnThis() })],
    ['a mock with a stream', () => mock({ body: streamOf('{"id":1}'), clone: undefined })],
    [
      'an object with a stream',
      () => ({ status: 201, ok: true, headers: oddHeaders, body: streamOf('{"id":1}') }),
    ],
    [
      'an object without a prototype',
      () => Object.assign(Object.create(null) as object, mock({ body: streamOf('{"id":1}') })),
    ],
    [
      'a response with odd headers',
      () =>
        Object.defineProperty(Response.json({ id: 1 }, { status: 201 }), 'headers', { value: oddHeaders }),
    ],
    ['a sealed response', () => Object.seal(Response.json({ id: 1 }, { status: 201 }))],
  ])('is taken as it is: %s', async (__, make) => {
    const { response, error, requests, events } = await call(make)
    expect(error).toBeUndefined()
    expect({ requests, events }).toEqual({ requests: 1, events: once })
    expect(response?.status).toBe(201)
    expect(response?.headers.get('content-type')).toBe('application/json')
    expect(await response?.json()).toEqual({ id: 1 })
    expect(idempotencyOf(response)?.outcome).toBe('applied')
  })

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'unknown'],
    ['a text', '{}', 'unknown'],
    ['no status', { ok: true, json: async () => ({}) }, 'unknown'],
    ['no headers', { ok: true, status: 201 }, 'applied'],
    ['no headers, refused', { ok: false, status: 404 }, 'not-applied'],
    ['no headers, failed', { ok: false, status: 503 }, 'unknown'],
    ['plain headers', { ok: true, status: 200, headers: json }, 'applied'],
    [
      'a status that throws',
      Object.defineProperty({}, 'status', { get: () => Promise.reject.call(0, 0) }),
      'unknown',
    ],
  ])('ends the call at once when it is none: %s', async (__, answer, outcome) => {
    const { error, requests, events } = await call(() => answer)
    expect((error as Error).message).toContain('the wrapped fetch must give a Response')
    expect(idempotencyOf(error)?.outcome).toBe(outcome)
    expect({ requests, events }).toEqual({ requests: 1, events: once })
  })

  it('is not asked for again when its body gives what no body gives', async () => {
    const body = () => new ReadableStream({ start: (controller) => controller.enqueue({ id: 1 }) })
    const { error, requests } = await call(() => new Response(body(), { status: 201, headers: json }))
    expect(idempotencyOf(error)?.outcome).toBe('unknown')
    expect(requests).toBe(1)
  })

  it('is asked for again when its body fails without a reason', async () => {
    const lost = () => new ReadableStream({ start: (controller) => controller.error(undefined) })
    const steps = [lost, () => streamOf('{"id":1}')]
    const { response, requests } = await call(
      () => new Response((steps.shift() as () => ReadableStream)(), { status: 201, headers: json }),
    )
    expect(await response?.json()).toEqual({ id: 1 })
    expect(requests).toBe(2)
  })
})

describe('a response with a way of its own to read the body', () => {
  const send = (response: Response) =>
    createIdempotentFetch({ fetch: async () => response })(url, {
      method: 'POST',
      signal: new AbortController().signal,
    })

  it.each<[string, (response: Response) => void, unknown]>([
    ['a mock', (response) => void (response.json = vi.fn().mockResolvedValue('mine')), 'mine'],
    [
      'one around that of its class',
      (response) => {
        const { json: read } = response
        response.json = async () => ['mine', await read.call(response)]
      },
      ['mine', { id: 1 }],
    ],
    [
      'one that reads the text',
      (response) => void (response.json = async () => ['mine', await response.text()]),
      ['mine', '{"id":1}'],
    ],
  ])('keeps it: %s', async (_, change, expected) => {
    const response = Response.json({ id: 1 }, { status: 201 })
    change(response)
    const answer = await send(response)
    expect(await answer.json()).toEqual(expected)
    expect(answer).toBe(response)
    expect(idempotencyOf(answer)?.outcome).toBe('applied')
  })

  it('is sent again where the body breaks off', async () => {
    const cut = new ReadableStream({ start: (controller) => controller.error(new TypeError('terminated')) })
    const first = Object.assign(new Response(cut, { headers: json }), { json: async () => 'mine' })
    const fetch = vi.fn(async () => Response.json(1)).mockResolvedValueOnce(first)
    const answer = await createIdempotentFetch({ fetch, retry: { backoff: () => 0 } })(url, {
      method: 'POST',
    })
    expect(await answer.json()).toBe(1)
    expect(fetch).toHaveBeenCalledTimes(2)
  })
})
