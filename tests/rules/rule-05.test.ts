import { describe, expect, it } from 'vitest'
import { createIdempotentFetch } from 'fetch-idempotency'
import { fakeClock, json, playFetch, reset, thrown, url } from '../fetch/fakes.js'

const stream = (text = 'streamed') => new Blob([text]).stream()

describe('Rule 5: bytes never change between attempts', () => {
  it('fixes method, URL, query, headers and body at the first one', async () => {
    const target = new URL(`${url}?page=1`)
    const headers = new Headers({ 'x-a': '1' })
    const body = new TextEncoder().encode('before')
    const { fetch, sent } = playFetch(() => {
      target.searchParams.set('page', '2')
      headers.set('x-a', '2')
      body.fill(0)
      return json(503)
    }, json(201))
    await createIdempotentFetch({ fetch, clock: fakeClock() })(target, { method: 'PUT', headers, body })
    expect(sent).toHaveLength(2)
    for (const one of sent) {
      expect(one).toMatchObject({ method: 'PUT', url: `${url}?page=1`, body: 'before' })
      expect(one.headers.get('x-a')).toBe('1')
    }
    expect([...(sent[1]?.headers ?? [])]).toEqual([...(sent[0]?.headers ?? [])])
  })

  it('takes bytes as they are at the call', async () => {
    const body = new TextEncoder().encode('before')
    const { fetch, sent } = playFetch(json(201))
    const call = createIdempotentFetch({ fetch })(url, { method: 'POST', body })
    body.fill(0)
    await call
    expect(sent[0]?.body).toBe('before')
  })

  it('writes form data once: one boundary', async () => {
    const form = new FormData()
    form.set('a', 'b')
    const { fetch, sent } = playFetch(reset(), json(201))
    await createIdempotentFetch({ fetch, clock: fakeClock() })(url, { method: 'POST', body: form })
    expect(sent[1]?.body).toBe(sent[0]?.body)
    expect(sent[1]?.headers.get('content-type')).toBe(sent[0]?.headers.get('content-type'))
  })

  it('keeps a stream, up to the limit', async () => {
    const { fetch, sent } = playFetch(reset(), json(201))
    const send = createIdempotentFetch({ fetch, clock: fakeClock(), maxRequestBytes: 8 })
    await send(url, { method: 'POST', body: stream() })
    expect(sent.map(({ body }) => body)).toEqual(['streamed', 'streamed'])
    expect(await thrown(send(url, { method: 'POST', body: stream('longer than the limit') }))).toMatchObject({
      code: 'body_too_large',
      attempts: 0,
      outcome: 'not-applied',
    })
    expect(sent).toHaveLength(2)
  })

  it('makes a stream anew with a factory', async () => {
    const { fetch, sent } = playFetch(reset(), json(201))
    const send = createIdempotentFetch({ fetch, clock: fakeClock(), maxRequestBytes: 0 })
    await send(url, { method: 'POST', body: () => stream() })
    expect(sent.map(({ body }) => body)).toEqual(['streamed', 'streamed'])
  })

  it('gives a stream that cannot be kept one attempt, and says why', async () => {
    const { fetch, sent } = playFetch(reset())
    const send = createIdempotentFetch({
      fetch,
      clock: fakeClock(),
      maxRequestBytes: 0,
      oversizedBody: 'send-once',
    })
    const error = await thrown(send(url, { method: 'POST', body: stream() }))
    expect(error).toMatchObject({ code: 'outcome_unknown', outcome: 'unknown', attempts: 1 })
    expect(error.message).toContain('its body is a stream, which can be sent only once')
    expect(sent).toHaveLength(1)
    expect(await thrown(error.retry())).toBe(error)
    expect(sent).toHaveLength(1)
  })
})
