import { describe, expect, it } from 'vitest'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { fakeClock, json, playFetch, refusedPort, reset, thrown, url, type Step } from '../fetch/fakes.js'

const open = (...steps: readonly [Step, ...Step[]]) =>
  createIdempotentFetch({ fetch: playFetch(...steps).fetch, clock: fakeClock() })
const post = { method: 'POST', body: '{}', idempotencyKey: 'k' }

describe('Rule 9: the end of the attempts', () => {
  it('on an HTTP answer is that answer', async () => {
    const response = await open(reset(), json(429), reset(), json(503, 'the last'))(url, post)
    expect([response.status, await response.json()]).toEqual([503, 'the last'])
    expect(idempotencyOf(response)).toEqual({ key: 'k', attempts: 10, replayed: false, outcome: 'unknown' })
  })

  it('on a lost answer is an error that knows everything', async () => {
    const last = reset()
    const error = await thrown(open(json(503), json(503), json(503), last)(`${url}?token=secret`, post))
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ key: 'k', attempts: 10, outcome: 'unknown', method: 'POST', url })
    expect(error.cause).toBe(last)
    expect(error.retry).toBeTypeOf('function')
    expect(idempotencyOf(error)).toEqual({ key: 'k', attempts: 10, replayed: false, outcome: 'unknown' })
  })

  it('retry() sends the same operation under the same key', async () => {
    const { fetch, sent } = playFetch(reset(), reset(), reset(), reset(), json(201))
    const error = await thrown(
      createIdempotentFetch({ fetch, clock: fakeClock(), retry: { maxAttempts: 4 } })(url, {
        method: 'POST',
        body: 'x',
      }),
    )
    expect((await error.retry()).status).toBe(201)
    expect(new Set(sent.map(({ key, body }) => `${key} ${body}`)).size).toBe(1)
    expect(sent).toHaveLength(5)
  })

  it('of a replayed answer says so', async () => {
    const response = await open(reset(), json(201, {}, { 'idempotent-replayed': 'true' }))(url, post)
    expect(idempotencyOf(response)).toEqual({ key: 'k', attempts: 2, replayed: true, outcome: 'applied' })
  })

  it('of a stored failure returns it, and does not retry', async () => {
    const { fetch, sent } = playFetch(json(400, {}, { 'idempotent-replayed': 'true' }))
    const response = await createIdempotentFetch({ fetch })(url, post)
    expect(idempotencyOf(response)).toEqual({ key: 'k', attempts: 1, replayed: true, outcome: 'not-applied' })
    expect(sent).toHaveLength(1)
  })

  it('of a stored server error returns it too, as it would only be stored again', async () => {
    const { fetch, sent } = playFetch(json(500, {}, { 'idempotent-replayed': 'true' }))
    const response = await createIdempotentFetch({ fetch, clock: fakeClock() })(url, post)
    expect(idempotencyOf(response)).toEqual({ key: 'k', attempts: 1, replayed: true, outcome: 'unknown' })
    expect(sent).toHaveLength(1)
  })

  it('by the caller stays the caller’s reason', async () => {
    const controller = new AbortController()
    const send = open(() => {
      controller.abort()
      return new Promise(() => undefined)
    })
    const error = await thrown(send(url, { ...post, signal: controller.signal }))
    expect(error).toBe(controller.signal.reason)
    expect(error.name).toBe('AbortError')
    expect(idempotencyOf(error)).toMatchObject({ key: 'k', attempts: 1, outcome: 'unknown' })
  })

  it('on a request that was never sent is an error that promises it', async () => {
    const error = await thrown(open(refusedPort())(url, post))
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ code: 'not_applied', key: 'k', attempts: 10, outcome: 'not-applied' })
  })
})
