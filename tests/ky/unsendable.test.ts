import type { IncomingMessage } from 'node:http'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { idempotency } from 'fetch-idempotency/ky'
import { beforeAll, describe, expect, it } from 'vitest'
import { listen } from '../transport/loopback.js'
import { caught, majors } from './harness.js'

const arrived: IncomingMessage[] = []
let base: string

beforeAll(async () => {
  const loopback = await listen((request, response) => {
    arrived.push(request)
    request.resume().on('end', () => response.end('{}'))
    request.on('error', () => undefined)
  })
  base = loopback.base
})

type Init = RequestInit & { readonly body: string | Uint8Array<ArrayBuffer> | Blob | ReadableStream }
type Send = (fetch: typeof globalThis.fetch | undefined, init: Init) => Promise<unknown>

const hosts: readonly (readonly [string, Send])[] = [
  ['fetch', (fetch, init) => createIdempotentFetch({ fetch })(base, init)],
  ...majors.map(([name, ky]): [string, Send] => [
    name,
    (fetch, { body, headers }) =>
      ky
        .extend(idempotency({ fetch }) as object)
        .post(base, { body: body as never, headers: headers as never }),
  ]),
]

const stream = () => new Blob(['sup']).stream()
const mismatch = () =>
  new TypeError('fetch failed', {
    cause: Object.assign(new Error('x'), { code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' }),
  })

/** Plain fetch waits for ever where the body is longer, and sends a part of it where it is shorter. */
const wrong: readonly (readonly [string, () => Init])[] = [
  ['text longer than it says', () => ({ body: 'sup', headers: { 'content-length': '0' } })],
  ['text of other letters than bytes', () => ({ body: 'süp', headers: { 'Content-Length': '3' } })],
  ['text shorter than it says', () => ({ body: 'sup', headers: { 'content-length': '10' } })],
  ['bytes', () => ({ body: new Uint8Array(9), headers: { 'content-length': '3' } })],
  ['a blob', () => ({ body: new Blob(['sup']), headers: { 'content-length': '30' } })],
]

describe.each(hosts)('%s', (_, send) => {
  const init = { method: 'POST' }

  it.each(wrong)('refuses at once a body that is not as long as its content-length: %s', async (__, make) => {
    arrived.length = 0
    const error = await caught(send(undefined, { ...init, ...make() }))
    expect(idempotencyOf(error)).toMatchObject({ attempts: 1, outcome: 'not-applied' })
    expect(arrived).toEqual([])
  })

  it('sends a body that is as long as it says', async () => {
    const headers = { 'content-length': '4' }
    const answer = await send(undefined, { ...init, body: 'süp', headers })
    expect(idempotencyOf(answer)).toMatchObject({ attempts: 1, outcome: 'applied' })
  })

  it.each<[string, () => Init, string]>([
    [
      'says so of a body that is longer',
      () => ({ body: 'sup', headers: { 'content-length': '0' } }),
      'not-applied',
    ],
    ['says so, and nothing of the length', () => ({ body: 'sup' }), 'not-applied'],
    [
      'says so of a body that is shorter',
      () => ({ body: 'sup', headers: { 'content-length': '10' } }),
      'unknown',
    ],
  ])('sends once by a fetch of the user that %s', async (__, make, outcome) => {
    let count = 0
    const fetch = async (input: unknown) => {
      count += 1
      if (input instanceof Request) await input.text()
      throw mismatch()
    }
    const error = await caught(send(fetch, { ...init, ...make() }))
    expect(idempotencyOf(error)).toMatchObject({ attempts: 1, outcome })
    expect(count).toBe(1)
  })
})

describe('a body that streams', () => {
  it('may have been sent in part when its length turns out wrong', async () => {
    const options = {
      fetch: () => Promise.reject(mismatch()),
      maxRequestBytes: 0,
      oversizedBody: 'send-once',
    } as const
    const init = {
      method: 'POST',
      body: stream(),
      duplex: 'half',
      headers: { 'content-length': '9' },
    } as const
    const error = await caught(createIdempotentFetch(options)(base, init))
    expect(idempotencyOf(error)).toMatchObject({ attempts: 1, outcome: 'unknown' })
  })
})
