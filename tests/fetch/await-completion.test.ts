import { describe, expect, it, vi } from 'vitest'
import { awaitCompletion, createIdempotentFetch, idempotencyOf, isDeadlineError } from 'fetch-idempotency'

const origin = 'https://api.example.com'

interface Look {
  readonly url: string
  readonly headers: Headers
}

/** A clock that jumps over its waits and writes them down. */
function fakeClock() {
  let nowMs = 1_700_000_000_000
  const waits: number[] = []
  return {
    waits,
    now: () => nowMs,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted()
      waits.push(ms)
      nowMs += ms
    },
  }
}

function accepted(headers: Record<string, string>, url = `${origin}/orders`): Response {
  const response = new Response('{}', { status: 202, headers })
  return Object.defineProperty(response, 'url', { value: url })
}

/** Answers the looks in turn; the last answer stays. */
function answering(...answers: (() => Response | Promise<Response>)[]) {
  const looks: Look[] = []
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    const answer = answers[Math.min(looks.length, answers.length - 1)] as () => Response
    looks.push({ url: String(input), headers: new Headers(init?.headers) })
    return answer()
  }
  return { looks, fetch: fetch as typeof globalThis.fetch }
}

const state =
  (word: string, headers: Record<string, string> = {}) =>
  () =>
    Response.json({ status: word }, { headers })

