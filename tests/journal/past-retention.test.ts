import { createIdempotentFetch, idempotencyOf, type IdempotentFetchOptions } from 'fetch-idempotency'
import { createJournal, memoryStore, type PendingOperation } from 'fetch-idempotency/journal'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startCommitServer, type CommitServer } from './commit-server.js'

let server: CommitServer
beforeEach(async () => void (server = await startCommitServer()))
afterEach(() => server.close())

const dayMs = 24 * 3_600_000

/** An operation whose only answer was lost, a day ago. */
async function leaveOpen(agoMs = dayMs) {
  let nowMs = Date.UTC(2030, 0, 1)
  const clock = { now: () => nowMs, sleep: (ms: number) => new Promise<void>((r) => setTimeout(r, ms)) }
  const journal = createJournal({ store: memoryStore({ now: () => nowMs }), clock })
  const post = (options: IdempotentFetchOptions = {}) =>
    createIdempotentFetch({ journal, clock, retry: { backoff: () => 1, maxAttempts: 1 }, ...options })(
      `${server.url}/orders`,
      { method: 'POST', body: '{}', idempotency: { operationId: 'order-17' } },
    ).then(
      (response) => response,
      (error: Error & { code?: string }) => error,
    )
  server.fate = () => 'lose'
  await post()
  nowMs += agoMs
  server.requests.length = 0
  server.fate = () => 'answer'
  const request = { url: `${server.url}/orders`, body: '{}' }
  const pending = async () => {
    const found: PendingOperation[] = []
    for await (const one of journal.pending()) found.push(one)
    return found.map(({ operationId, status }) => `${operationId} ${status}`)
  }
  const recover = () =>
    journal.recover({ fetch: createIdempotentFetch({ clock }), requestFor: () => request })
  return { post, pending, recover }
}

describe('a call for an operation that the server may have forgotten', () => {
  it('is refused, and the operation stays in the inbox', async () => {
    const { post, pending } = await leaveOpen()
    const error = await post()
    expect(error).toMatchObject({ code: 'key_expired', outcome: 'unknown', attempts: 0 })
    expect(await pending()).toEqual(['order-17 expired'])
    expect(server.requests).toEqual([])
  })

  it.each([
    ['a day ahead', -dayMs, 'expired'],
    ['a minute ahead', -60_000, 'unknown'],
  ])('is sent or not when its first try was written down by a clock that was %s', async (_, ms, status) => {
    const { post, pending, recover } = await leaveOpen(ms)
    expect(await pending()).toEqual([`order-17 ${status}`])
    if (status === 'expired') {
      expect((await recover()).expired).toBe(1)
      expect(await post()).toMatchObject({ code: 'key_expired', outcome: 'unknown' })
      expect(server.requests).toEqual([])
    } else expect((await recover()).applied).toBe(1)
  })

  it('asks reconcile first: what it finds is what the caller gets, and is written down', async () => {
    const { post, pending } = await leaveOpen()
    const asked: unknown[] = []
    const reconcile: IdempotentFetchOptions['reconcile'] = ({ key, method, url, attempts }) => {
      asked.push({ key: typeof key, method, url, attempts })
      return new Response('{"found":1}', { status: 200 })
    }
    const response = (await post({ reconcile })) as Response
    expect(await response.text()).toBe('{"found":1}')
    expect(idempotencyOf(response)).toMatchObject({ outcome: 'applied' })
    expect(asked).toEqual([{ key: 'string', method: 'POST', url: `${server.url}/orders`, attempts: 0 }])
    expect(await pending()).toEqual([])
    // From now on the journal has the answer.
    const again = (await post()) as Response
    expect([again.status, await again.text()]).toEqual([200, '{"found":1}'])
    expect(server.requests).toEqual([])
  })

  it('is told that it was applied, from then on', async () => {
    const { post, pending } = await leaveOpen()
    expect(await post({ reconcile: () => 'applied' })).toMatchObject({
      code: 'already_done',
      outcome: 'applied',
    })
    expect(await pending()).toEqual([])
    expect(await post()).toMatchObject({ code: 'already_done', outcome: 'applied' })
    expect(server.requests).toEqual([])
  })

  it('is told that it was not applied, and begins anew when it is called again', async () => {
    const { post, pending } = await leaveOpen()
    expect(await post({ reconcile: () => 'not-applied' })).toMatchObject({
      code: 'not_applied',
      outcome: 'not-applied',
    })
    expect(await pending()).toEqual([])
    expect(server.requests).toEqual([])
    const response = (await post()) as Response
    expect(response.status).toBe(201)
    expect(idempotencyOf(response)).toMatchObject({ outcome: 'applied' })
  })

  it.each([
    ['does not know', () => 'unknown' as const],
    ['says nothing', () => undefined],
    ['fails', () => Promise.reject(new Error('away'))],
    ['finds a failure', () => new Response('', { status: 404 })],
  ])('stays open when reconcile %s', async (_, reconcile) => {
    const { post, pending } = await leaveOpen()
    const result = await post({ reconcile })
    if (result instanceof Error) expect(result).toMatchObject({ code: 'key_expired', outcome: 'unknown' })
    else expect(idempotencyOf(result)).toMatchObject({ outcome: 'unknown' })
    expect(await pending()).toEqual(['order-17 expired'])
    expect(server.requests).toEqual([])
  })
})
