import { createIdempotentFetch } from 'fetch-idempotency'
import {
  createJournal,
  memoryStore,
  type JournalOptions,
  type OperationStore,
  type PendingOperation,
  type Recovery,
  type RecoveryProgress,
} from 'fetch-idempotency/journal'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startCommitServer, type CommitServer } from './commit-server.js'

let server: CommitServer
beforeEach(async () => void (server = await startCommitServer()))
afterEach(() => server.close())

function open(options: Partial<JournalOptions> = {}) {
  const store = options.store ?? memoryStore()
  const journal = createJournal({ keepRequests: true, ...options, store })
  const send = createIdempotentFetch({ journal, retry: { backoff: () => 1, maxAttempts: 1 } })
  const post = (operationId: string, more: object = {}, init: object = {}) =>
    send(`${server.url}/orders?of=${operationId}`, {
      method: 'POST',
      body: `{"of":"${operationId}"}`,
      ...init,
      idempotency: { operationId, ...more },
    }).catch(() => undefined)
  return { store, journal, send, post }
}

async function all(pending: AsyncIterable<PendingOperation>): Promise<PendingOperation[]> {
  const found: PendingOperation[] = []
  for await (const one of pending) found.push(one)
  return found
}

const openOf = async (store: OperationStore) => (await store.list({ state: 'open' }, { limit: 9 })).entries

/** Changes the first open entry behind the journal's back. */
async function rewrite(store: OperationStore, change: (value: string) => string): Promise<void> {
  const [{ id, value } = { id: '', value: '' }] = await openOf(store)
  const own = { id, token: 'another', nowMs: 0 }
  await store.claim({ ...own, lane: undefined, leaseMs: 60_000, value })
  await store.record({ ...own, state: 'open', value: change(value), leaseMs: 0 })
}

const nothing = { applied: 0, 'not-applied': 0, unknown: 0, expired: 0, busy: 0, 'no-request': 0, failed: 0 }

