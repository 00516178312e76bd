import {
  createIdempotentFetch,
  idempotencyOf,
  isKeyReusedError,
  type IdempotentRequestInit,
} from 'fetch-idempotency'
import { defineContract } from 'fetch-idempotency/contracts'
import { describe, expect, it } from 'vitest'
import { fakeClock, json, playFetch, reset } from '../fetch/fakes.js'

const url = 'https://api.test/orders'
const headers = { 'content-type': 'application/json', authorization: 'Bearer a' }
const post = { method: 'POST', body: '{"n":1}', headers, idempotencyKey: 'job-1' }
const long = JSON.stringify({ text: 'é'.repeat(9_000) })

type Steps = Parameters<typeof playFetch>

/** Sends one call after the other by one wrapper, and gives the end of the last, and the requests that were sent. */
async function play(calls: readonly [string, IdempotentRequestInit][], ...steps: Steps) {
  const { fetch, sent } = playFetch(...steps)
  const clock = fakeClock()
  const send = createIdempotentFetch({
    fetch,
    clock,
    retry: { maxAttempts: 1 },
    contract: defineContract({ keyTtlMs: 60_000, honoursKey: ({ url }) => !url.endsWith('/free') }),
  })
  let end: unknown
  for (const [target, init] of calls) end = await send(target, init).catch((error: unknown) => error)
  return { end, sent, clock, send }
}

describe('a key that the caller gave, after its operation has ended', () => {
  it.each<[string, string, IdempotentRequestInit, string]>([
    ['another method', url, { ...post, method: 'PUT' }, 'not-applied'],
    ['another path', `${url}/2`, post, 'not-applied'],
    ['another query', `${url}?a=1`, post, 'not-applied'],
    // It may be the same write, with another time in its body.
    ['another body', url, { ...post, body: '{"n":2}' }, 'unknown'],
    ['no body', url, { ...post, body: null }, 'unknown'],
  ])('is refused for %s, and nothing is sent', async (_, target, init, outcome) => {
    const { end, sent } = await play(
      [
        [url, post],
        [target, init],
      ],
      json(201),
    )
    expect(isKeyReusedError(end)).toBe(true)
    expect(end).toMatchObject({ outcome, attempts: 0, key: 'job-1' })
    expect(sent).toHaveLength(1)
    await expect((end as { retry(): Promise<unknown> }).retry()).rejects.toMatchObject({ code: 'key_reused' })
    expect(sent).toHaveLength(1)
  })

  it('is refused for another body when the outcome of the first is not known', async () => {
    const { end, sent } = await play(
      [
        [url, post],
        [url, { ...post, body: '{}' }],
      ],
      reset(),
      json(201),
    )
    expect(isKeyReusedError(end)).toBe(true)
    expect(sent).toHaveLength(1)
  })

  it('is refused for another body of another length, however long it is', async () => {
    const { end, sent } = await play(
      [
        [url, { ...post, body: long }],
        [url, { ...post, body: `${long} ` }],
      ],
      json(201),
    )
    expect(isKeyReusedError(end)).toBe(true)
    expect(sent).toHaveLength(1)
  })

  it.each<[string, readonly [string, IdempotentRequestInit][]]>([
    [
      'the same again',
      [
        [url, post],
        [url, post],
      ],
    ],
    [
      'the same bytes',
      [
        [url, post],
        [url, { ...post, body: new TextEncoder().encode(post.body) }],
      ],
    ],
    [
      'the same again, though it is long',
      [
        [url, { ...post, body: long }],
        [url, { ...post, body: new TextEncoder().encode(long) }],
      ],
    ],
    [
      'a body that cannot be compared',
      [
        [url, post],
        [url, { ...post, body: new Blob(['{"n":2}']) }],
      ],
    ],
    [
      'another account',
      [
        [url, post],
        [`${url}/2`, { ...post, headers: { ...headers, authorization: 'Bearer b' } }],
      ],
    ],
    [
      'another server',
      [
        [url, post],
        ['https://other.test/orders', post],
      ],
    ],
    [
      'a read',
      [
        [url, post],
        [`${url}/2`, { ...post, method: 'GET', body: null }],
      ],
    ],
    [
      'a target that heeds no key',
      [
        [url, post],
        [`${url}/free`, { ...post, body: '{}' }],
      ],
    ],
    [
      'another key',
      [
        [url, post],
        [url, { ...post, body: '{}', idempotencyKey: 'job-2' }],
      ],
    ],
  ])('is sent for %s', async (_, calls) => {
    const { end, sent } = await play(calls, json(201))
    expect((end as Response).status).toBe(201)
    expect(sent).toHaveLength(2)
  })

  it('is free again when the first was not applied', async () => {
    const { end, sent } = await play(
      [
        [url, post],
        [url, { ...post, body: '{"n":2}' }],
      ],
      json(403),
      json(201),
    )
    expect(idempotencyOf(end)?.outcome).toBe('applied')
    expect(sent).toHaveLength(2)
  })

  it.each<[string, Parameters<typeof playFetch>, string]>([
    ['was lost', [reset(), json(403)], 'unknown'],
    ['was applied', [json(201), json(403)], 'unknown'],
    ['was refused', [json(403), json(403)], 'not-applied'],
  ])(
    'is sent again for the same write: a refusal says of one that %s what is true',
    async (_, steps, told) => {
      const calls = steps.map((): [string, IdempotentRequestInit] => [url, post])
      const { end, sent } = await play(calls, ...steps)
      expect(idempotencyOf(end)?.outcome).toBe(told)
      expect(sent).toHaveLength(2)
    },
  )

  it('tells nothing of a refusal any more when the server no longer keeps it', async () => {
    const { send, clock } = await play([[url, post]], json(201), json(403))
    await clock.sleep(60_000)
    expect(idempotencyOf(await send(url, post))?.outcome).toBe('not-applied')
  })

  it('is sent again under writes: never, too: the caller wants it', async () => {
    const never = { ...post, idempotency: { writes: 'never' } } as const
    const { end, sent } = await play(
      [
        [url, never],
        [url, never],
      ],
      reset(),
      json(201),
    )
    expect(idempotencyOf(end)).toMatchObject({ outcome: 'applied', attempts: 1 })
    expect(sent).toHaveLength(2)
  })

  it('is free again when the server no longer keeps it', async () => {
    const { send, sent, clock } = await play([[url, post]], json(201))
    await clock.sleep(60_000)
    expect((await send(`${url}/2`, post)).status).toBe(201)
    expect(sent).toHaveLength(2)
  })

  it('is forgotten after 500 others', async () => {
    const { send, sent } = await play([[url, post]], json(201))
    for (let at = 0; at < 500; at += 1) await send(url, { ...post, idempotencyKey: `other-${at}` })
    expect((await send(`${url}/2`, post)).status).toBe(201)
    expect(sent).toHaveLength(502)
  })
})
