import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { defineContract } from 'fetch-idempotency/contracts'
import {
  createJournal,
  memoryStore,
  type OperationStore,
  type PendingOperation,
} from 'fetch-idempotency/journal'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startCommitServer, type CommitServer } from './commit-server.js'

let server: CommitServer
beforeEach(async () => void (server = await startCommitServer()))
afterEach(() => server.close())

const once = { retry: { backoff: () => 1, maxAttempts: 1 } }

function open(store: OperationStore = memoryStore(), options: object = {}, sending: object = once) {
  const journal = createJournal({ store, keepRequests: true, ...options })
  const send = createIdempotentFetch({ journal, ...sending })
  const post = (operationId = 'order-17') =>
    send(`${server.url}/orders`, { method: 'POST', body: '{}', idempotency: { operationId } }).catch(
      (error: unknown) => error,
    )
  const enqueue = () => journal.enqueue('order-17', { url: `${server.url}/orders`, body: '{}' })
  return { store, journal, send, post, enqueue }
}

async function onlyPending({ journal }: ReturnType<typeof open>): Promise<PendingOperation | undefined> {
  for await (const one of journal.pending()) return one
  return undefined
}

describe('an operation that was written down without being sent', () => {
  it('is on record as one that may have been sent, before it is', async () => {
    const first = open()
    await first.enqueue()
    const found: unknown[] = []
    const { journal } = open(first.store)
    const send = createIdempotentFetch({
      journal,
      ...once,
      fetch: async () => {
        const { firstSentAt, attempts, outcome } = (await onlyPending(first)) as PendingOperation
        found.push(firstSentAt instanceof Date, attempts, outcome)
        return new Response('{}', { status: 201 })
      },
    })
    expect((await journal.recover({ fetch: send })).applied).toBe(1)
    expect(found).toEqual([true, 1, 'unknown'])
  })

  it.each([
    ['cannot be written down', async () => Promise.reject(new Error('disk full')), 'unavailable'],
    ['is taken by another worker', async () => false, 'lease-lost'],
  ])('is not sent when that %s', async (_, record, problem) => {
    const right = memoryStore()
    await open(right).enqueue()
    const { post } = open({ ...right, record })
    expect(await post()).toMatchObject({ name: 'JournalError', problem, outcome: 'unknown' })
    expect(server.requests).toEqual([])
  })

  it('gets another key where the server does not take its own', async () => {
    const contract = defineContract({
      name: 'short',
      keyRules: { pattern: /^[a-z0-9]{8,24}$/ },
      generateKey: () => 'shortenough123',
    })
    const first = open()
    await first.enqueue()
    const options = { ...once, contract }
    const { journal, send } = open(first.store, {}, options)
    expect((await journal.recover({ fetch: send })).applied).toBe(1)
    expect(server.requests.map(({ key }) => key)).toEqual(['shortenough123'])
  })

  it('keeps its key where the server takes it', async () => {
    const first = open()
    await first.enqueue()
    const key = (await onlyPending(first))?.key
    const { journal, send } = open(first.store, {}, { ...once, generateKey: () => 'another-key' })
    await journal.recover({ fetch: send })
    expect(server.requests.map((request) => request.key)).toEqual([key])
  })
})

describe('an operation that was not applied, and is called again', () => {
  it('is open again before it is sent', async () => {
    const first = open()
    server.fate = () => 'fail'
    await first.post()
    const states: unknown[] = []
    const { journal } = open(first.store)
    const send = createIdempotentFetch({
      journal,
      ...once,
      fetch: async () => {
        states.push((await onlyPending(first))?.status)
        return new Response('{}', { status: 201 })
      },
    })
    await send(`${server.url}/orders`, {
      method: 'POST',
      body: '{}',
      idempotency: { operationId: 'order-17' },
    })
    expect(states).toEqual(['active'])
  })
})

describe('an operation whose answer another worker has got meanwhile', () => {
  it('is answered from the journal, and not sent', async () => {
    const right = memoryStore()
    await open(right, { maxAnswerBytes: 0 }).post()
    // The other worker asks the server and keeps the answer, between the two claims of this call.
    const store = {
      ...right,
      claim: async (request: Parameters<OperationStore['claim']>[0]) => {
        if (request.takeSettled) {
          await open(right).post()
          server.requests.length = 0
        }
        return right.claim(request)
      },
    }
    const response = await open(store).post()
    expect(idempotencyOf(response)).toMatchObject({ attempts: 0, replayed: true, outcome: 'applied' })
    expect(server.requests).toEqual([])
    // It has given the lease back.
    const { entries } = await right.list({ state: 'settled' }, { limit: 9 })
    expect(entries.map(({ leaseLeftMs }) => leaseLeftMs)).toEqual([0])
  })
})
