import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { createJournal, memoryStore, runOnce, type OperationStore } from 'fetch-idempotency/journal'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startCommitServer, type CommitServer } from './commit-server.js'

let server: CommitServer
beforeEach(async () => void (server = await startCommitServer()))
afterEach(() => server.close())

type Call = 'claim' | 'renew' | 'record' | 'list' | 'remove'
const calls: readonly Call[] = ['claim', 'renew', 'record', 'list', 'remove']

/** A store that carries out the first of each kind of call, and whose answer to it is lost. */
function loseAnswers(store: OperationStore, lost: readonly Call[] = calls): OperationStore {
  const toLose = new Set(lost)
  const losing =
    <Args extends readonly unknown[], T>(call: Call, act: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      const result = await act(...args)
      if (toLose.delete(call)) throw new Error(`the answer to ${call} was lost`)
      return result
    }
  return {
    claim: losing('claim', store.claim),
    renew: losing('renew', store.renew),
    record: losing('record', store.record),
    list: losing('list', store.list),
    remove: losing('remove', store.remove),
  }
}

function open(right = memoryStore(), lost: readonly Call[] = calls) {
  const journal = createJournal({ store: loseAnswers(right, lost), keepRequests: true })
  const send = createIdempotentFetch({ journal, retry: { backoff: () => 1, maxAttempts: 1 } })
  const post = (operationId: string, init: object = {}) =>
    send(`${server.url}/orders`, { method: 'POST', body: '{}', ...init, idempotency: { operationId } })
  return { right, journal, send, post }
}

const settledOf = async (store: OperationStore) =>
  (await store.list({ state: 'settled' }, { limit: 9 })).entries.map(
    ({ value }) => (JSON.parse(value) as { outcome?: string }).outcome,
  )

describe('a store that has carried out a call, and whose answer is lost', () => {
  it('changes nothing for a call that is applied', async () => {
    const { post, right, journal } = open()
    expect(idempotencyOf(await post('a'))).toMatchObject({ outcome: 'applied', attempts: 1 })
    await journal.close()
    expect(await settledOf(right)).toEqual(['applied'])
    expect([...server.executed.values()]).toEqual([1])
  })

  it('leaves nothing behind of a call that was never sent, but what may be sent again', async () => {
    const { post, right, journal } = open(undefined, ['remove'])
    const hook = { signal: AbortSignal.abort(new Error('no')) }
    await expect(post('a', hook)).rejects.toThrow('no')
    await journal.close()
    expect((await right.list({ state: 'open' }, { limit: 9 })).entries).toEqual([])
    expect(server.requests).toEqual([])
  })

  it('lets recover finish what is open', async () => {
    const { right } = open()
    await open(right, []).journal.enqueue('a', { url: `${server.url}/orders`, body: '{}' })
    const { journal, send } = open(right)
    expect((await journal.recover({ fetch: send })).applied).toBe(1)
    await journal.close()
    expect(await settledOf(right)).toEqual(['applied'])
    expect([...server.executed.values()]).toEqual([1])
  })

  it('lets an outcome be written down, and says so', async () => {
    const { right } = open()
    await open(right, []).journal.enqueue('a', { url: `${server.url}/orders`, body: '{}' })
    const { journal } = open(right, ['record'])
    expect(await journal.resolve('a', 'applied')).toBe(true)
    expect(await settledOf(right)).toEqual(['applied'])
    expect(await journal.resolve('a', 'not-applied')).toBe(false)
  })

  it('lets an operation be forgotten, and says so', async () => {
    const { right } = open()
    await open(right, []).journal.enqueue('a', { url: `${server.url}/orders`, body: '{}' })
    const { journal } = open(right, ['remove'])
    expect(await journal.forget('a')).toBe(true)
    expect(await journal.forget('a')).toBe(false)
  })

  it('lets a run remember a value: the one that is on record', async () => {
    const right = memoryStore()
    const remember = (lost: readonly Call[], value: number) =>
      runOnce('job', { journal: open(right, lost).journal }, (run) => run.remember('n', () => value))
    expect(await remember(['record'], 1)).toBe(1)
    expect(await remember([], 2)).toBe(1)
  })
})

