import { describe, expect, it } from 'vitest'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import type { AroundAttempt, AttemptReport } from '../../src/loop/transport.js'
import { fakeClock, json, playFetch, reset, thrown, url, type Step } from '../fetch/fakes.js'

const post = { method: 'POST', body: '{}', idempotencyKey: 'k' }
function setUp(aroundAttempt: AroundAttempt, steps: readonly [Step, ...Step[]] = [json(201)]) {
  const play = playFetch(...steps)
  return { ...play, send: createIdempotentFetch({ fetch: play.fetch, clock: fakeClock(), aroundAttempt }) }
}

describe('aroundAttempt', () => {
  it('puts headers on each attempt that are new each time', async () => {
    const { send, sent } = setUp(
      ({ attempt }, next) => next({ 'x-timestamp': `${attempt}` }),
      [json(503), reset(), json(201)],
    )
    await send(url, { ...post, headers: { 'X-Timestamp': '0', 'x-kept': 'yes' } })
    expect(sent.map(({ headers }) => headers.get('x-timestamp'))).toEqual(['1', '2', '3'])
    expect(sent.map(({ headers }) => headers.get('x-kept'))).toEqual(['yes', 'yes', 'yes'])
  })

  it('cannot change the key', async () => {
    const { send, sent } = setUp((_, next) => next({ 'Idempotency-KEY': 'other', 'x-a': 'b' }))
    await send(url, post)
    expect(sent.map(({ key, headers }) => [key, headers.get('x-a')])).toEqual([['k', 'b']])
  })

  it('is told which attempt it stands around, and what that brought', async () => {
    const seen: unknown[] = []
    const { send } = setUp(
      async (info, next) => {
        const report: AttemptReport = await next()
        seen.push([info.key, info.method, info.url, info.attempt, report.status, report.error])
        return info.operation
      },
      [json(503), reset(), json(201)],
    )
    await send(`${url}?secret=1`, post)
    expect(seen).toEqual([
      ['k', 'POST', url, 1, 503, undefined],
      ['k', 'POST', url, 2, undefined, expect.any(TypeError)],
      ['k', 'POST', url, 3, 201, undefined],
    ])
  })

  it('may be a plain function that gives nothing', async () => {
    const { send, sent } = setUp((_, next) => void next({ 'x-a': '1' }) as never, [reset(), json(201)])
    expect((await send(url, post)).status).toBe(201)
    expect(sent.map(({ headers }) => headers.get('x-a'))).toEqual(['1', '1'])
  })

  it('may throw at once', async () => {
    const mine = new Error('no signature')
    const { send, sent } = setUp(() => {
      throw mine
    })
    expect(await thrown(send(url, post))).toBe(mine)
    expect(sent).toEqual([])
    expect(idempotencyOf(mine)?.outcome).toBe('not-applied')
  })

  it('that throws before it sends ends the call: nothing was sent, and nothing applied', async () => {
    const mine = new Error('no signature')
    const { send, sent } = setUp(() => Promise.reject(mine))
    expect(await thrown(send(url, post))).toBe(mine)
    expect(sent).toEqual([])
    expect(idempotencyOf(mine)).toMatchObject({ key: 'k', outcome: 'not-applied' })
  })

  it('that throws before a retry leaves open what the first attempt has done', async () => {
    const mine = new Error('no signature')
    const { send, sent } = setUp(
      ({ attempt }, next) => (attempt === 1 ? next() : Promise.reject(mine)),
      [reset()],
    )
    expect(await thrown(send(url, post))).toBe(mine)
    expect(sent).toHaveLength(1)
    expect(idempotencyOf(mine)).toMatchObject({ key: 'k', outcome: 'unknown' })
  })

  it('that never sends ends the call with a TypeError', async () => {
    const { send, sent } = setUp(async () => undefined)
    const error = await thrown(send(url, post))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain('next()')
    expect([sent.length, idempotencyOf(error)?.outcome]).toEqual([0, 'not-applied'])
  })

  it.each([
    [201, 'applied'],
    [400, 'not-applied'],
    [503, 'unknown'],
  ])('that throws after a %i ends the call with the outcome %s', async (status, outcome) => {
    const mine = new Error(`after ${status}`)
    const { send, sent } = setUp(
      async (_, next) => {
        await next()
        throw mine
      },
      [json(status)],
    )
    expect(await thrown(send(url, post))).toBe(mine)
    expect(sent).toHaveLength(1)
    expect(idempotencyOf(mine)).toMatchObject({ key: 'k', attempts: 1, outcome })
  })

  it('sends once, however often it calls next', async () => {
    const { send, sent } = setUp(async (_, next) => Promise.all([next(), next()]))
    expect((await send(url, post)).status).toBe(201)
    expect(sent).toHaveLength(1)
  })

  it('has the time of the operation once the answer is there', async () => {
    const { send, sent } = setUp(async (_, next) => {
      await next()
      await new Promise((resolve) => setTimeout(resolve, 20))
    })
    const retry = { attemptTimeoutMs: 10 }
    expect((await send(url, { ...post, idempotency: { retry } })).status).toBe(201)
    expect(sent).toHaveLength(1)
    const hanging = setUp(async (_, next) => void (await next().then(() => new Promise(() => undefined))))
    const error = await thrown(
      hanging.send(url, { ...post, idempotency: { retry: { attemptTimeoutMs: 5, deadlineMs: 20 } } }),
    )
    expect(error).toMatchObject({ code: 'deadline_exceeded', outcome: 'applied', attempts: 1 })
    expect(hanging.sent).toHaveLength(1)
  })

  it('that takes too long before it calls next() has sent nothing, and sends nothing later', async () => {
    let goOn: (() => Promise<unknown>) | undefined
    const { send, sent } = setUp((_, next) => new Promise((resolve) => (goOn = () => next().then(resolve))))
    const retry = { attemptTimeoutMs: 5, maxAttempts: 1 }
    const error = await thrown(send(url, { ...post, idempotency: { retry } }))
    expect(error).toMatchObject({ code: 'not_applied', outcome: 'not-applied', attempts: 1 })
    await thrown(goOn!())
    expect(sent).toEqual([])
  })
})
