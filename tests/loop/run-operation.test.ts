import { describe, expect, it, vi } from 'vitest'
import {
  createIdempotentFetch,
  idempotencyOf,
  type IdempotencyEvent,
  type IdempotentFetchOptions,
} from 'fetch-idempotency'
import {
  fakeClock,
  json,
  playFetch,
  refusedPort,
  reset,
  startMs,
  thrown,
  url,
  type Step,
} from '../fetch/fakes.js'
import { ietf } from 'fetch-idempotency/contracts'
import { listen } from '../transport/loopback.js'

const post = { method: 'POST', body: '{}', idempotencyKey: 'k' }
function setUp(steps: readonly [Step, ...Step[]], more: object = {}) {
  const play = playFetch(...steps)
  const clock = fakeClock()
  const events: IdempotencyEvent[] = []
  const send = createIdempotentFetch({
    fetch: play.fetch,
    clock,
    random: () => 0.5,
    onEvent: (event) => events.push(event),
    retry: { maxAttempts: 4 },
    ...more,
  })
  return { ...play, clock, events, send }
}

describe('onEvent', () => {
  it('hears attempts, waits and the last word, in order', async () => {
    const { send, events, clock } = setUp([
      json(503),
      reset(),
      json(201, {}, { 'idempotent-replayed': 'true' }),
    ])
    await send(`${url}?secret=1#x`, post)
    const operation = events[0]?.operation
    const common = { operation, key: 'k', method: 'POST', url }
    expect(operation).toMatch(/^[0-9a-f-]{36}$/)
    // Why an answer was lost is not listed, so that it is not printed.
    const ended = events.filter((event) => event.type === 'attempt-ended')
    expect(ended.map(({ error }) => error)).toEqual([undefined, expect.any(TypeError), undefined])
    expect(events).toEqual([
      { ...common, type: 'attempt-started', attempts: 1 },
      {
        ...common,
        type: 'attempt-ended',
        attempts: 1,
        verdict: 'unknown',
        status: 503,
        replayed: false,
      },
      { ...common, type: 'waiting', attempts: 1, delayMs: 25, reason: 'unknown', mustProbe: false },
      { ...common, type: 'attempt-started', attempts: 2 },
      {
        ...common,
        type: 'attempt-ended',
        attempts: 2,
        verdict: 'unknown',
        status: undefined,
        replayed: false,
      },
      { ...common, type: 'waiting', attempts: 2, delayMs: 50, reason: 'unknown', mustProbe: false },
      { ...common, type: 'attempt-started', attempts: 3 },
      {
        ...common,
        type: 'attempt-ended',
        attempts: 3,
        verdict: 'done',
        status: 201,
        replayed: true,
      },
      { ...common, type: 'settled', attempts: 3, outcome: 'applied', replayed: true },
    ])
    expect(clock.delays).toEqual([25, 50])
  })

  it.each<[string, IdempotentFetchOptions]>([
    ['fetch', { fetch: () => new Promise(() => undefined) }],
    ['clock', { clock: { now: () => startMs, sleep: () => new Promise(() => undefined) } }],
    ['hook', { hooks: { beforeRetry: [() => new Promise(() => undefined)] }, clock: fakeClock() }],
  ])('hears one last word of an aborted call whose %s does not heed its signal', async (_, more) => {
    const events: IdempotencyEvent[] = []
    const controller = new AbortController()
    const { fetch } = playFetch(json(503))
    const send = createIdempotentFetch({ fetch, ...more, onEvent: (event) => events.push(event) })
    const call = thrown(send(url, { ...post, signal: controller.signal }))
    await new Promise((resolve) => setImmediate(resolve))
    controller.abort()
    await call
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ type: 'settled', outcome: 'unknown' }))
  })
})

it('is looked up first where it may be that of a GET, to which a redirect has led', async () => {
  const moved = Object.defineProperty(json(200), 'redirected', { value: true })
  const reconcile = vi.fn(() => 'applied' as const)
  const { send } = setUp([() => moved], { reconcile })
  const response = await send(url, post)
  expect(idempotencyOf(response)).toMatchObject({ attempts: 1, outcome: 'applied' })
  expect(reconcile).toHaveBeenCalledOnce()
})

