import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { bodyField, standard } from 'fetch-idempotency/contracts'
import { faultyFetch, randomFaults, virtualClock } from 'fetch-idempotency/testing'
import { describe, expect, it, vi } from 'vitest'

const url = 'https://api.test/orders'
const init = { method: 'POST', body: '{"item":"book"}' }

describe('faultyFetch', () => {
  it('hands on what passes, with its body and headers', async () => {
    const inner = vi.fn(async (request: unknown) => new Response(await (request as Request).text()))
    const flaky = faultyFetch([], { fetch: inner })
    const response = await flaky(url, { ...init, headers: { 'x-a': '1' } })
    expect(await response.text()).toBe(init.body)
    expect(flaky.requests).toMatchObject([
      { method: 'POST', url, body: init.body, key: undefined, attempt: 1 },
    ])
    expect(flaky.requests[0]?.headers.get('x-a')).toBe('1')
  })

  it('refuses a fault that does not exist', async () => {
    const why = /there is no fault "lose": pass, refuse, /
    expect(() => faultyFetch(['pass', 'lose' as 'pass'])).toThrow(why)
    expect(() => faultyFetch().next('lose' as 'pass')).toThrow(why)
    await expect(faultyFetch(() => 'lose' as 'pass')(url)).rejects.toThrow(why)
    const fetch = async () => new Response('ok')
    expect(await (await faultyFetch([undefined as never], { fetch })(url)).text()).toBe('ok')
  })

  it('takes the global fetch of the moment', async () => {
    const flaky = faultyFetch()
    vi.stubGlobal('fetch', async () => new Response('stub'))
    expect(await (await flaky(url)).text()).toBe('stub')
    vi.unstubAllGlobals()
  })

  it.each([
    ['refuse', 0, 'ECONNREFUSED'],
    ['reset-before', 0, 'ECONNRESET'],
    ['lose-answer', 1, 'ECONNRESET'],
  ] as const)('%s throws as fetch does, and %i requests reach the server', async (fault, reached, code) => {
    const inner = vi.fn(async () => new Response('{}'))
    const error = await faultyFetch([fault], { fetch: inner })(url, init).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ cause: { code } })
    expect(inner).toHaveBeenCalledTimes(reached)
  })

  it('cuts a body in its middle, and gives the head', async () => {
    const answer = async () => Response.json({ id: 12_345 }, { status: 201, headers: { 'x-a': '1' } })
    const response = await faultyFetch(['cut-body'], { fetch: answer })(url, init)
    expect([response.status, response.headers.get('x-a')]).toEqual([201, '1'])
    const reader = response.body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('{"id":')
    await expect(reader.read()).rejects.toThrow('terminated')
  })

  it('resets where there is no body to cut', async () => {
    const answer = async () => new Response(null, { status: 204 })
    await expect(faultyFetch(['cut-body'], { fetch: answer })(url, init)).rejects.toThrow('fetch failed')
  })

  it('hangs until its signal aborts, with its reason', async () => {
    const controller = new AbortController()
    const flaky = faultyFetch(['hang'], { fetch: async () => new Response('{}') })
    const end = flaky(url, { ...init, signal: controller.signal })
    await expect.poll(() => flaky.requests.length).toBe(1)
    controller.abort(new Error('enough'))
    await expect(end).rejects.toThrow('enough')
  })

  it('sends nothing once its signal is aborted', async () => {
    const flaky = faultyFetch([], { fetch: async () => new Response('{}') })
    await expect(flaky(url, { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no')
    expect(flaky.requests).toEqual([])
  })

  it('gives a new answer each time it is to give the same one', async () => {
    const flaky = faultyFetch(() => ({ instead: { status: 418, body: 'tea' } }))
    expect([await (await flaky(url)).text(), await (await flaky(url)).text()]).toEqual(['tea', 'tea'])
  })

  it('reads the key as its contract says', async () => {
    const contract = standard.with({ carrier: bodyField('key') })
    const flaky = faultyFetch(['lose-answer'], { contract, fetch: async () => Response.json({}) })
    const send = createIdempotentFetch({ contract, fetch: flaky, clock: virtualClock() })
    const response = await send(url, init)
    expect(flaky.requests.map(({ key, attempt }) => [key, attempt])).toEqual(
      [1, 2].map((attempt) => [idempotencyOf(response)?.key, attempt]),
    )
  })
})

describe('virtualClock', () => {
  it('is on at the end of each wait, at once', async () => {
    const clock = virtualClock(1_000)
    await clock.sleep(500)
    clock.pass(5)
    expect([clock.now(), clock.waits]).toEqual([1_505, [500]])
  })

  it('does not wait once its signal is aborted', async () => {
    const clock = virtualClock(0)
    await expect(clock.sleep(1, AbortSignal.abort(new Error('no')))).rejects.toThrow('no')
    expect([clock.now(), clock.waits]).toEqual([0, []])
  })

  it('begins now', () => {
    expect(Math.abs(virtualClock().now() - Date.now())).toBeLessThan(10_000)
  })
})

describe('randomFaults', () => {
  it('are the same for the same seed, and others for another', () => {
    const draw = (seed: number) => randomFaults({ seed, count: 50 })
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
  })

  it('are all of those that are drawn from', () => {
    const drawn = randomFaults({ seed: 1, count: 500, of: ['pass', 'hang', 'refuse'] })
    expect(drawn).toHaveLength(500)
    for (const fault of ['pass', 'hang', 'refuse']) {
      const share = drawn.filter((one) => one === fault).length
      expect(share).toBeGreaterThan(120)
    }
    expect(new Set(randomFaults({ seed: 1, count: 500 })).size).toBe(6)
  })
})
