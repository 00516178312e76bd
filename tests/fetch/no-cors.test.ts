import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createIdempotentFetch, idempotencyOf, type IdempotentFetch } from 'fetch-idempotency'
import { bodyField, defineContract } from 'fetch-idempotency/contracts'

/** In this mode a browser, and Node as well, sends none of our headers; a browser also hides the answer. */
const noCors = { method: 'POST', mode: 'no-cors', body: '{}' } as const

describe('a write of mode no-cors, from which the key header is dropped', () => {
  let requests: { key: string | undefined; body: string }[]
  let send: IdempotentFetch
  let url: string
  const server = createServer(async (request) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    requests.push({ key: request.headers['idempotency-key'] as string | undefined, body })
    request.socket.destroy()
  })

  beforeEach(async () => {
    requests = []
    send = createIdempotentFetch({ retry: { backoff: () => 0 } })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })
  afterEach(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))

  it.each([
    ['by URL', () => send(url, noCors)],
    ['by Request', () => send(new Request(url, noCors))],
  ])('is not sent again after a lost answer, %s', async (_, call) => {
    await expect(call()).rejects.toMatchObject({ outcome: 'unknown', key: undefined, attempts: 1 })
    expect(requests).toEqual([{ key: undefined, body: '{}' }])
  })

  it('never counts as applied or as not applied when its answer is hidden, as in a browser', async () => {
    // Of status 0, like an opaque answer.
    const hidden = createIdempotentFetch({ fetch: async () => Response.error() })
    const response = await hidden(url, noCors)
    expect(idempotencyOf(response)).toMatchObject({ outcome: 'unknown', key: undefined, attempts: 1 })
  })

  it('is refused before it is sent when the caller gives a key', async () => {
    await expect(send(url, { ...noCors, idempotencyKey: 'order-1' })).rejects.toMatchObject({
      name: 'KeyInvalidError',
      message: expect.stringContaining('no-cors'),
      outcome: 'not-applied',
    })
    expect(requests).toEqual([])
  })

  it('is sent again with a key that travels in the body', async () => {
    const contract = defineContract({ carrier: bodyField('request_id'), generateKey: () => 'k1' })
    const keyed = createIdempotentFetch({ contract, retry: { backoff: () => 0, maxAttempts: 2 } })
    await expect(keyed(url, noCors)).rejects.toMatchObject({ key: 'k1', attempts: 2 })
    expect(new Set(requests.map(({ body }) => body))).toEqual(new Set(['{"request_id":"k1"}']))
  })
})