describe('a store that takes a write for one of a worker that has lost its lease', () => {
  it('ends the run that wanted to remember a value', async () => {
    const right = memoryStore()
    const store = { ...right, record: async () => false }
    const journal = createJournal({ store })
    const error = await runOnce('job', { journal }, (run) => run.remember('n', () => 1)).catch(
      (failure: unknown) => failure,
    )
    expect(error).toMatchObject({ name: 'JournalError', problem: 'busy' })
  })
})

describe('a store that does not answer', () => {
  const never = () => new Promise<never>(() => undefined)
  function openOver(part: Partial<OperationStore>, options: object = {}, retry: object = {}) {
    const right = memoryStore()
    const store = { ...right, ...part }
    const journal = createJournal({ store, storeTimeoutMs: 20, ...options })
    const send = createIdempotentFetch({ journal, retry })
    const post = (init: object = {}) =>
      send(`${server.url}/orders`, { method: 'POST', body: '{}', ...init, idempotency: { operationId: 'a' } })
    return { right, journal, post }
  }

  it('refuses the call after a few tries', async () => {
    let asked = 0
    const claim = () => {
      asked += 1
      return never()
    }
    await expect(openOver({ claim }).post()).rejects.toMatchObject({ problem: 'unavailable' })
    expect(asked).toBe(3)
    expect(server.requests).toEqual([])
  })

  it('refuses it within its deadline', async () => {
    const { post } = openOver({ claim: never }, { storeTimeoutMs: 60_000 }, { deadlineMs: 30 })
    await expect(post()).rejects.toMatchObject({ problem: 'unavailable' })
    expect(server.requests).toEqual([])
  })

  it.each([
    ['made an entry', false, []],
    ['took one over', true, [0]],
  ])('lets the caller leave, and undoes the claim that %s after that', async (_, isThere, left) => {
    const right = memoryStore()
    if (isThere)
      await createJournal({ store: right }).enqueue('a', { url: `${server.url}/orders`, body: '{}' })
    const before = (await right.list({ state: 'open' }, { limit: 9 })).entries
    let carryOut!: () => void
    const late = new Promise<void>((resolve) => (carryOut = resolve))
    let asked!: () => void
    const begun = new Promise<void>((resolve) => (asked = resolve))
    const claim: OperationStore['claim'] = (request) => {
      asked()
      return late.then(() => right.claim(request))
    }
    const { post } = openOver({ ...right, claim }, { storeTimeoutMs: 60_000 })
    const controller = new AbortController()
    const call = post({ signal: controller.signal })
    await begun
    controller.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    carryOut()
    await new Promise((resolve) => setTimeout(resolve))
    const { entries } = await right.list({ state: 'open' }, { limit: 9 })
    expect(entries.map(({ leaseLeftMs }) => leaseLeftMs)).toEqual(left)
    expect(entries).toEqual(isThere ? before : [])
    expect(server.requests).toEqual([])
  })

  it('holds up no answer that the server has given', async () => {
    const right = memoryStore()
    let isAway = true
    const record: OperationStore['record'] = (request) => (isAway ? never() : right.record(request))
    const { post, journal } = openOver({ ...right, record })
    expect((await post()).status).toBe(201)
    isAway = false
    await journal.close()
    expect(await settledOf(right)).toEqual(['applied'])
  })

  it('keeps the leases of others from no renewal', async () => {
    const right = memoryStore()
    const renewed: string[] = []
    const renew: OperationStore['renew'] = (request) => {
      renewed.push(request.token)
      return renewed.length === 1 ? never() : right.renew(request)
    }
    const journal = createJournal({ store: { ...right, renew }, leaseMs: 60 })
    let answer!: () => void
    const answered = new Promise<void>((resolve) => (answer = resolve))
    const fetch = () => answered.then(() => new Response('{}', { status: 201 }))
    const send = createIdempotentFetch({ journal, fetch })
    const calls = ['a', 'b'].map((operationId) =>
      send(server.url, { method: 'POST', idempotency: { operationId } }),
    )
    await expect.poll(() => new Set(renewed.slice(2)).size).toBe(2)
    answer()
    await Promise.all(calls)
  })

  it('throws for one that throws at once, and leaves no timer', async () => {
    const claim = () => {
      throw new Error('not a promise')
    }
    const { post } = openOver({ claim: claim as never })
    await expect(post()).rejects.toMatchObject({ problem: 'unavailable', cause: new Error('not a promise') })
  })
})
