import { describe, expect, it } from 'vitest'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { fakeClock, json, playFetch, reset, url, type Step } from '../fetch/fakes.js'

function setUp(steps: readonly [Step, ...Step[]]) {
  const play = playFetch(...steps)
  const clock = fakeClock()
  const send = createIdempotentFetch({ fetch: play.fetch, clock, random: () => 0.5 })
  return { ...play, clock, post: (init: object = {}) => send(url, { method: 'POST', body: '{}', ...init }) }
}

describe('Rule 3: a 409 has many meanings', () => {
  it('is a definite no on the first attempt with a generated key', async () => {
    const { post, sent } = setUp([json(409, { code: 'in_progress' }, { 'retry-after': '1' })])
    const response = await post()
    expect(response.status).toBe(409)
    expect(sent).toHaveLength(1)
    expect(idempotencyOf(response)?.outcome).toBe('not-applied')
  })

  it('is our own first try after a lost answer: waits and asks again', async () => {
    const { post, sent, clock } = setUp([
      reset(),
      json(409, {}, { 'retry-after': '2' }),
      json(409),
      json(201),
    ])
    const response = await post()
    expect(response.status).toBe(201)
    expect(sent).toHaveLength(4)
    expect(clock.delays).toEqual([25, 2000, 2000])
    expect(idempotencyOf(response)?.outcome).toBe('applied')
  })

  it('costs no attempt while it is asked about', async () => {
    const asks = Array.from({ length: 5 }, () => json(409))
    const { post } = setUp([json(503), ...asks, json(503), json(503), json(201)])
    const response = await post()
    expect(response.status).toBe(201)
    expect(idempotencyOf(response)?.attempts).toBe(9)
  })

  it('is asked about for some twelve seconds, then returned with the outcome unknown', async () => {
    const { post, sent, clock } = setUp([reset(), json(409, 'still')])
    const response = await post()
    expect([response.status, await response.json()]).toEqual([409, 'still'])
    expect(sent).toHaveLength(8)
    expect(clock.delays.slice(1)).toEqual([2000, 2000, 2000, 2000, 2000, 2000])
    expect(idempotencyOf(response)?.outcome).toBe('unknown')
  })

  it('is not asked about where the server asks to wait longer than that', async () => {
    const { post, sent } = setUp([reset(), json(409, {}, { 'retry-after': '50' })])
    const response = await post()
    expect(response.status).toBe(409)
    expect(sent).toHaveLength(2)
    expect(idempotencyOf(response)?.outcome).toBe('unknown')
  })

  describe('with a caller’s key, on the first attempt', () => {
    it.each<[string, Response]>([
      ['Retry-After', json(409, {}, { 'retry-after': '1' })],
      ['a known code', json(409, { error: { code: 'idempotency_key_in_use' } })],
      ['a known code', json(409, { code: 'request_in_progress' })],
    ])('is still running when it carries %s', async (_, conflict) => {
      const { post, sent } = setUp([conflict, json(201)])
      const response = await post({ idempotencyKey: 'mine' })
      expect(response.status).toBe(201)
      expect(sent).toHaveLength(2)
    })

    it.each<[string, Response]>([
      ['nothing', json(409)],
      ['another code', json(409, { code: 'already_exists' })],
      ['no JSON', new Response('conflict', { status: 409 })],
    ])('is a no when it carries %s', async (_, conflict) => {
      const { post, sent } = setUp([conflict, json(201)])
      const response = await post({ idempotencyKey: 'mine' })
      expect(response.status).toBe(409)
      expect(sent).toHaveLength(1)
    })
  })

  it('is a definite no without a key', async () => {
    const play = playFetch(json(409, {}, { 'retry-after': '1' }))
    const send = createIdempotentFetch({ fetch: play.fetch, clock: fakeClock(), methods: [] })
    expect((await send(url, { method: 'POST' })).status).toBe(409)
    expect(play.sent).toHaveLength(1)
  })
})
