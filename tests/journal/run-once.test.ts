import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import {
  createJournal,
  derivedKeys,
  isRunDivergedError,
  memoryStore,
  runOnce,
  type OperationJournal,
  type OperationStore,
  type RunJournal,
} from 'fetch-idempotency/journal'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startCommitServer, type CommitServer } from './commit-server.js'

let server: CommitServer
beforeEach(async () => void (server = await startCommitServer()))
afterEach(() => {
  vi.unstubAllGlobals()
  return server.close()
})

function open(store: OperationStore = memoryStore(), options: object = {}) {
  const journal = createJournal({ store, ...options })
  const send = createIdempotentFetch({ journal, retry: { backoff: () => 1, maxAttempts: 1 } })
  const post = (path: string, body: string, step?: string) =>
    send(`${server.url}${path}`, { method: 'POST', body, ...(step && { idempotency: { step } }) })
  return { store, journal, send, post }
}

const thrown = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as Error & { divergence?: string; problem?: string },
  )

const keys = () => server.requests.map(({ key }) => key)

describe('runOnce', () => {
  it('sends the steps of a run that runs again once, and answers those that are done from the journal', async () => {
    const store = memoryStore()
    let runs = 0
    const job = async () => {
      const { journal, post } = open(store)
      return runOnce('job-42', { journal }, async () => {
        runs += 1
        const made = await post('/charges', '{"amount":100}')
        if (runs < 3) throw new Error('the worker was killed')
        await post('/orders', '{"items":1}')
        return made.json() as Promise<unknown>
      })
    }
    await thrown(job())
    await thrown(job())
    expect(await job()).toEqual({ made: 0 })
    expect(await job()).toEqual({ made: 0 })
    expect(server.requests.map(({ path }) => path)).toEqual(['/charges', '/orders'])
  })

  it('gives equal writes of a run different keys, by their count, and those of another run others', async () => {
    const { journal, post } = open()
    const job = async () => {
      await post('/orders', '{}')
      await post('/orders', '{}')
    }
    await runOnce('job-1', { journal }, job)
    await runOnce('job-2', { journal }, job)
    expect(new Set(keys()).size).toBe(4)
  })

  it('keeps the key of a step whose answer was lost', async () => {
    const { journal, post, store } = open()
    server.fate = () => 'lose'
    const job = (sent: typeof post) => () => sent('/charges', '{}', 'charge')
    await thrown(runOnce('job', { journal }, job(post)))
    server.fate = () => 'answer'
    const again = open(store)
    const response = await runOnce('job', { journal: again.journal }, job(again.post))
    expect(idempotencyOf(response)).toMatchObject({ outcome: 'applied', replayed: true })
    expect(new Set(keys()).size).toBe(1)
  })

  it.each<[string, object, RegExp]>([
    ['another fetch', { fetch: globalThis.fetch }, /runOnce.fetch must be made by createIdempotentFetch/],
    ['a fetch that is no function', { fetch: 'send' }, /runOnce.fetch must be a function, not string/],
    ['a wait that is no number', { waitMs: '1' }, /runOnce.waitMs must be a number/],
    ['a wait before now', { waitMs: -1 }, /runOnce.waitMs must be a number of at least 0/],
    ['a signal that is none', { signal: true }, /runOnce.signal must be an object/],
    ['a misspelt option', { waitsMs: 1 }, /there is no option "waitsMs"/],
    ['another journal', { journal: memoryStore() }, /runOnce.journal must be made by createJournal/],
    ['no journal', { journal: undefined }, /runOnce.journal must be made by createJournal/],
    ['no job', { act: null }, /runOnce needs the function that is the job/],
  ])(
    'refuses %s, and writes nothing down',
    async (_, { act = async () => 1, ...options }: { act?: unknown }, why) => {
      const { journal, store } = open()
      for (const one of [journal, derivedKeys()]) {
        const error = await thrown(runOnce('job-42', { journal: one, ...options }, act as () => Promise<1>))
        expect(error?.message).toMatch(why)
      }
      expect((await store.list({ state: 'open' }, { limit: 1 })).entries).toEqual([])
    },
  )

  it.each<[string, () => Promise<number>, 'settled' | 'open']>([
    ['ends', async () => 1, 'settled'],
    ['throws', async () => Promise.reject(new Error('job')), 'open'],
  ])('holds its lease no longer when the job %s', async (_, job, state) => {
    const signals: AbortSignal[] = []
    const clock = {
      now: () => 0,
      sleep: (_ms: number, signal?: AbortSignal) =>
        new Promise<void>((_resolve, reject) => {
          if (signal) signals.push(signal)
          signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
        }),
    }
    const { journal, store } = open(undefined, { clock })
    await thrown(runOnce('job-42', { journal }, job))
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    expect((await store.list({ state }, { limit: 1 })).entries).toMatchObject([{ leaseLeftMs: 0 }])
  })

  it.each<[string, () => OperationJournal & RunJournal]>([
    ['a journal', () => open().journal],
    ['derived keys', () => derivedKeys()],
  ])('has %s keep an operation with an id of its own, sent by run.fetch', async (_, make) => {
    const journal = make()
    const send = createIdempotentFetch({ journal })
    const init = { method: 'POST', body: '1', idempotency: { operationId: 'order-17' } }
    for (let runs = 0; runs < 2; runs += 1)
      await runOnce('job-42', { journal, fetch: send }, (run) => run.fetch(`${server.url}/orders`, init))
    await send(`${server.url}/orders`, init)
    expect(new Set(keys()).size).toBe(1)
    expect([...server.executed.values()]).toEqual([1])
  })

  it.each<[string, object, RegExp]>([
    ['a run', { journal: createJournal({ store: memoryStore() }) }, /idempotency.step needs a run/],
    ['a run of derived keys', { journal: derivedKeys() }, /idempotency.step needs a run/],
    ['a journal', {}, /idempotency.step needs a journal/],
  ])('sends no step without %s', async (_, options, why) => {
    const send = createIdempotentFetch(options)
    const init = { method: 'POST', body: '1', idempotency: { step: 'charge' } }
    await expect(send(`${server.url}/charges`, init)).rejects.toThrow(why)
    expect(server.requests).toEqual([])
  })

  it.each<[string, (journal: RunJournal & OperationJournal) => Promise<unknown>, string]>([
    ['a run', (journal) => runOnce('', { journal }, async () => 1), 'the id of the run is empty'],
    [
      'an operation',
      (journal) =>
        createIdempotentFetch({ journal })(server.url, { method: 'POST', idempotency: { operationId: '' } }),
      'the id of the operation is empty',
    ],
  ])('refuses %s without an id by its name', async (_, act, why) => {
    expect((await thrown(act(open().journal)))?.message).toBe(why)
    expect(server.requests).toEqual([])
  })

  it('leaves reads alone', async () => {
    const { journal, send } = open()
    await runOnce('job', { journal }, async () => {
      await send(`${server.url}/orders`)
      await send(`${server.url}/orders`)
    })
    expect(keys()).toEqual(['', ''])
  })

  describe('stops before it sends', () => {
    type Post = (path: string, body: string, step?: string) => Promise<Response>
    const divergences: Readonly<
      Record<string, readonly [first: (post: Post) => unknown, again: (post: Post) => unknown, why: string]>
    > = {
      'a step with another body': [(post) => post('/a', '1', 'a'), (post) => post('/a', '2', 'a'), 'payload'],
      'a counted step with another body': [(post) => post('/a', '1'), (post) => post('/a', '2'), 'payload'],
      'a step with another path': [(post) => post('/a', '1', 'a'), (post) => post('/b', '1', 'a'), 'payload'],
      'a step of another name in the place of one that was done': [
        (post) => post('/a', '1', 'a'),
        (post) => post('/a', '1', 'b'),
        'missing-step',
      ],
      'a new step before one that was done': [
        (post) => post('/a', '1', 'a'),
        async (post) => {
          await post('/new', '1', 'new')
          await post('/a', '1', 'a')
        },
        'missing-step',
      ],
      'a step after one that is left out': [
        async (post) => {
          await post('/a', '1', 'a')
          await post('/b', '1', 'b')
        },
        (post) => post('/b', '1', 'b'),
        'missing-step',
      ],
      'a step that the run has done': [
        () => undefined,
        async (post) => {
          await post('/a', '1', 'a').catch(() => undefined)
          server.requests.length = 0
          await post('/a', '1', 'a')
        },
        'step-used-twice',
      ],
    }

    it.each(Object.entries(divergences))('%s', async (_, [first, again, why]) => {
      const { journal, post, store } = open()
      await runOnce('job', { journal }, async () => void (await first(post)))
      server.requests.length = 0
      const second = open(store)
      const error = await thrown(
        runOnce('job', { journal: second.journal }, async () => void (await again(second.post))),
      )
      expect(isRunDivergedError(error)).toBe(true)
      expect(error?.divergence).toBe(why)
      expect(server.requests).toEqual([])
    })

    it('a step after one whose entry is gone', async () => {
      const { journal, post, store } = open()
      const job = (sent: typeof post) => async () => {
        await sent('/a', '1', 'a')
        await sent('/b', '1', 'b')
      }
      await runOnce('job', { journal }, job(post))
      const { entries } = await store.list({ state: 'settled' }, { limit: 9 })
      const gone = entries.find(({ value }) => value.includes('"step":"a"'))
      expect(await store.remove({ id: gone?.id as string })).toBe(1)
      server.requests.length = 0
      const again = open(store)
      const error = await thrown(runOnce('job', { journal: again.journal }, job(again.post)))
      expect(isRunDivergedError(error)).toBe(true)
      expect(server.requests).toEqual([])
    })
  })

  it('takes steps that go on at once in any order', async () => {
    const { journal, post, store } = open()
    const job = (sent: typeof post, isTurned: boolean) => async () => {
      const branch = async (name: string) => {
        await sent(`/${name}`, '1', `${name}1`)
        await sent(`/${name}`, '2', `${name}2`)
      }
      await Promise.all((isTurned ? ['b', 'a', 'c'] : ['a', 'b', 'c']).map(branch))
      await sent('/end', '1', 'end')
    }
    let lost = 0
    server.fate = ({ path, body }) => (path === '/b' && body === '2' && (lost += 1) < 3 ? 'lose' : 'answer')
    await thrown(runOnce('job', { journal }, job(post, false)))
    for (const isTurned of [true, false, true]) {
      const again = open(store)
      await thrown(runOnce('job', { journal: again.journal }, job(again.post, isTurned)))
    }
    expect([...server.executed.values()]).toEqual(Array.from({ length: 7 }, () => 1))
  })

  it('remembers values, so that times in bodies stay what they were', async () => {
    const { store } = open()
    let clock = 0
    const job = async () => {
      const { journal, post } = open(store)
      return runOnce('job', { journal }, async (run) => {
        const now = await run.remember('now', () => (clock += 1))
        await post('/orders', `{"at":${now}}`, 'order')
        return now
      })
    }
    expect([await job(), await job()]).toEqual([1, 1])
    expect(server.requests).toHaveLength(1)
  })

  it('remembers nothing of what could not be made, and can be run again at once', async () => {
    const { journal, store } = open()
    const remember = (make: () => Promise<number>) =>
      runOnce('job', { journal, waitMs: 0 }, (run) => run.remember('n', make))
    await expect(remember(() => Promise.reject(new Error('away')))).rejects.toThrow('away')
    const { entries } = await store.list({ state: 'open' }, { limit: 9 })
    expect(entries.map(({ leaseLeftMs }) => leaseLeftMs)).toEqual([0, 0])
    expect(await remember(async () => 1)).toBe(1)
  })

  it.each([
    ['a journal', () => open()],
    [
      'derived keys',
      () => {
        const journal: RunJournal & OperationJournal = derivedKeys()
        const send = createIdempotentFetch({ journal })
        const post = (path: string, body: string, step: string) =>
          send(`${server.url}${path}`, { method: 'POST', body, idempotency: { step } })
        return { journal, post }
      },
    ],
  ])('stops a step whose name another one has that still goes on, with %s', async (_, make) => {
    const { journal, post } = make()
    const run = runOnce('job', { journal }, async () => {
      const first = post('/orders', '{}', 'create')
      const second = await thrown(post('/orders', '{}', 'create'))
      await first
      throw second
    })
    expect(await thrown(run)).toMatchObject({ divergence: 'step-used-twice' })
    expect(server.requests).toHaveLength(1)
  })

  it('takes a step again that was not applied', async () => {
    const { journal, post } = open()
    server.fate = () => 'fail'
    const statuses = await runOnce('job', { journal }, async () => {
      const first = await post('/orders', '{}', 'create')
      server.fate = () => 'answer'
      return [first.status, (await post('/orders', '{}', 'create')).status]
    })
    expect(statuses).toEqual([422, 201])
  })

  it('ends the wait for another worker with the signal', async () => {
    const { journal } = open()
    const controller = new AbortController()
    const { signal } = controller
    const second = await runOnce('job', { journal }, async () => {
      const waiting = thrown(runOnce('job', { journal, signal }, async () => 'never'))
      controller.abort(new Error('enough'))
      return waiting
    })
    expect(second?.message).toBe('enough')
  })

  it.each([
    ['is renewed', async () => true, undefined],
    ['was taken by another worker', async () => false, 'lease-lost'],
    ['cannot be renewed', () => Promise.reject(new Error('away')), 'unavailable'],
  ])('does new steps under a lease that runs out only if it %s', async (_, renew, problem) => {
    let nowMs = 0
    const sleep = async (_ms: number, signal?: AbortSignal) => {
      // Renewals are never due: the worker stands still.
      if (signal)
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    const { journal, post } = open({ ...memoryStore(), renew }, { clock: { now: () => nowMs, sleep } })
    const error = await thrown(
      runOnce('job', { journal }, async (run) => {
        nowMs += 25_000
        await run.remember('n', () => 1)
        await post('/orders', '{}')
      }),
    )
    expect(error?.problem).toBe(problem)
    expect(server.requests).toHaveLength(problem === undefined ? 1 : 0)
  })

  it('needs run.fetch where the runtime has no AsyncLocalStorage', async () => {
    const { getBuiltinModule } = process as { getBuiltinModule?: (name: string) => unknown }
    vi.stubGlobal('process', {
      ...process,
      getBuiltinModule: (name: string) =>
        name === 'node:async_hooks' ? undefined : getBuiltinModule?.(name),
    })
    const { journal, send } = open()
    vi.unstubAllGlobals()
    const fetch = send
    await expect(runOnce('job', { journal, fetch }, async () => 1)).rejects.toThrow(/no AsyncLocalStorage/)
    await runOnce('job', { journal, fetch }, async (run) => run.fetch(server.url, { method: 'POST' }))
    expect(server.requests).toHaveLength(1)
  })

  it('is settled, also when the store is away at its end', async () => {
    const right = memoryStore()
    let isAway = false
    const record: OperationStore['record'] = (request) =>
      isAway ? Promise.reject(new Error('away')) : right.record(request)
    const { journal } = open({ ...right, record })
    await runOnce('job', { journal }, async () => void (isAway = true))
    isAway = false
    await journal.close()
    expect((await right.list({ state: 'settled' }, { limit: 9 })).entries).toHaveLength(1)
  })

  it('is run by one worker at a time', async () => {
    const { store } = open()
    let going = 0
    let most = 0
    const job = async () => {
      const { journal, post } = open(store)
      await runOnce('job', { journal }, async () => {
        most = Math.max(most, (going += 1))
        await post('/a', '1', 'a')
        await post('/b', '1', 'b')
        going -= 1
      })
    }
    await Promise.all([job(), job(), job()])
    expect(most).toBe(1)
    expect(server.requests).toHaveLength(2)
  })

  it('says busy when another worker has the run for longer than it waits', async () => {
    const { journal, store } = open()
    let end!: () => void
    const first = runOnce('job', { journal }, () => new Promise<void>((resolve) => (end = resolve)))
    const second = runOnce('job', { journal: open(store).journal, waitMs: 20 }, async () => 'ran')
    expect(await thrown(second)).toMatchObject({ name: 'JournalError', problem: 'busy' })
    end()
    await first
  })

  it('sends by run.fetch what is called outside of its context', async () => {
    const { journal } = open()
    const plain = createIdempotentFetch()
    await runOnce('job', { journal, fetch: plain }, async (run) => {
      await run.fetch(`${server.url}/a`, { method: 'POST', body: '1', idempotency: { step: 'a' } })
    })
    await runOnce('job', { journal, fetch: plain }, async (run) => {
      await run.fetch(`${server.url}/a`, { method: 'POST', body: '1', idempotency: { step: 'a' } })
    })
    expect(server.requests).toHaveLength(1)
    await expect(
      runOnce('job', { journal, fetch: globalThis.fetch as never }, async () => 1),
    ).rejects.toThrow(/createIdempotentFetch/)
    await expect(runOnce('job', { journal }, (run) => run.fetch(server.url))).rejects.toThrow(/option fetch/)
    await expect(runOnce('job', { journal: {} as RunJournal }, async () => 1)).rejects.toThrow(
      /createJournal or derivedKeys/,
    )
  })
})

describe('derivedKeys', () => {
  const job = (journal: ReturnType<typeof derivedKeys>, id = 'job') => {
    const send = createIdempotentFetch({ journal })
    return runOnce(id, { journal }, async () => {
      await send(`${server.url}/a`, { method: 'POST', body: '1', idempotency: { step: 'charge' } })
      await send(`${server.url}/a`, { method: 'POST', body: '1' })
      await send(`${server.url}/a`, { method: 'POST', body: '2' })
    })
  }

  it('gives the same keys whenever a run runs again, so that the server executes each step once', async () => {
    await job(derivedKeys())
    await job(derivedKeys())
    expect(keys().slice(0, 3)).toEqual(keys().slice(3))
    expect(new Set(keys()).size).toBe(3)
  })

  it('gives the keys that a journal of the same namespace and secret gives', async () => {
    const options = { namespace: 'shop', secret: 's' }
    await job(derivedKeys(options))
    const { journal, send } = open(memoryStore(), options)
    await runOnce('job', { journal }, () =>
      send(`${server.url}/a`, { method: 'POST', body: '1', idempotency: { step: 'charge' } }),
    )
    expect(keys()[3]).toBe(keys()[0])
  })

  it('gives an operation id its key', async () => {
    for (const journal of [derivedKeys(), derivedKeys(), derivedKeys({ secret: 'x' })])
      await createIdempotentFetch({ journal })(server.url, {
        method: 'POST',
        idempotency: { operationId: 'a' },
      })
    expect(keys()[0]).toBe(keys()[1])
    expect(keys()[2]).not.toBe(keys()[0])
  })

  it('refuses a step that the run has done', async () => {
    const journal = derivedKeys()
    const send = createIdempotentFetch({ journal })
    const step = () => send(server.url, { method: 'POST', idempotency: { step: 'a' } })
    await expect(runOnce('job', { journal }, () => step().then(step))).rejects.toThrow(
      /done a step of this name/,
    )
    expect(server.requests).toHaveLength(1)
  })
})