describe('recover', () => {
  it('sends again what has no outcome: the same key, the same bytes, the headers that are kept and those it is given', async () => {
    const { journal, send, post } = open()
    server.fate = () => 'lose'
    await post('a', {}, { headers: { authorization: 'old', 'content-type': 'text/x' } })
    server.fate = () => 'answer'
    const told: [string, Recovery][] = []
    const result = await journal.recover({
      fetch: send,
      headersFor: async ({ operationId }) => ({ authorization: `new for ${operationId}` }),
      onProgress: ({ operation, result }) => void told.push([operation.operationId ?? '', result]),
    })
    expect(result).toEqual({ ...nothing, applied: 1 })
    expect(told).toEqual([['a', 'applied']])
    const [first, second] = server.requests
    expect(second).toEqual({ ...first, authorization: 'new for a' })
    expect([...server.executed.values()]).toEqual([1])
    expect(await all(journal.pending())).toEqual([])
    expect(await journal.recover({ fetch: send })).toEqual(nothing)
  })

  it('is not held up by one that goes wrong, except in its own lane', async () => {
    const { journal, send, post } = open()
    server.fate = () => 'lose'
    for (const id of ['1', '2', 'poison', '3', '4'])
      await post(id, { lane: ['poison', '4'].includes(id) ? 'p' : id })
    server.fate = ({ body }) => (body.includes('poison') ? 'lose' : 'answer')
    expect(await journal.recover({ fetch: send, concurrency: 1 })).toEqual({
      ...nothing,
      applied: 3,
      unknown: 1,
    })
    const left = await all(journal.pending())
    expect(left.map(({ operationId, status }) => [operationId, status])).toEqual([
      ['poison', 'unknown'],
      ['4', 'unknown'],
    ])
    server.fate = () => 'answer'
    await journal.recover({ fetch: send })
    expect(await all(journal.pending())).toEqual([])
    expect([...server.executed.values()]).toEqual([1, 1, 1, 1, 1])
  })

  it('keeps the order of a lane', async () => {
    const { journal, send, post } = open()
    server.fate = () => 'lose'
    for (let index = 0; index < 12; index += 1)
      await post(`${index % 3}-${index}`, { lane: `lane-${index % 3}` })
    server.requests.length = 0
    server.fate = () => 'answer'
    await journal.recover({ fetch: send, concurrency: 8 })
    for (const lane of ['0', '1', '2']) {
      const order = server.requests
        .map(({ path }) => path.split('=')[1] ?? '')
        .filter((id) => id.startsWith(`${lane}-`))
      expect(order.map((id) => Number(id.slice(2)))).toEqual(
        [0, 3, 6, 9].map((index) => index + Number(lane)),
      )
    }
  })

  it('works on no more operations at once than it is told to', async () => {
    const { journal, send, post } = open()
    server.fate = () => 'lose'
    for (let index = 0; index < 12; index += 1) await post(`${index}`)
    server.fate = () => 'answer'
    let going = 0
    let most = 0
    const headersFor = async () => {
      most = Math.max(most, (going += 1))
      await new Promise((resolve) => setImmediate(resolve))
      going -= 1
      return {}
    }
    expect((await journal.recover({ fetch: send, concurrency: 3, headersFor })).applied).toBe(12)
    expect(most).toBe(3)
  })

  it('never sends what the server may have forgotten, unless it finds out', async () => {
    let nowMs = Date.UTC(2030, 0, 1)
    const clock = { now: () => nowMs, sleep: (ms: number) => new Promise<void>((r) => setTimeout(r, ms)) }
    const { journal, send, post, store } = open({ clock, store: memoryStore({ now: () => nowMs }) })
    server.fate = () => 'lose'
    await post('a')
    await post('b')
    nowMs += 24 * 3_600_000
    server.requests.length = 0
    server.fate = () => 'answer'
    expect(await journal.recover({ fetch: send })).toEqual({ ...nothing, expired: 2 })
    expect((await all(journal.pending())).map(({ status }) => status)).toEqual(['expired', 'expired'])
    const reconcile = ({ operationId }: PendingOperation) => (operationId === 'a' ? 'applied' : 'unknown')
    expect(await journal.recover({ fetch: send, reconcile })).toEqual({ ...nothing, applied: 1, expired: 1 })
    expect((await all(journal.pending())).map(({ operationId }) => operationId)).toEqual(['b'])
    expect(server.requests).toEqual([])
    await store.close?.()
  })

  it('leaves an operation whose request nobody has, and takes one that is made for it', async () => {
    const { journal, send, post } = open({ keepRequests: false })
    server.fate = () => 'lose'
    await post('a')
    server.fate = () => 'answer'
    expect(await journal.recover({ fetch: send })).toEqual({ ...nothing, 'no-request': 1 })
    const requestFor = (body: string) => () => ({ url: `${server.url}/orders?of=a`, body })
    expect((await journal.recover({ fetch: send, requestFor: requestFor('other') })).applied).toBe(0)
    expect(server.requests).toHaveLength(1)
    expect((await journal.recover({ fetch: send, requestFor: requestFor('{"of":"a"}') })).applied).toBe(1)
    expect([...server.executed.values()]).toEqual([1])
  })

  it('leaves what another worker has', async () => {
    const { journal, send, store } = open()
    let answer!: () => void
    const stuck = createIdempotentFetch({
      journal: open({ store }).journal,
      fetch: () => new Promise((resolve) => (answer = () => resolve(new Response('{}', { status: 201 })))),
    })
    const first = stuck(server.url, { method: 'POST', idempotency: { operationId: 'a' } })
    await expect.poll(() => answer).toBeDefined()
    expect(await journal.recover({ fetch: send })).toEqual({ ...nothing, busy: 1 })
    answer()
    await first
    expect(server.requests).toEqual([])
  })

  it.each([
    ['has taken since the list was read', false, { busy: 1 }],
    ['has ended since the list was read', true, {}],
  ])('leaves what another worker %s', async (_, isEnded, counted) => {
    const right = memoryStore()
    await open({ store: right }).journal.enqueue('a', { url: server.url, body: '{}' })
    const store: OperationStore = {
      ...right,
      async claim(request) {
        const [entry] = (await right.list({ state: 'open' }, { limit: 1 })).entries
        const { id = '', value = '' } = entry ?? {}
        const own = { id, token: 'another', value, nowMs: 0 }
        await right.claim({ ...own, lane: undefined, leaseMs: 60_000 })
        if (isEnded) await right.record({ ...own, state: 'settled', leaseMs: 0 })
        return right.claim(request)
      },
    }
    const { journal, send } = open({ store })
    expect(await journal.recover({ fetch: send })).toEqual({ ...nothing, ...counted })
    expect(server.requests).toEqual([])
  })

  it('tells of an operation that the store does not give, and goes on', async () => {
    const right = memoryStore()
    const { journal: writer } = open({ store: right })
    await writer.enqueue('a', { url: server.url, body: '{}' })
    await writer.enqueue('b', { url: server.url, body: '{}' })
    const [first] = (await right.list({ state: 'open' }, { limit: 1 })).entries
    const claim: OperationStore['claim'] = (request) =>
      request.id === first?.id ? Promise.reject(new Error('away')) : right.claim(request)
    const { journal, send } = open({ store: { ...right, claim } })
    const told: unknown[] = []
    const onProgress = ({ operation, result, error }: RecoveryProgress) =>
      void told.push([operation.operationId, result, (error as { problem?: string } | undefined)?.problem])
    expect(await journal.recover({ fetch: send, onProgress })).toEqual({ ...nothing, applied: 1, failed: 1 })
    expect(told.toSorted()).toEqual([
      ['a', 'failed', 'unavailable'],
      ['b', 'applied', undefined],
    ])
  })

  it.each([
    ['gives the lease back', false],
    ['goes on although the store does not take it', true],
  ])('%s when the request cannot be made after all', async (_, isAway) => {
    const right = memoryStore()
    await open({ store: right }).journal.enqueue('a', { url: server.url, body: '{}' })
    const slept: AbortSignal[] = []
    const clock = {
      now: () => 0,
      sleep: (_ms: number, signal?: AbortSignal) => {
        if (signal) slept.push(signal)
        return new Promise<void>((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true }),
        )
      },
    }
    const record: OperationStore['record'] = (request) =>
      isAway ? Promise.reject(new Error('away')) : right.record(request)
    const { journal, send } = open({ store: { ...right, record }, clock })
    const headersFor = () => Promise.reject(new Error('no token'))
    expect(await journal.recover({ fetch: send, headersFor })).toEqual({ ...nothing, failed: 1 })
    const [entry] = (await right.list({ state: 'open' }, { limit: 1 })).entries
    expect((entry?.leaseLeftMs ?? 0) > 0).toBe(isAway)
    // No lease is renewed any more.
    expect(slept.map(({ aborted }) => aborted)).toEqual([true])
    expect(server.requests).toEqual([])
  })

  it.each<[string, (store: OperationStore) => Promise<unknown>, object]>([
    [
      'its request can be sent only once',
      async () => undefined,
      {
        requestFor: () => ({ url: `${server.url}/orders`, body: new Response('long').body, duplex: 'half' }),
      },
    ],
    [
      'its request is damaged',
      (store) => rewrite(store, (value) => value.replace(/"body":"[^"]*"/, '"body":"***"')),
      {},
    ],
  ])('leaves an operation free for others when %s', async (_, prepare, options) => {
    const { journal, post, store } = open({ keepRequests: !('requestFor' in options) })
    server.fate = () => 'lose'
    await post('a')
    await prepare(store)
    const fetch = createIdempotentFetch({ journal, maxRequestBytes: 1, oversizedBody: 'send-once' })
    const { failed, unknown } = await journal.recover({ fetch, ...options })
    expect(failed + unknown).toBe(1)
    expect((await openOf(store)).map(({ leaseLeftMs }) => leaseLeftMs)).toEqual([0])
    expect(server.requests).toHaveLength(1)
  })

  it.each<[string, (store: OperationStore) => Promise<unknown>, 'failed' | 'unknown']>([
    ['stays unknown', async () => undefined, 'unknown'],
    ['cannot be read', (store) => rewrite(store, () => '{"version":99}'), 'failed'],
  ])('holds a lane up behind an operation that %s, new ones included', async (_, prepare, result) => {
    const { journal, send, store } = open()
    const enqueue = (path: string) =>
      journal.enqueue(path, { url: `${server.url}${path}`, body: '{}' }, { lane: 'orders' })
    await enqueue('/first')
    await prepare(store)
    await enqueue('/second')
    server.fate = ({ path }) => (path === '/first' ? 'lose' : 'answer')
    const onProgress = () => void enqueue('/third')
    expect(await journal.recover({ fetch: send, onProgress })).toEqual({ ...nothing, [result]: 1 })
    expect(await openOf(store)).toHaveLength(3)
    expect(server.requests.map(({ path }) => path)).toEqual(result === 'unknown' ? ['/first'] : [])
  })

  it('goes on in a lane after an operation that was not applied', async () => {
    const { journal, send } = open()
    for (const path of ['/first', '/second'])
      await journal.enqueue(path, { url: `${server.url}${path}`, body: '{}' }, { lane: 'orders' })
    server.fate = ({ path }) => (path === '/first' ? 'fail' : 'answer')
    expect(await journal.recover({ fetch: send })).toEqual({ ...nothing, applied: 1, 'not-applied': 1 })
  })

  it('writes down ahead, many at a time, what it is about to send, and takes back what was not sent after all', async () => {
    let nowMs = Date.UTC(2030, 0, 1)
    const clock = { now: () => nowMs, sleep: (ms: number) => new Promise<void>((r) => setTimeout(r, ms)) }
    const store = memoryStore({ now: () => nowMs })
    const { journal } = open({ clock, store })
    for (let index = 0; index < 12; index += 1)
      await journal.enqueue(`${index}`, { url: `${server.url}/orders?of=${index}`, body: '{}' })
    const stop = new AbortController()
    const crashed = memoryStore({ now: () => nowMs })
    let sent = 0
    const fetch = createIdempotentFetch({
      journal,
      fetch: async (_input, init) => {
        sent += 1
        if (sent < 6) return new Response('{}', { status: 201 })
        // What another worker would find if this one were gone now.
        for (const { id, value } of (await store.list({ state: 'open' }, { limit: 12 })).entries)
          await crashed.claim({ id, lane: undefined, token: '', leaseMs: 0, value, nowMs })
        stop.abort(new Error('enough'))
        throw init?.signal?.reason
      },
    })
    await expect(journal.recover({ fetch, concurrency: 1, signal: stop.signal })).rejects.toThrow('enough')
    const statuses = async (store: OperationStore) =>
      (await all(open({ clock, store }).journal.pending())).map(({ status }) => status).toSorted()
    const times = (length: number, status: string) => Array.from({ length }, () => status)
    expect(await statuses(crashed)).toEqual([...times(3, 'interrupted'), ...times(4, 'unsent')])
    expect(await statuses(store)).toEqual(['interrupted', ...times(6, 'unsent')])
    // For as long as the contract of this fetch says that the server keeps keys.
    nowMs += 24 * 3_600_000
    expect(await statuses(crashed)).toEqual([...times(3, 'expired'), ...times(4, 'unsent')])
  })

  it('asks for no request that is kept, nor for one that is not sent any more', async () => {
    let nowMs = Date.UTC(2030, 0, 1)
    const clock = { now: () => nowMs, sleep: (ms: number) => new Promise<void>((r) => setTimeout(r, ms)) }
    const requestFor = () => {
      throw new Error('nobody needs it')
    }
    const { journal, send, post } = open({ clock, store: memoryStore({ now: () => nowMs }) })
    server.fate = () => 'lose'
    await post('a')
    expect(await journal.recover({ fetch: send, requestFor })).toEqual({ ...nothing, unknown: 1 })
    const other = open({ clock, store: memoryStore({ now: () => nowMs }), keepRequests: false })
    await other.post('b')
    nowMs += 24 * 3_600_000
    expect(await other.journal.recover({ fetch: send, requestFor })).toEqual({ ...nothing, expired: 1 })
  })

  it('does not send what grows too old while its request is made', async () => {
    let nowMs = Date.UTC(2030, 0, 1)
    const clock = { now: () => nowMs, sleep: (ms: number) => new Promise<void>((r) => setTimeout(r, ms)) }
    const store = memoryStore({ now: () => nowMs })
    const { journal, send, post } = open({ clock, store, keepRequests: false })
    server.fate = () => 'lose'
    await post('a')
    const requestFor = () => {
      nowMs += 24 * 3_600_000
      return { url: `${server.url}/orders?of=a`, body: '{"of":"a"}' }
    }
    const reconcile = () => 'applied' as const
    const result = await journal.recover({ fetch: send, requestFor, reconcile })
    expect(result).toEqual({ ...nothing, applied: 1 })
    expect(server.requests).toHaveLength(1)
    expect(await openOf(store)).toEqual([])
  })

  it('sends on while an outcome is written down, and waits for all of them at its end', async () => {
    const right = memoryStore()
    let release!: () => void
    const gate = new Promise<void>((resolve) => (release = resolve))
    const record: OperationStore['record'] = (request) =>
      request.state === 'settled' ? gate.then(() => right.record(request)) : right.record(request)
    const { journal, send } = open({ store: { ...right, record } })
    for (const id of ['a', 'b', 'c'])
      await journal.enqueue(id, { url: `${server.url}/orders?of=${id}`, body: '{}' })
    let isOver = false
    const recovery = journal.recover({ fetch: send, concurrency: 1 }).finally(() => (isOver = true))
    await expect.poll(() => server.requests.length).toBe(3)
    expect([isOver, (await openOf(right)).length]).toEqual([false, 3])
    release()
    expect((await recovery).applied).toBe(3)
    expect(await openOf(right)).toEqual([])
  })

  it('reports a claim that fails while another operation is being sent, and nothing else hears of it', async () => {
    const right = memoryStore()
    const { journal: writer } = open({ store: right })
    for (const id of ['a', 'b']) await writer.enqueue(id, { url: server.url, body: '{}' })
    let failures = 0
    let first: string | undefined
    const claim: OperationStore['claim'] = (request) => {
      first ??= request.id
      if (request.id === first) return right.claim(request)
      failures += 1
      return Promise.reject(new Error('away'))
    }
    const { journal, send } = open({ store: { ...right, claim } })
    const unhandled: unknown[] = []
    const listen = (error: unknown) => void unhandled.push(error)
    process.on('unhandledRejection', listen)
    const headersFor = async () => {
      await expect.poll(() => failures, { timeout: 5_000 }).toBe(3)
      await new Promise((resolve) => setTimeout(resolve))
      return {}
    }
    const result = await journal.recover({ fetch: send, concurrency: 1, headersFor })
    process.off('unhandledRejection', listen)
    expect(result).toEqual({ ...nothing, applied: 1, failed: 1 })
    expect(unhandled).toEqual([])
  })

  it('does not hear of a listener whose promise rejects', async () => {
    const { journal, send } = open()
    await journal.enqueue('a', { url: server.url, body: '{}' })
    const unhandled: unknown[] = []
    const listen = (error: unknown) => void unhandled.push(error)
    process.on('unhandledRejection', listen)
    const onProgress = async () => Promise.reject(new Error('the listener failed'))
    expect((await journal.recover({ fetch: send, onProgress })).applied).toBe(1)
    await new Promise((resolve) => setTimeout(resolve))
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
  })

  it('ends with the signal, and leaves what is not through', async () => {
    const { journal, send, post } = open()
    server.fate = () => 'lose'
    for (let index = 0; index < 20; index += 1) await post(`${index}`)
    server.fate = () => 'answer'
    const controller = new AbortController()
    const recovery = journal.recover({
      fetch: send,
      concurrency: 2,
      signal: controller.signal,
      onProgress: ({ finished }) => finished === 5 && controller.abort(new Error('enough')),
    })
    await expect(recovery).rejects.toThrow('enough')
    const left = (await all(journal.pending())).length
    expect(left).toBeGreaterThan(10)
    expect((await journal.recover({ fetch: send })).applied).toBe(left)
    expect([...server.executed.values()]).toEqual(Array.from({ length: 20 }, () => 1))
  })

  it('asks for nothing once the signal has aborted', async () => {
    const { journal, send, post } = open({ keepRequests: false })
    server.fate = () => 'lose'
    await post('a')
    await post('b')
    const controller = new AbortController()
    let asked = 0
    const requestFor = () => {
      asked += 1
      controller.abort(new Error('enough'))
      return undefined
    }
    const { signal } = controller
    await expect(journal.recover({ fetch: send, concurrency: 1, signal, requestFor })).rejects.toThrow(
      'enough',
    )
    expect(asked).toBe(1)
  })

  it('goes on past an entry that it cannot read, and reports it', async () => {
    const { journal, send, post, store } = open()
    await store.claim({ id: 'x', lane: undefined, token: 't', leaseMs: 0, value: '{"version":99}', nowMs: 0 })
    server.fate = () => 'lose'
    await post('a')
    server.fate = () => 'answer'
    expect(await journal.recover({ fetch: send })).toEqual({ ...nothing, applied: 1, failed: 1 })
    expect((await store.list({ state: 'open' }, { limit: 9 })).entries).toHaveLength(1)
  })

  it.each<[object, RegExp]>([
    [{}, /createIdempotentFetch/],
    [{ fetch: globalThis.fetch }, /createIdempotentFetch/],
    [{ fetch: createIdempotentFetch(), concurrency: 0 }, /concurrency/],
    [{ fetch: createIdempotentFetch(), lanes: 1 }, /no option "lanes"/],
  ])('refuses the options %o', async (options, message) => {
    await expect(open().journal.recover(options as never)).rejects.toThrow(message)
  })
})