describe('retry() of an error', () => {
  it('goes on from how it ended the last time: what may have been applied is not sent again without a key', async () => {
    const { send, sent } = setUp([refusedPort(), refusedPort(), reset()], {
      methods: [],
      retry: { maxAttempts: 1 },
    })
    const first = await thrown(send(url, { method: 'POST', body: '{}' }))
    expect(await thrown(first.retry())).toMatchObject({ outcome: 'not-applied' })
    const lost = await thrown(first.retry())
    expect(lost).toMatchObject({ outcome: 'unknown' })
    expect(await thrown(first.retry())).toBe(lost)
    expect(sent).toHaveLength(3)
  })

  it('does not read the age of a made key off the key: the clock may be another', async () => {
    const clock = { ...fakeClock(), now: () => Date.now() + 48 * 3_600_000 }
    const { send } = setUp([refusedPort(), json(201)], { clock, retry: { maxAttempts: 1 } })
    const first = await thrown(send(url, { method: 'POST', body: '{}' }))
    expect((await first.retry()).status).toBe(201)
  })

  it('is one when it is asked for twice at once', async () => {
    const { send, sent } = setUp([refusedPort(), json(201)], { methods: [], retry: { maxAttempts: 1 } })
    const first = await thrown(send(url, { method: 'POST', body: '{}' }))
    const [one, two] = await Promise.all([first.retry(), first.retry()])
    expect([one.status, two.status, sent.length]).toEqual([201, 201, 2])
  })

  it.each([
    ['that was read', 'application/json'],
    ['that streams', 'application/x-ndjson'],
  ])('gives everyone who asks a body of their own: one %s', async (_, type) => {
    const answer = new Response('{}', { status: 201, headers: { 'content-type': type } })
    const { send, sent } = setUp([refusedPort(), answer], { retry: { maxAttempts: 1 } })
    const first = await thrown(send(url, { method: 'POST', body: '{}' }))
    const answers = await Promise.all([first.retry(), first.retry(), first.retry()])
    expect(await Promise.all(answers.map((one) => one.text()))).toEqual(['{}', '{}', '{}'])
    expect(answers.map((one) => idempotencyOf(one)?.outcome)).toEqual(['applied', 'applied', 'applied'])
    // Whoever asks when a streaming body is used up hears at least the status.
    expect((await first.retry()).status).toBe(201)
    expect(sent).toHaveLength(2)
  })

  it('keeps a made key made: a refusal is not one of a key that was used before', async () => {
    const { send, sent } = setUp([reset(), json(422)], { contract: ietf, retry: { maxAttempts: 1 } })
    const first = await thrown(send(url, { method: 'POST', body: '{}' }))
    expect((await first.retry()).status).toBe(422)
    expect(sent[0]?.key).toBe(sent[1]?.key)
  })

  it('sends nothing, and counts nothing, once the caller has aborted', async () => {
    const { send, sent, events } = setUp([refusedPort()], { retry: { maxAttempts: 1 } })
    const controller = new AbortController()
    const error = await thrown(send(url, { ...post, signal: controller.signal }))
    const before = events.length
    controller.abort()
    const reason = await thrown(error.retry())
    expect(reason).toBe(controller.signal.reason)
    await vi.waitFor(() => expect(events.slice(before).map(({ type }) => type)).toEqual(['settled']))
    expect(idempotencyOf(reason)).toMatchObject({ attempts: 0, outcome: 'not-applied' })
    expect(sent).toHaveLength(1)
  })

  it('reads a 409 as its own first attempt still running', async () => {
    const { send, events } = setUp([reset(), json(409), json(201)], { retry: { maxAttempts: 1 } })
    const lost = await thrown(send(url, { method: 'POST', body: '{}' }))
    expect((await lost.retry()).status).toBe(201)
    expect(events.map((event) => 'verdict' in event && event.verdict)).toContain('running')
  })

  it('counts the age of the key from its first sending', async () => {
    const { send, sent, clock } = setUp([reset()], { retry: { maxAttempts: 1 } })
    const lost = await thrown(send(url, { method: 'POST', body: '{}', idempotencyKey: 'no time inside' }))
    clock.advance(24 * 3_600_000)
    expect(await thrown(lost.retry())).toMatchObject({ code: 'key_expired', outcome: 'unknown' })
    expect(sent).toHaveLength(1)
  })

  it('sends what the hooks made of the request, and does not run them again', async () => {
    let nonce = 0
    const hook = (request: Request) =>
      new Request(request, { method: 'POST', body: JSON.stringify({ nonce: nonce++ }) })
    const { send, sent } = setUp([reset(), json(201)], {
      retry: { maxAttempts: 1 },
      hooks: { beforeRequest: [hook] },
    })
    const lost = await thrown(send(url, { method: 'POST', body: '{}' }))
    await lost.retry()
    expect(sent.map((one) => one.body)).toEqual(['{"nonce":0}', '{"nonce":0}'])
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1)
  })

  it('makes a stream anew', async () => {
    const { send, sent } = setUp([refusedPort(), json(201)], { retry: { maxAttempts: 1 }, methods: [] })
    const body = () => new Blob(['streamed']).stream()
    const error = await thrown(send(url, { method: 'POST', body }))
    expect((await error.retry()).status).toBe(201)
    expect(sent.map((one) => one.body)).toEqual(['streamed', 'streamed'])
  })

  it('is refused where there is nothing to send', async () => {
    const { send } = setUp([json(201)])
    const error = await thrown(send('http://[', { method: 'POST', idempotencyKey: '' }))
    expect(await thrown(error.retry())).toBe(error)
  })
})

