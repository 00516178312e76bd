import { createIdempotentFetch } from 'fetch-idempotency'
import { createJournal, isJournalError, memoryStore } from 'fetch-idempotency/journal'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startCommitServer, type CommitServer } from './commit-server.js'

let server: CommitServer
beforeEach(async () => void (server = await startCommitServer()))
afterEach(() => server.close())

describe('an operation that a call works on', () => {
  it.each([
    ['is taken by another worker', 60_000, true],
    ['nobody has taken it', 60_000, false],
    ['its lease holds', 1_000, false],
  ])('is sent or not after a hook that takes long, when %s', async (_, passMs, isTaken) => {
    let nowMs = 1_000_000
    const clock = { now: () => nowMs, sleep: (ms: number) => new Promise<void>((r) => setTimeout(r, ms)) }
    const store = memoryStore({ now: () => nowMs })
    const journal = createJournal({ store, clock, leaseMs: 30_000 })
    const beforeRequest = async () => {
      nowMs += passMs
      if (!isTaken) return
      const [entry] = (await store.list({ state: 'open' }, { limit: 1 })).entries
      const claim = { lane: undefined, token: 'another', leaseMs: 30_000, value: '', nowMs }
      await store.claim({ ...claim, id: entry?.id ?? '' })
    }
    const send = createIdempotentFetch({
      journal,
      clock,
      hooks: { beforeRequest: [beforeRequest] },
      retry: { deadlineMs: 600_000, backoff: () => 1 },
    })
    const result = await send(`${server.url}/orders`, {
      method: 'POST',
      body: '{}',
      idempotency: { operationId: 'order-17' },
    }).catch((error: unknown) => error)
    if (isTaken) expect(isJournalError(result) && result.problem).toBe('lease-lost')
    else expect((result as Response).status).toBe(201)
    expect(server.requests.length).toBe(isTaken ? 0 : 1)
  })

  it('keeps its request only until it was applied', async () => {
    const store = memoryStore()
    const journal = createJournal({ store, keepRequests: true })
    const send = createIdempotentFetch({ journal, retry: { backoff: () => 1, maxAttempts: 1 } })
    const post = () =>
      send(`${server.url}/orders`, {
        method: 'POST',
        body: 'the body',
        idempotency: { operationId: 'order-17' },
      }).catch(() => undefined)
    const values = async () =>
      (
        await Promise.all((['open', 'settled'] as const).map((state) => store.list({ state }, { limit: 9 })))
      ).flatMap(({ entries }) => entries.map(({ value }) => value.includes(btoa('the body'))))
    server.fate = () => 'lose'
    await post()
    expect(await values()).toEqual([true])
    server.fate = () => 'answer'
    await post()
    expect(await values()).toEqual([false])
  })
})
