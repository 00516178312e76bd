import { createIdempotentFetch } from 'fetch-idempotency'
import { createJournal, memoryStore, type OperationStore } from 'fetch-idempotency/journal'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { IdempotencyError } from '../../src/errors/idempotency-error.js'
import { KeyReusedError } from '../../src/errors/key-reused-error.js'
import { checkJournalOptions } from '../../src/journal/journal-settings.js'
import { openOperation } from '../../src/journal/open-operation.js'
import type { JournalCall } from '../../src/operation/operation-journal.js'
import { startCommitServer, type CommitServer } from './commit-server.js'

let server: CommitServer
beforeEach(async () => void (server = await startCommitServer()))
afterEach(() => server.close())

const post = (send: ReturnType<typeof createIdempotentFetch>) =>
  send(`${server.url}/orders`, { method: 'POST', body: '{}', idempotency: { operationId: 'order-17' } })

const entriesOf = async (store: OperationStore) =>
  (
    await Promise.all((['open', 'settled'] as const).map((state) => store.list({ state }, { limit: 9 })))
  ).flatMap(({ entries }) => entries.map(({ id, state, value, updatedMs }) => [id, state, value, updatedMs]))

const call: JournalCall = {
  operationId: 'order-17',
  step: undefined,
  lane: undefined,
  method: 'POST',
  url: 'https://api.test/orders',
  headers: [],
  readBody: () => new Uint8Array(),
  givenKey: undefined,
  makeKey: () => 'key-1',
  keyRules: { minLength: 1, maxLength: 255 },
  keyTtlMs: Infinity,
  signal: undefined,
  waitMs: 0,
}
const opening = { id: 'a', lane: undefined, about: {}, key: undefined, check: () => undefined }