describe('awaitCompletion', () => {
  it.each(['operation-location', 'location', 'content-location'])('asks the URL in %s', async (name) => {
    const { looks, fetch } = answering(state('succeeded'))
    const result = await awaitCompletion(accepted({ [name]: '/orders/1' }), { fetch, clock: fakeClock() })
    expect(looks.map(({ url }) => url)).toEqual([`${origin}/orders/1`])
    expect(await result.json()).toEqual({ status: 'succeeded' })
    expect(idempotencyOf(result)?.outcome).toBe('applied')
  })

  it('prefers Operation-Location, which tells of the work, to Location, which may be its result', async () => {
    const { looks, fetch } = answering(state('done'))
    await awaitCompletion(accepted({ location: '/result', 'operation-location': '/work' }), {
      fetch,
      clock: fakeClock(),
    })
    expect(looks[0]?.url).toBe(`${origin}/work`)
  })

  it('goes on while the answer is 202 or its state says running, waiting as told or by its own backoff', async () => {
    const clock = fakeClock()
    const { looks, fetch } = answering(
      () => new Response(null, { status: 202, headers: { 'retry-after': '7' } }),
      state('InProgress'),
      state('queued'),
      state('succeeded'),
    )
    await awaitCompletion(accepted({ location: '/w', 'retry-after': '3' }), { fetch, clock })
    expect(looks).toHaveLength(4)
    expect(clock.waits).toEqual([3_000, 7_000, 4_000, 8_000])
  })

  it.each(['failed', 'Canceled', 'rejected'])(
    'gives the answer back with outcome unknown when the state is %s',
    async (word) => {
      const { fetch } = answering(state(word))
      const result = await awaitCompletion(accepted({ location: '/w' }), { fetch, clock: fakeClock() })
      expect(await result.json()).toEqual({ status: word })
      expect(idempotencyOf(result)?.outcome).toBe('unknown')
    },
  )

  it('takes the word of readState', async () => {
    const { looks, fetch } = answering(
      () => Response.json({ phase: 1 }),
      () => Response.json({ phase: 2 }),
    )
    const readState = ({ json }: { json: unknown }) =>
      (json as { phase: number }).phase === 2 ? 'done' : 'running'
    await awaitCompletion(accepted({ location: '/w' }), { fetch, clock: fakeClock(), readState })
    expect(looks).toHaveLength(2)
  })

  it('lets what readState throws through', async () => {
    const { fetch } = answering(state('done'))
    const readState = () => {
      throw new Error('mine')
    }
    await expect(
      awaitCompletion(accepted({ location: '/w' }), { fetch, clock: fakeClock(), readState }),
    ).rejects.toThrow('mine')
  })

  it('looks again after a lost, busy or broken look', async () => {
    const { looks, fetch } = answering(
      () => Promise.reject(new TypeError('fetch failed')),
      () => new Response('', { status: 429 }),
      () => new Response('', { status: 503 }),
      state('succeeded'),
    )
    const result = await awaitCompletion(accepted({ location: '/w' }), { fetch, clock: fakeClock() })
    expect(result.status).toBe(200)
    expect(looks.length).toBeGreaterThanOrEqual(4)
  })

  it('throws DeadlineError with outcome unknown and the key when the time runs out, without beginning the wait', async () => {
    const clock = fakeClock()
    const { fetch } = answering(state('running'))
    const send = createIdempotentFetch({ fetch: async () => accepted({ location: '/w' }), clock })
    const first = await send(`${origin}/orders`, { method: 'POST', idempotencyKey: 'order-1' })
    const error = await awaitCompletion(first, { fetch, clock, deadlineMs: 10_000 }).catch(
      (caught: unknown) => caught,
    )
    expect(isDeadlineError(error) && [error.outcome, error.key]).toEqual(['unknown', 'order-1'])
    expect(clock.waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThan(10_000)
  })

  it.each<[string, () => Response | Promise<Response>]>([
    ['does not answer', () => new Promise<Response>(() => undefined)],
    ['stops in the midst of its answer', () => new Response(new ReadableStream())],
  ])('throws DeadlineError when the time runs out while the server %s', async (_, answer) => {
    vi.useFakeTimers()
    try {
      const clock = fakeClock()
      const { looks, fetch } = answering(answer)
      const send = createIdempotentFetch({ fetch: async () => accepted({ location: '/w' }), clock })
      const first = await send(`${origin}/orders`, { method: 'POST', idempotencyKey: 'order-1' })
      const waiting = awaitCompletion(first, { fetch, clock, deadlineMs: 10_000 }).catch(
        (caught: unknown) => caught,
      )
      await vi.advanceTimersByTimeAsync(10_000)
      const error = await waiting
      expect(isDeadlineError(error) && [error.outcome, error.key]).toEqual(['unknown', 'order-1'])
      expect(idempotencyOf(error)?.key).toBe('order-1')
      expect([looks.length, vi.getTimerCount()]).toEqual([1, 0])
    } finally {
      vi.useRealTimers()
    }
  })

  it('leaves no timer and gives an answer that can still be read', async () => {
    vi.useFakeTimers()
    try {
      const { signal } = new AbortController()
      const { fetch } = answering(state('done'))
      const result = await awaitCompletion(accepted({ location: '/w' }), {
        fetch,
        clock: fakeClock(),
        signal,
      })
      expect(vi.getTimerCount()).toBe(0)
      expect(await result.json()).toEqual({ status: 'done' })
    } finally {
      vi.useRealTimers()
    }
  })

  it('looks with the global fetch when that retries already', async () => {
    const native = globalThis.fetch
    const { looks, fetch } = answering(state('done'))
    globalThis.fetch = createIdempotentFetch({ fetch }) as typeof globalThis.fetch
    try {
      const result = await awaitCompletion(accepted({ location: '/w' }), { clock: fakeClock() })
      expect([result.status, looks.length]).toEqual([200, 1])
    } finally {
      globalThis.fetch = native
    }
  })

  it('ends with the reason of the signal, before and during a look', async () => {
    const reason = new Error('enough')
    await expect(
      awaitCompletion(accepted({ location: '/w' }), { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason)
    const controller = new AbortController()
    const fetch = (() => {
      controller.abort(reason)
      return new Promise(() => undefined)
    }) as unknown as typeof globalThis.fetch
    await expect(
      awaitCompletion(accepted({ location: '/w' }), { fetch, clock: fakeClock(), signal: controller.signal }),
    ).rejects.toBe(reason)
  })

  it('sends headers to the origin that answered, and to no other', async () => {
    const headers = { authorization: 'Bearer a' }
    const own = answering(state('done'))
    await awaitCompletion(accepted({ location: '/w' }), { fetch: own.fetch, clock: fakeClock(), headers })
    expect(own.looks[0]?.headers.get('authorization')).toBe('Bearer a')
    const other = answering(state('done'))
    await awaitCompletion(accepted({ location: 'https://elsewhere.example/w' }), {
      fetch: other.fetch,
      clock: fakeClock(),
      headers,
    })
    expect(other.looks[0]?.headers.get('authorization')).toBeNull()
  })

  it('sends headers after no redirect to another origin, and nowhere when it does not know who answered', async () => {
    const headers = { authorization: 'Bearer a', 'x-api-key': 'b' }
    const moved = (to: string) => () => new Response(null, { status: 302, headers: { location: to } })
    const { looks, fetch } = answering(moved('/two'), moved('https://elsewhere.example/w'), state('done'))
    const init = { fetch, clock: fakeClock(), headers }
    expect(idempotencyOf(await awaitCompletion(accepted({ location: '/w' }), init))?.outcome).toBe('applied')
    expect(looks.map(({ url, headers }) => [url, headers.get('x-api-key')])).toEqual([
      [`${origin}/w`, 'b'],
      [`${origin}/two`, 'b'],
      ['https://elsewhere.example/w', null],
    ])
    const made = new Response('{}', { status: 202, headers: { location: `${origin}/w` } })
    await awaitCompletion(made, init)
    expect(looks.at(-1)?.headers.get('x-api-key')).toBeNull()
  })

  it('leaves redirects to a browser, which hides where they lead, and follows none without end', async () => {
    const hidden = Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' })
    const init = { clock: fakeClock(), headers: { authorization: 'Bearer a' } }
    const browser = answering(() => hidden, state('done'))
    await awaitCompletion(accepted({ location: '/w' }), { ...init, fetch: browser.fetch })
    expect(browser.looks.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer a', 'Bearer a'])
    const endless = answering(() => new Response(null, { status: 302, headers: { location: '/w' } }))
    const end = await awaitCompletion(accepted({ location: '/w' }), { ...init, fetch: endless.fetch })
    expect([end.status, idempotencyOf(end)?.outcome, endless.looks.length]).toEqual([302, 'unknown', 21])
  })

  it.each(['readState', 'backoff'])('refuses an async %s, and drops nothing of it', async (name) => {
    const { fetch } = answering(state('done'))
    const options = { fetch, clock: fakeClock(), [name]: () => Promise.reject(new Error('mine')) }
    await expect(awaitCompletion(accepted({ location: '/w' }), options)).rejects.toThrow(
      `awaitCompletion.${name} must not be async`,
    )
  })

  it.each(['http://[', 'ftp://api.example.com/w', 'data:,1'])(
    'gives a response back that names %s',
    async (to) => {
      const response = accepted({ location: to })
      expect(await awaitCompletion(response)).toBe(response)
    },
  )

  it('gives a response back that is no 202, or names nothing to ask', async () => {
    const created = new Response('{}', { status: 201, headers: { location: '/orders/1' } })
    expect(await awaitCompletion(created)).toBe(created)
    const bare = accepted({})
    expect(await awaitCompletion(bare)).toBe(bare)
  })

  it.each([
    [{ deadlineMs: NaN }, RangeError],
    [{ deadlineMs: -1 }, RangeError],
    [{ pollMs: 5 }, TypeError],
    [{ fetch: 'x' }, TypeError],
  ])('refuses %o', async (options, expected) => {
    await expect(awaitCompletion(accepted({ location: '/w' }), options as object)).rejects.toThrow(expected)
  })
})
