import { describe, expect, it } from 'vitest'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { fakeClock, json, playFetch, url } from '../fetch/fakes.js'
import { listen } from '../transport/loopback.js'

const post = { method: 'POST', body: '{}' }
const streaming = (contentType: string) => () =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('first'))
        controller.error(new TypeError('terminated'))
      },
    }),
    { status: 201, headers: { 'content-type': contentType } },
  )

describe('Rule 2: the answer’s body is part of the attempt', () => {
  it('sends again when the connection drops after the headers', async () => {
    let requests = 0
    const { base } = await listen((request, response) => {
      request.resume().on('end', () => {
        requests += 1
        if (requests > 1) return response.end('{"id":1}')
        response.writeHead(201, { 'content-length': '8' })
        return response.write('{"id', () => response.socket?.resetAndDestroy())
      })
    })
    const response = await createIdempotentFetch({ clock: fakeClock() })(base, post)
    expect(await response.json()).toEqual({ id: 1 })
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'applied' })
  })

  it('reads the body of a write before it is given', async () => {
    const { fetch, sent } = playFetch(streaming('application/json'), json(201))
    await createIdempotentFetch({ fetch, clock: fakeClock() })(url, post)
    expect(sent).toHaveLength(2)
  })

  it('never reads text/event-stream', async () => {
    const { fetch, sent } = playFetch(streaming('text/event-stream; charset=utf-8'))
    const response = await createIdempotentFetch({ fetch, clock: fakeClock() })(url, post)
    expect(sent).toHaveLength(1)
    await expect(response.text()).rejects.toThrow('terminated')
  })

  it('reads no further than the limit', async () => {
    let pulled = 0
    const { fetch } = playFetch(
      () =>
        new Response(
          new ReadableStream(
            {
              pull(controller) {
                pulled += 1
                controller.enqueue(new Uint8Array(10))
                if (pulled === 100) controller.close()
              },
            },
            { highWaterMark: 0 },
          ),
          { headers: { 'content-type': 'application/json' } },
        ),
    )
    const response = await createIdempotentFetch({ fetch, maxResponseBytes: 50 })(url, post)
    expect(pulled).toBe(6)
    expect((await response.arrayBuffer()).byteLength).toBe(1000)
  })
})