describe('the inbox', () => {
  it('shows what is open, takes an outcome, and forgets', async () => {
    const { journal, post } = open()
    server.fate = () => 'lose'
    await post('a')
    await post('b')
    const [a] = await all(journal.pending())
    expect(a).toMatchObject({
      operationId: 'a',
      key: server.requests[0]?.key,
      method: 'POST',
      url: `${server.url}/orders`,
      attempts: 1,
      status: 'unknown',
      outcome: 'unknown',
      hasRequest: true,
    })
    expect(await journal.resolve(a as PendingOperation, 'applied')).toBe(true)
    expect(await journal.resolve('a', 'applied')).toBe(false)
    expect(await journal.forget('b')).toBe(true)
    expect(await journal.forget('b')).toBe(false)
    expect(await all(journal.pending())).toEqual([])
    server.requests.length = 0
    server.fate = () => 'answer'
    // Nobody kept an answer for "a": the server is asked for it, under its key.
    await post('a')
    expect(server.requests[0]?.key).toBe(a?.key)
    expect(server.executed.get(`/orders?of=a {"of":"a"}`)).toBe(1)
  })

  it('forgets nothing that a worker has', async () => {
    const { journal, store } = open()
    await journal.enqueue('a', { url: server.url })
    const { entries } = await store.list({ state: 'open' }, { limit: 1 })
    const id = entries[0]?.id as string
    await store.claim({ id, lane: undefined, token: 'other', leaseMs: 60_000, value: '', nowMs: 0 })
    await expect(journal.forget('a')).rejects.toMatchObject({ problem: 'busy' })
    await expect(journal.resolve('a', 'applied')).rejects.toMatchObject({ problem: 'busy' })
  })

  it.each(['unknown', 'yes', undefined])(
    'takes no outcome but applied and not-applied: %s',
    async (outcome) => {
      const { journal, store } = open()
      await journal.enqueue('a', { url: server.url })
      await expect(journal.resolve('a', outcome as never)).rejects.toThrow(/outcome must be/)
      expect(await openOf(store)).toMatchObject([{ leaseLeftMs: 0 }])
    },
  )

  it.each(['', '\ud800'])('rejects for the id %o, which names nothing', async (id) => {
    const { journal } = open()
    const calls = [journal.resolve(id, 'applied'), journal.forget(id)]
    for (const call of calls) await expect(call).rejects.toThrow(RangeError)
  })

  it('tells of a store that fails by a JournalError', async () => {
    const right = memoryStore()
    for (const id of ['a', 'b']) await open({ store: right }).journal.enqueue(id, { url: server.url })
    const away = () => Promise.reject(new Error('away'))
    const clock = { now: () => 0, sleep: async () => undefined }
    const failing = (part: Partial<OperationStore>) => createJournal({ store: { ...right, ...part }, clock })
    const acts = [
      () => failing({ list: away }).recover({ fetch: createIdempotentFetch() }),
      () => all(failing({ list: away }).pending()),
      () => failing({ remove: away }).compact(),
      () => failing({ record: away }).resolve('a', 'applied'),
      () => failing({ remove: away }).forget('b'),
    ]
    for (const act of acts)
      await expect(act()).rejects.toMatchObject({ problem: 'unavailable', cause: new Error('away') })
  })

  it('removes settled operations when they are old enough, and no others', async () => {
    let nowMs = Date.UTC(2030, 0, 1)
    const clock = { now: () => nowMs, sleep: (ms: number) => new Promise<void>((r) => setTimeout(r, ms)) }
    const { journal, post } = open({ clock, keepSettledMs: 1_000, store: memoryStore({ now: () => nowMs }) })
    server.fate = ({ body }) => (body.includes('open') ? 'lose' : 'answer')
    await post('a')
    await post('open')
    expect(await journal.compact()).toBe(0)
    nowMs += 1_001
    await post('b')
    expect(await journal.compact()).toBe(1)
    expect((await all(journal.pending())).map(({ operationId }) => operationId)).toEqual(['open'])
  })
})

