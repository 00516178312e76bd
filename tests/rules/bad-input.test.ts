import { describe, expect, it } from 'vitest'
import { createIdempotentFetch } from 'fetch-idempotency'
import { fakeClock, json, playFetch, thrown, url } from '../fetch/fakes.js'

function setUp(more: object = {}) {
  const play = playFetch(json(201))
  return { ...play, send: createIdempotentFetch({ fetch: play.fetch, clock: fakeClock(), ...more }) }
}
const post = { method: 'POST', body: '{}' }

describe('Bad input is refused before anything is sent', () => {
  it.each<[string, unknown]>([
    ['empty', ''],
    ['overlong', 'k'.repeat(256)],
    ['non-ASCII', 'ключ'],
    ['with CR', 'a\rb'],
    ['with LF', 'a\nb'],
    ['with a space before it', ' a'],
    ['with a space after it', 'a '],
    ['of the wrong type', 42],
    ['of the wrong type', null],
    ['of the wrong type', ['a']],
  ])('a key that is %s', async (_, key) => {
    const { send, sent } = setUp()
    expect(await thrown(send(url, { ...post, idempotencyKey: key as string }))).toMatchObject({
      code: 'key_invalid',
      outcome: 'not-applied',
      attempts: 0,
    })
    expect(sent).toEqual([])
  })

  it.each<[string, object, typeof TypeError]>([
    ['an unknown option', { retires: 3 }, TypeError],
    ['an unknown option of retry', { retry: { attempts: 3 } }, TypeError],
    ['NaN', { retry: { deadlineMs: NaN } }, RangeError],
    ['a negative number', { maxRequestBytes: -1 }, RangeError],
    ['a number that is not whole', { retry: { maxAttempts: 1.5 } }, RangeError],
    ['a wrong type', { retry: { maxAttempts: '3' } }, TypeError],
  ])('%s, at construction', (_, options, kind) => {
    expect(() => createIdempotentFetch(options)).toThrow(kind)
  })

  it('takes huge numbers', async () => {
    const { send } = setUp({ retry: { maxAttempts: 1e15, deadlineMs: 1e15, attemptTimeoutMs: 1e15 } })
    expect((await send(url, post)).status).toBe(201)
  })

  it('a used body', async () => {
    const { send, sent } = setUp()
    const request = new Request(url, post)
    await request.text()
    const stream = new Blob(['x']).stream()
    await new Response(stream).text()
    for (const call of [send(request), send(url, { method: 'POST', body: stream })])
      expect(await thrown(call)).toMatchObject({ code: 'unsendable', outcome: 'not-applied', attempts: 0 })
    expect(sent).toEqual([])
  })

  it('a stream larger than the limit', async () => {
    const { send, sent } = setUp({ maxRequestBytes: 10 })
    const body = new Blob(['more than ten bytes']).stream()
    expect(await thrown(send(url, { method: 'POST', body }))).toMatchObject({
      code: 'body_too_large',
      outcome: 'not-applied',
      attempts: 0,
    })
    expect(sent).toEqual([])
  })

  it('a signal that is aborted', async () => {
    const { send, sent } = setUp()
    expect(await thrown(send(url, { ...post, signal: AbortSignal.abort('mine') }))).toBe('mine')
    expect(sent).toEqual([])
  })

  it.each(['http://', 'http://[', '/relative', 'no url', 'ftp://api.test/'])(
    'a bad URL: %s',
    async (target) => {
      const clock = fakeClock()
      const error = await thrown(createIdempotentFetch({ clock })(target, post))
      expect(error).toMatchObject({ code: 'unsendable', outcome: 'not-applied' })
      expect(error.cause).toBeInstanceOf(TypeError)
      expect(clock.delays).toEqual([])
    },
  )

  it.each(['garbage', '-5', '1e99', 'Infinity', '5 apples', 'Sat, 01 Jan 2000 00:00:00 GMT'])(
    'Retry-After of "%s" is ignored, as HTTP says',
    async (value) => {
      const clock = fakeClock()

      const { fetch, sent } = playFetch(json(429, {}, { 'retry-after': value }), json(201))
      const send = createIdempotentFetch({ fetch, clock, random: () => 0.5 })
      expect((await send(url, post)).status).toBe(201)
      expect([clock.delays, sent.length]).toEqual([[25], 2])
    },
  )
})
