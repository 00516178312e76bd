import {
  createIdempotentFetch,
  idempotencyOf,
  isOutcomeUnknownError,
  type IdempotencyEvent,
  type IdempotentFetchOptions,
} from 'fetch-idempotency'
import { defineContract, stripe } from 'fetch-idempotency/contracts'
import { describe, expect, it, vi } from 'vitest'
import { fakeClock, json, playFetch, reset, startMs, url, withResolvers, type Step } from '../fetch/fakes.js'

const post = { method: 'POST', body: '{}' }

/** An answer whose body breaks off. */
const cut =
  (text: string, headers: Record<string, string> = {}): Step =>
  () => {
    const start = new TextEncoder().encode(text)
    let isGiven = false
    const body = new ReadableStream({
      pull(controller) {
        if (isGiven) return controller.error(new TypeError('terminated'))
        isGiven = true
        controller.enqueue(start)
      },
    })
    return new Response(body, { status: 201, headers: { 'content-type': 'application/json', ...headers } })
  }

function open(steps: readonly [Step, ...Step[]], options: Partial<IdempotentFetchOptions> = {}) {
  const { fetch, sent } = playFetch(...steps)
  const events: IdempotencyEvent[] = []
  const send = createIdempotentFetch({
    fetch,
    clock: fakeClock(),
    onEvent: (event) => void events.push(event),
    ...options,
  })
  return { send, sent, events }
}

const proof = [cut('{"id":1,"n'), json(201, { id: 2 })] as const
const caught = (promise: Promise<unknown>) => promise.catch((reason: unknown) => reason)

describe('a server that has shown that it ignores keys', () => {
  it('is told of between the end of the attempt and the last word', async () => {
    const { send, events } = open([...proof])
    const response = await send(url, post)
    expect(idempotencyOf(response)).toEqual({
      key: events[0]?.key,
      attempts: 2,
      replayed: false,
      outcome: 'applied',
      mayHaveRunTwice: true,
    })
    expect(events.map(({ type }) => type).slice(-3)).toEqual(['attempt-ended', 'key-ignored', 'settled'])
    expect(events.at(-2)).toMatchObject({
      evidence: { kind: 'other-id', before: '1', after: '2', field: 'id' },
      doubtful: [],
    })
  })

  it('gets no resend of a write whose answer was lost before, and which waits', async () => {
    const { promise, resolve } = withResolvers<void>()
    const clock = fakeClock()
    let isFirst = true
    const sleep: typeof clock.sleep = (ms, signal) => {
      const waits = isFirst
      isFirst = false
      return waits ? promise : clock.sleep(ms, signal)
    }
    const { send, sent, events } = open([reset(), ...proof, json(201, { id: 3 })], {
      clock: { ...clock, sleep },
    })
    const waiting = caught(send(url, post))
    await vi.waitFor(() => expect(events.some(({ type }) => type === 'waiting')).toBe(true))
    await send(url, post)
    resolve()
    const error = await waiting
    expect(isOutcomeUnknownError(error)).toBe(true)
    expect(String(error)).toContain('the server has shown that it ignores keys')
    expect(sent).toHaveLength(3)
  })

  it('gets one attempt for each write, and `reconcile` is asked', async () => {
    const reconcile = vi.fn(() => 'applied' as const)
    const { send, sent } = open([...proof, json(503), json(201)], { reconcile })
    await send(url, post)
    const response = await send(`${url}/other`, post)
    expect([response.status, idempotencyOf(response)?.outcome]).toEqual([503, 'applied'])
    expect([sent.length, reconcile.mock.calls.length]).toEqual([3, 1])
  })

  it.each<[string, string, RequestInit]>([
    ['another server', 'https://other.test/orders', post],
    ['a DELETE', url, { method: 'DELETE' }],
    ['a conditional PUT', url, { method: 'PUT', body: '{}', headers: { 'if-match': '"1"' } }],
    ['a read', url, { method: 'GET' }],
  ])('says nothing of %s', async (_, target, init) => {
    const { send, sent } = open([...proof, reset(), json(200)])
    await send(url, post)
    expect((await send(target, init)).status).toBe(200)
    expect(sent).toHaveLength(4)
  })

  it.each<[string, Partial<IdempotentFetchOptions>]>([
    ["whenKeysIgnored: 'resend'", { whenKeysIgnored: 'resend' }],
    ["writes: 'always'", { writes: 'always' }],
  ])('gets resends all the same under %s', async (_, options) => {
    const { send, sent } = open([...proof, reset(), json(201, { id: 4 })], options)
    await send(url, post)
    const facts = idempotencyOf(await send(url, post))
    expect(facts).toMatchObject({ attempts: 2, outcome: 'applied', mayHaveRunTwice: true })
    expect(sent).toHaveLength(4)
  })

  it('gets nothing of a write that an earlier call may have sent', async () => {
    const { send, sent } = open([...proof, json(201, { id: 4 })])
    await send(url, post)
    const init = { ...post, idempotencyKey: 'job-1', idempotency: { firstSentAt: startMs } }
    expect(await caught(send(url, init))).toMatchObject({ attempts: 0, outcome: 'unknown' })
    expect(sent).toHaveLength(2)
  })

  it("gets the resends of a call that says `writes: 'always'`", async () => {
    const { send, sent } = open([...proof, reset(), json(201, { id: 4 })])
    await send(url, post)
    const facts = idempotencyOf(await send(url, { ...post, idempotency: { writes: 'always' } }))
    expect(facts).toMatchObject({ attempts: 2, outcome: 'applied', mayHaveRunTwice: true })
    expect(new Set(sent.slice(2).map(({ headers }) => headers.get('idempotency-key'))).size).toBe(1)
  })

  it('still gets what was refused or not sent', async () => {
    const { send } = open([...proof, json(429), json(201)])
    await send(url, post)
    expect(idempotencyOf(await send(url, post))).toMatchObject({ attempts: 2, outcome: 'applied' })
  })

  it('is not found out by the page that a redirect led to', async () => {
    const moved: Step = () => Object.defineProperty(json(200, { id: 2 }), 'redirected', { value: true })
    const { send, events } = open([cut('{"id":1,"n'), moved])
    await send(url, post)
    expect(events.some(({ type }) => type === 'key-ignored')).toBe(false)
  })

  it.each(['resend', 'never', 1, null])('takes no other word than those that there are: %j', (word) => {
    const make = () => createIdempotentFetch({ whenKeysIgnored: word as never })
    if (word === 'resend') expect(make).not.toThrow()
    else expect(make).toThrow(/whenKeysIgnored/)
  })
})

describe('ttlAssumed', () => {
  const lasting = defineContract({ keyTtlMs: 3_600_000 })
  it.each<[string, Partial<IdempotentFetchOptions>, RequestInit, true | undefined]>([
    ['true under the standard contract', {}, post, true],
    ['absent where the retention is documented', { contract: stripe }, post, undefined],
    ['absent where a contract of your own says it', { contract: lasting }, post, undefined],
    ['absent without a key', {}, { method: 'GET' }, undefined],
  ])('is %s', async (_, options, init, expected) => {
    const ends = [
      await open([json(201)], options).send(url, init),
      await caught(open([reset()], { ...options, retry: { maxAttempts: 1 } }).send(url, init)),
    ]
    for (const end of ends) {
      expect(idempotencyOf(end)?.ttlAssumed).toBe(expected)
      // It is the contract's, so that the facts read the same under every one.
      expect(Object.keys(idempotencyOf(end) ?? {})).toEqual(['key', 'attempts', 'replayed', 'outcome'])
    }
  })
})
