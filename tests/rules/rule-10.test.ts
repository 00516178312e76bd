import { describe, expect, it, vi } from 'vitest'
import ky from 'ky'
import { createIdempotentFetch } from 'fetch-idempotency'
import { idempotency } from 'fetch-idempotency/ky'
import { json, playFetch, thrown, url, withResolvers } from '../fetch/fakes.js'

function setUp() {
  const answer = withResolvers<Response>()
  const play = playFetch(() => answer.promise)
  const send = createIdempotentFetch({ fetch: play.fetch })
  const post = (body: string) => send(url, { method: 'POST', body, idempotencyKey: 'k' })
  return { ...play, answer, post, arrived: () => vi.waitFor(() => expect(play.sent).toHaveLength(1)) }
}

describe('Rule 10: the same key in flight twice', () => {
  it('is one request with two readers', async () => {
    const { post, sent, answer, arrived } = setUp()
    const calls = [post('same'), post('same')]
    await arrived()
    answer.resolve(json(201, { id: 1 }))
    const bodies = await Promise.all(calls.map(async (call) => (await call).json()))
    expect(bodies).toEqual([{ id: 1 }, { id: 1 }])
    expect(sent).toHaveLength(1)
  })

  it('with another payload throws before sending', async () => {
    const { post, sent, answer, arrived } = setUp()
    const first = post('one')
    await arrived()
    expect(await thrown(post('other'))).toMatchObject({
      code: 'key_reused',
      attempts: 0,
      outcome: 'not-applied',
    })
    expect(sent).toHaveLength(1)
    answer.resolve(json(201))
    await first
  })

  describe('for two accounts is two requests: neither gets the answer of the other', () => {
    const byAccount = () => {
      const all = withResolvers<void>()
      const play = playFetch(async ({ headers }) => {
        if (play.sent.length === 2) all.resolve()
        await all.promise
        return json(201, headers.get('authorization'))
      })
      return play
    }
    const init = (authorization: string) => ({
      method: 'POST',
      body: '{}',
      headers: { authorization, 'idempotency-key': 'order-1' },
    })

    it('with our fetch', async () => {
      const { fetch, sent } = byAccount()
      const send = createIdempotentFetch({ fetch })
      const answers = await Promise.all(['a', 'b'].map(async (who) => (await send(url, init(who))).json()))
      expect([answers, sent.length]).toEqual([['a', 'b'], 2])
    })

    it('with ky', async () => {
      const { fetch, sent } = byAccount()
      const api = ky.extend(idempotency({ fetch }))
      const answers = await Promise.all(['a', 'b'].map((who) => api(url, init(who)).json()))
      expect([answers, sent.length]).toEqual([['a', 'b'], 2])
    })
  })
})
