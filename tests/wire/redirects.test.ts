import { describe, expect, it } from 'vitest'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { idempotency } from 'fetch-idempotency/ky'
import ky1 from 'ky'
import ky2 from 'ky2'
import { listen } from '../fetch/loopback.js'

const retry = { backoff: () => 1 }

/** A server that applies each POST and sends the client on to something else. */
async function redirecting(status: number, then: { readonly status: number } | 'nobody') {
  const seen = { writes: 0 }
  const { base } = await listen((request, response) => {
    if (request.method !== 'POST')
      return void response.writeHead(then === 'nobody' ? 500 : then.status).end('{}')
    seen.writes += 1
    // The same port of another address, on which nobody listens.
    const elsewhere = `http://${String(request.headers.host).replace('127.0.0.1', '127.0.0.2')}/`
    response.writeHead(status, { location: then === 'nobody' ? elsewhere : '/next' }).end()
  })
  return { base, seen }
}

const outcome = (end: unknown) => idempotencyOf(end)?.outcome

describe('a write that is redirected after it was applied', () => {
  it.each([404, 429, 501])('is never told as not applied, when what comes after is a %i', async (status) => {
    const { base, seen } = await redirecting(303, { status })
    const send = createIdempotentFetch({ retry, methods: [] })
    const response = await send(`${base}/orders`, { method: 'POST', body: '{}' })
    expect([response.status, outcome(response), seen.writes]).toEqual([status, 'unknown', 1])
  })

  it('is not told as applied for a 200 that may be that of a GET', async () => {
    const { base } = await redirecting(302, { status: 200 })
    const response = await createIdempotentFetch()(`${base}/orders`, { method: 'POST', body: '{}' })
    expect([response.status, response.redirected, outcome(response)]).toEqual([200, true, 'unknown'])
  })

  it('is not sent again without a key, when nobody listens where it leads', async () => {
    const { base, seen } = await redirecting(303, 'nobody')
    const send = createIdempotentFetch({ retry, methods: [] })
    const error = await send(`${base}/orders`, { method: 'POST', body: '{}' }).catch(
      (caught: unknown) => caught,
    )
    expect([outcome(error), seen.writes]).toEqual(['unknown', 1])
  })

  it.each([
    ['ky 1', ky1],
    ['ky 2', ky2 as unknown as typeof ky1],
  ])('is not told as not applied by %s either', async (_, ky) => {
    const { base, seen } = await redirecting(303, { status: 404 })
    const api = ky.extend(idempotency())
    const error: unknown = await api.post(`${base}/orders`, { json: {} }).catch((caught: unknown) => caught)
    expect([outcome(error), seen.writes]).toEqual(['unknown', 1])
  })
})