/** A clock whose waits end when they are told to, and the signals that tell them. */
function createWaits() {
  const signals: AbortSignal[] = []
  const clock = {
    now: () => 0,
    sleep: (_: number, signal?: AbortSignal) => {
      if (signal) signals.push(signal)
      return new Promise<void>((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true }),
      )
    },
  }
  return { clock, signals }
}

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
    if (isTaken) expect(result).toMatchObject({ problem: 'lease-lost', outcome: 'unknown' })
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

  it('is on record before its second attempt, as what it is until then', async () => {
    const right = memoryStore()
    const seen: unknown[] = []
    const record: typeof right.record = (request) => {
      const { outcome, attempts } = JSON.parse(request.value) as { outcome?: string; attempts: number }
      seen.push([request.state, outcome, attempts, request.leaseMs > 0])
      return right.record(request)
    }
    const open = (maxAttempts: number) =>
      createIdempotentFetch({
        journal: createJournal({ store: { ...right, record }, maxAnswerBytes: 0 }),
        retry: { backoff: () => 1, maxAttempts },
      })
    server.fate = () => 'lose'
    await post(open(2)).catch(() => undefined)
    await post(open(2)).catch(() => undefined)
    server.fate = () => 'answer'
    await post(open(1))
    server.fate = () => 'lose'
    // What was applied stays so while its answer is asked for again.
    await post(open(2)).catch(() => undefined)
    expect(seen).toEqual([
      ['open', undefined, 2, true],
      ['open', 'unknown', 2, false],
      ['open', undefined, 4, true],
      ['open', 'unknown', 4, false],
      ['settled', 'applied', 5, false],
      ['settled', 'applied', 7, true],
      ['settled', 'applied', 7, false],
    ])
  })

  it('is told truly when the store fails before an attempt: after one that was lost, the outcome is unknown', async () => {
    const right = memoryStore()
    let isAway = false
    const store = {
      ...right,
      record: async (request: Parameters<typeof right.record>[0]) =>
        isAway ? Promise.reject(new Error('away')) : right.record(request),
    }
    const journal = createJournal({ store })
    const send = createIdempotentFetch({ journal, retry: { backoff: () => 1 } })
    server.fate = () => {
      isAway = true
      return 'lose'
    }
    const error = await post(send).catch((failure: unknown) => failure)
    expect(error).toMatchObject({ problem: 'unavailable', outcome: 'unknown' })
    expect(server.requests).toHaveLength(1)
    isAway = false
    await journal.close()
  })

  it.each([
    ['a first one', false, 'not-applied'],
    ['one that an earlier call may have sent', true, 'unknown'],
  ])(
    'is told truly when its lease cannot be made safe before its first attempt: %s',
    async (_, isKnown, outcome) => {
      let nowMs = 1_000_000
      const clock = { now: () => nowMs, sleep: (ms: number) => new Promise<void>((r) => setTimeout(r, ms)) }
      const right = memoryStore({ now: () => nowMs })
      if (isKnown) {
        const retry = { backoff: () => 1, maxAttempts: 1 }
        server.fate = () => 'lose'
        await post(
          createIdempotentFetch({ journal: createJournal({ store: right, clock }), clock, retry }),
        ).catch(() => undefined)
        server.requests.length = 0
      }
      const before = await entriesOf(right)
      let isAway = false
      const store = {
        ...right,
        record: async (request: Parameters<typeof right.record>[0]) =>
          isAway ? Promise.reject(new Error('away')) : right.record(request),
      }
      const beforeRequest = async () => {
        nowMs += 25_000
        isAway = true
      }
      const journal = createJournal({ store, clock, leaseMs: 30_000 })
      const send = createIdempotentFetch({ journal, clock, hooks: { beforeRequest: [beforeRequest] } })
      const error = await post(send).catch((failure: unknown) => failure)
      expect(error).toMatchObject({ problem: 'unavailable', outcome })
      expect(server.requests).toEqual([])
      isAway = false
      await journal.close()
      // Nothing was sent: the entry is as it was, or gone.
      expect(await entriesOf(right)).toEqual(before)
    },
  )

  it('leaves no entry when it ends before it is sent, and the earlier one when there was one', async () => {
    const store = memoryStore()
    const journal = createJournal({ store })
    const failing = createIdempotentFetch({
      journal,
      retry: { backoff: () => 1, maxAttempts: 1 },
      hooks: { beforeRequest: [() => Promise.reject(new Error('the hook'))] },
    })
    await expect(post(failing)).rejects.toThrow('the hook')
    const entries = async () => (await store.list({ state: 'open' }, { limit: 9 })).entries
    expect(await entries()).toEqual([])
    server.fate = () => 'lose'
    const send = createIdempotentFetch({ journal, retry: { backoff: () => 1, maxAttempts: 1 } })
    await post(send).catch(() => undefined)
    const before = await entries()
    await expect(post(failing)).rejects.toThrow('the hook')
    expect(await entries()).toEqual(before)
  })

  it('waits for another worker no longer than the call has time', async () => {
    const store = memoryStore()
    await createJournal({ store }).enqueue('order-17', { url: `${server.url}/orders`, body: '{}' })
    const [entry] = (await store.list({ state: 'open' }, { limit: 1 })).entries
    const claim = { lane: undefined, token: 'another', leaseMs: 60_000, value: '', nowMs: 0 }
    await store.claim({ ...claim, id: entry?.id ?? '' })
    const slept: number[] = []
    let nowMs = 0
    const clock = {
      now: () => nowMs,
      sleep: async (ms: number) => {
        slept.push(ms)
        nowMs += ms
      },
    }
    const journal = createJournal({ store, clock, waitMs: 60_000 })
    const send = createIdempotentFetch({ journal, clock, retry: { deadlineMs: 500 } })
    await expect(post(send)).rejects.toMatchObject({ problem: 'busy' })
    expect(nowMs).toBe(500)
    expect(server.requests).toEqual([])
  })

  it('is not begun once the journal is closed', async () => {
    const journal = createJournal({ store: memoryStore() })
    await journal.close()
    await expect(post(createIdempotentFetch({ journal }))).rejects.toMatchObject({ problem: 'closed' })
    expect(server.requests).toEqual([])
  })

  it('is waited for by others of this process without asking the store', async () => {
    const right = memoryStore()
    let claims = 0
    const store = {
      ...right,
      claim: async (request: Parameters<typeof right.claim>[0]) => {
        claims += 1
        return right.claim(request)
      },
    }
    const journal = createJournal({ store })
    const answers: (() => void)[] = []
    const answer = () => Response.json({ made: 1 }, { status: 201 })
    const fetch = () => new Promise<Response>((resolve) => answers.push(() => resolve(answer())))
    const first = post(createIdempotentFetch({ journal, fetch }))
    await expect.poll(() => answers.length).toBe(1)
    const second = post(createIdempotentFetch({ journal, fetch }))
    await new Promise((resolve) => setTimeout(resolve, 120))
    expect(claims).toBe(2)
    answers[0]?.()
    expect([(await first).status, (await second).status]).toEqual([201, 201])
    expect([claims, answers.length]).toEqual([3, 1])
  })

  it('leaves nothing in memory, and no timer, when it is over', async () => {
    const { clock, signals } = createWaits()
    const settings = checkJournalOptions({ store: memoryStore(), clock })
    let ends = 0
    const opened = await openOperation(settings, call, { ...opening, onEnd: () => void (ends += 1) })
    expect(settings.active.size).toBe(1)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
    await opened.record({ type: 'attempt-starting', attempt: 1 })
    await opened.record({ type: 'settled', outcome: 'applied', replayed: false, answer: undefined })
    expect([settings.active.size, settings.unfinished.size, ends]).toEqual([0, 0, 1])
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    // What comes after the last word changes nothing.
    await opened.record({ type: 'attempt-starting', attempt: 2 })
    await opened.release()
    expect(ends).toBe(1)
    expect((await settings.store.list({ state: 'settled' }, { limit: 9 })).entries).toHaveLength(1)
  })

  it('counts the attempts that may have been sent', async () => {
    const store = memoryStore()
    const send = createIdempotentFetch({ journal: createJournal({ store }), retry: { backoff: () => 1 } })
    server.fate = () => (server.requests.length === 0 ? 'lose' : 'answer')
    await post(send)
    expect((await entriesOf(store)).map(([, , value]) => JSON.parse(String(value)))).toMatchObject([
      { attempts: 2, outcome: 'applied' },
    ])
  })

  it('leaves no entry when it is let go of before it is sent', async () => {
    const settings = checkJournalOptions({ store: memoryStore() })
    const opened = await openOperation(settings, call, { ...opening, onEnd: () => undefined })
    await opened.release()
    expect(await entriesOf(settings.store)).toEqual([])
  })

  it('leaves no timer, and no lease, when it is refused', async () => {
    const { clock, signals } = createWaits()
    const settings = checkJournalOptions({ store: memoryStore(), clock })
    const open = (check: () => IdempotencyError | undefined) =>
      openOperation(settings, call, { ...opening, check, onEnd: () => undefined })
    const opened = await open(() => undefined)
    await opened.record({ type: 'attempt-starting', attempt: 1 })
    await opened.release()
    const facts = { key: 'key-1', attempts: 0, outcome: 'not-applied', method: 'POST', url: 'x' } as const
    await expect(open(() => new KeyReusedError(facts))).rejects.toMatchObject({ code: 'key_reused' })
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
    const [entry] = (await settings.store.list({ state: 'open' }, { limit: 9 })).entries
    expect(entry?.leaseLeftMs).toBe(0)
  })

  it('stays open when it ends without an outcome after it may have been sent', async () => {
    const settings = checkJournalOptions({ store: memoryStore() })
    const opened = await openOperation(settings, call, { ...opening, onEnd: () => undefined })
    await opened.record({ type: 'attempt-starting', attempt: 1 })
    await opened.release()
    const [entry] = (await settings.store.list({ state: 'open' }, { limit: 9 })).entries
    expect(entry).toMatchObject({ id: 'a', leaseLeftMs: 0 })
    expect(JSON.parse(entry?.value ?? '')).toMatchObject({ attempts: 1, firstSentMs: expect.any(Number) })
  })

  it('keeps no answer but that of a success, also when it was applied before', async () => {
    const store = memoryStore()
    const sending = (options: object) =>
      post(createIdempotentFetch({ journal: createJournal({ store, ...options }) }))
    await sending({ maxAnswerBytes: 0 })
    server.fate = () => 'unauthorized'
    expect((await sending({})).status).toBe(401)
    server.fate = () => 'answer'
    expect((await sending({})).status).toBe(201)
    const asked = server.requests.length
    expect((await sending({})).status).toBe(201)
    expect(server.requests.length).toBe(asked)
  })
})