describe('dropped answers', () => {
  it('leave their connection to the next attempt', async () => {
    let requests = 0
    const { base, connections } = await listen((request, response) => {
      request.resume().on('end', () => {
        requests += 1
        response.statusCode = requests % 4 === 0 ? 201 : 503
        response.end(Buffer.alloc(300 * 1024))
      })
    })
    const send = createIdempotentFetch({ clock: fakeClock() })
    for (let call = 0; call < 5; call += 1) {
      const response = await send(base, { method: 'POST', body: '{}' })
      expect(response.status).toBe(201)
      await response.arrayBuffer()
    }
    expect(requests).toBe(20)
    expect(connections()).toBeLessThanOrEqual(2)
  })

  it('that a hook has put another in place of are cancelled, unless it gives them', async () => {
    const cancelled = vi.fn()
    const long = () => new Response(new ReadableStream({ cancel: cancelled }), { status: 503, headers })
    const headers = { 'content-type': 'text/event-stream' }
    const answerOf = (error: Error) => (error as Error & { response: Response }).response
    const given = setUp([long], {
      hooks: { beforeRetry: [({ error }: { error: Error }) => answerOf(error)] },
    })
    expect((await given.send(url, post)).status).toBe(503)
    expect(cancelled).not.toHaveBeenCalled()
    const { send } = setUp([long], { hooks: { beforeRetry: [() => json(200)] } })
    expect((await send(url, post)).status).toBe(200)
    expect(cancelled).toHaveBeenCalledOnce()
  })

  it('that are too long to read are cancelled', async () => {
    let requests = 0
    const { base } = await listen((request, response) => {
      request.resume().on('end', () => {
        requests += 1
        response.statusCode = requests === 1 ? 503 : 201
        response.end(Buffer.alloc(300 * 1024))
      })
    })
    const send = createIdempotentFetch({ clock: fakeClock(), maxResponseBytes: 1000 })
    const response = await send(base, { method: 'POST', body: '{}' })
    expect((await response.arrayBuffer()).byteLength).toBe(300 * 1024)
    expect(requests).toBe(2)
  })
})

describe('resolve and reconcile', () => {
  it.each<[string, () => unknown, object]>([
    ['says applied', () => 'applied', { code: 'already_done', outcome: 'applied' }],
    ['says not-applied', () => 'not-applied', { code: 'not_applied', outcome: 'not-applied' }],
    ['says unknown', () => 'unknown', { code: 'outcome_unknown', outcome: 'unknown' }],
    ['says nothing', () => undefined, { code: 'outcome_unknown', outcome: 'unknown' }],
    ['throws', () => Promise.reject(new Error('also down')), { code: 'outcome_unknown', outcome: 'unknown' }],
    ['says nonsense', () => 'maybe', { code: 'outcome_unknown', outcome: 'unknown' }],
  ])('a look-up after a lost answer that %s', async (_, reconcile, expected) => {
    const { send } = setUp([reset()], { reconcile })
    expect(await thrown(send(url, post))).toMatchObject(expected)
  })

  it('a look-up that finds the original gives it', async () => {
    const { send, events } = setUp([reset()], { reconcile: () => json(200, 'found') })
    const response = await send(url, post)
    expect(await response.json()).toBe('found')
    expect(idempotencyOf(response)).toMatchObject({ key: 'k', attempts: 4, outcome: 'applied' })
    expect(events.at(-1)).toMatchObject({ type: 'settled', outcome: 'applied' })
  })

  it('a look-up that brings a failure does not make the write applied', async () => {
    const { send } = setUp([reset()], { reconcile: () => json(404) })
    const response = await send(url, post)
    expect([response.status, idempotencyOf(response)?.outcome]).toEqual([404, 'unknown'])
  })

  it('is told what it needs, and ends with the caller', async () => {
    const controller = new AbortController()
    const seen: unknown[] = []
    const { send } = setUp([reset()], {
      reconcile: (operation: { signal: AbortSignal }) => {
        seen.push({ ...operation, signal: operation.signal.aborted })
        controller.abort('enough')
        return new Promise(() => undefined)
      },
    })
    expect(await thrown(send(`${url}?a=b`, { ...post, signal: controller.signal }))).toBe('enough')
    expect(seen).toEqual([
      {
        key: 'k',
        method: 'POST',
        url,
        attempts: 4,
        outcome: 'unknown',
        response: undefined,
        original: {},
        signal: false,
      },
    ])
  })

  it('of a call stands before that of the wrapper', async () => {
    const { send } = setUp([reset()], { reconcile: () => 'not-applied' })
    const error = await thrown(send(url, { ...post, idempotency: { reconcile: () => 'applied' } }))
    expect(error).toMatchObject({ outcome: 'applied' })
  })
})