describe('enqueue', () => {
  it('writes an operation down without sending it, for recover to send once', async () => {
    const { journal, send } = open()
    const request = { url: `${server.url}/orders`, body: '{}', headers: { authorization: 'hidden' } }
    expect(await journal.enqueue('a', request)).toBe(true)
    expect(await journal.enqueue('a', request)).toBe(false)
    await expect(journal.enqueue('a', { ...request, body: 'other' })).rejects.toMatchObject({
      code: 'key_reused',
    })
    expect(server.requests).toEqual([])
    expect(await all(journal.pending())).toMatchObject([
      { status: 'unsent', outcome: 'not-applied', attempts: 0 },
    ])
    expect((await journal.recover({ fetch: send })).applied).toBe(1)
    expect(server.requests).toMatchObject([{ body: '{}', path: '/orders', authorization: undefined }])
  })

  it('writes to the store that it is given, such as one inside of a transaction', async () => {
    const { journal } = open()
    const other = memoryStore()
    await journal.enqueue('a', { url: server.url }, { store: other })
    expect((await other.list({ state: 'open' }, { limit: 9 })).entries).toHaveLength(1)
    expect(await all(journal.pending())).toEqual([])
  })

  it.each([
    ['a DataView', new DataView(new TextEncoder().encode('abcd').buffer)],
    ['16-bit numbers', new Uint16Array(new Uint8Array([97, 98, 99, 100]).buffer)],
    ['a part of a buffer', new Uint8Array(new TextEncoder().encode('xabcdx').buffer, 1, 4)],
  ])('keeps the bytes of %s', async (_, body) => {
    const { journal, send } = open()
    await journal.enqueue('a', { url: server.url, body: body as Uint8Array })
    await journal.recover({ fetch: send })
    expect(server.requests.map((request) => request.body)).toEqual(['abcd'])
  })

  it('refuses what it cannot keep', async () => {
    const { journal } = open()
    await expect(journal.enqueue('a', { url: `${server.url}/?token=hidden` })).rejects.toThrow(/credential/)
    await expect(journal.enqueue('a', { url: server.url, body: {} as string })).rejects.toThrow(
      /string or bytes/,
    )
  })
})
