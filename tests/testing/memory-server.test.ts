import {
  createIdempotentFetch,
  idempotencyOf,
  isAlreadyDoneError,
  isKeyExpiredError,
  isKeyReusedError,
  isNotAppliedError,
  isOutcomeUnknownError,
} from 'fetch-idempotency'
import * as contracts from 'fetch-idempotency/contracts'
import { bodyField, queryParameter, standard, type ServerContract } from 'fetch-idempotency/contracts'
import { idempotency } from 'fetch-idempotency/ky'
import { memoryServer, virtualClock, type Fault, type MemoryServerOptions } from 'fetch-idempotency/testing'
import ky from 'ky'
import { describe, expect, it } from 'vitest'

const url = 'https://api.test/orders'
const presets = Object.entries(contracts).filter(
  (entry): entry is [string, ServerContract] => typeof entry[1] === 'object',
)

function open(options: MemoryServerOptions = {}) {
  const server = memoryServer(options)
  const clock = virtualClock()
  const { contract = standard } = options
  const send = createIdempotentFetch({
    fetch: server.fetch,
    clock,
    contract,
    retry: { attemptTimeoutMs: 50 },
  })
  return { server, clock, send }
}

const post = (body = '{"item":"book"}', more: object = {}) => ({ method: 'POST', body, ...more })

describe('memoryServer', () => {
  it.each<[Fault, number]>([
    ['pass', 1],
    ['refuse', 2],
    ['reset-before', 2],
    ['lose-answer', 2],
    ['cut-body', 2],
    ['hang', 2],
    [{ instead: { status: 429 } }, 2],
    [{ instead: { status: 503, body: { error: 'away' } } }, 2],
    [{ after: { status: 502, body: 'bad gateway' } }, 2],
  ])('executes a write once whose first request meets %j', async (fault, attempts) => {
    const { server, send } = open({ faults: [fault] })
    const response = await send(url, post())
    expect(await response.json()).toEqual({ id: 1, item: 'book' })
    expect(server.executions).toHaveLength(1)
    expect(server.requests).toHaveLength(attempts)
    const executedAtFirst =
      !['refuse', 'reset-before'].includes(fault as string) && !JSON.stringify(fault).includes('instead')
    expect(idempotencyOf(response)).toMatchObject({
      outcome: 'applied',
      replayed: attempts === 2 && executedAtFirst,
    })
  })

  it('executes what carries no key each time', async () => {
    const server = memoryServer()
    for (let time = 0; time < 2; time += 1) await server.fetch(url, post())
    expect(server.executions.map(({ key }) => key)).toEqual([undefined, undefined])
  })

  it('counts no read as an execution', async () => {
    const { server, send } = open()
    expect((await send(url)).status).toBe(200)
    expect([server.executions.length, server.requests.length]).toEqual([0, 1])
  })

  it('gives the fault of a function by the number of the attempt', async () => {
    const { server, send } = open({ faults: ({ attempt }) => (attempt < 3 ? 'lose-answer' : undefined) })
    await Promise.all([send(url, post('{"item":"a"}')), send(url, post('{"item":"b"}'))])
    expect(server.requests.map(({ attempt }) => attempt).toSorted()).toEqual([1, 1, 2, 2, 3, 3])
    expect(server.executions).toHaveLength(2)
  })

  it('plays what `next` was given before the script', async () => {
    const { server } = open({ faults: [{ instead: { status: 429 } }] })
    server.next('refuse', 'reset-before')
    const ends = []
    for (let time = 0; time < 4; time += 1)
      ends.push(
        await server.fetch(url, post()).then(
          ({ status }) => status,
          ({ cause }) => cause.code,
        ),
      )
    expect(ends).toEqual(['ECONNREFUSED', 'ECONNRESET', 429, 201])
  })

  it('lets a repetition wait for the first answer', async () => {
    let finish!: (response: Response) => void
    const work = () => new Promise<Response>((resolve) => (finish = resolve))
    const server = memoryServer({ work })
    const init = post('{}', { headers: { 'Idempotency-Key': 'one' } })
    const both = [server.fetch(url, init), server.fetch(url, init)]
    await expect.poll(() => server.requests.length).toBe(2)
    finish(Response.json({ id: 7 }))
    const [first, second] = await Promise.all(both)
    expect([await first?.json(), await second?.json()]).toEqual([{ id: 7 }, { id: 7 }])
    expect(second?.headers.get('idempotent-replayed')).toBe('true')
    expect(server.executions).toHaveLength(1)
  })

  it('says that the first still runs, in the words that it was given', async () => {
    let finish!: (response: Response) => void
    const work = () => new Promise<Response>((resolve) => (finish = resolve))
    const running = { status: 409, headers: { 'retry-after': '1' }, body: { code: 'request_in_progress' } }
    const server = memoryServer({ work, answers: { running } })
    const init = post('{}', { headers: { 'Idempotency-Key': 'one' } })
    const first = server.fetch(url, init)
    await expect.poll(() => server.executions.length).toBe(1)
    expect((await server.fetch(url, init)).status).toBe(409)
    finish(Response.json({}))
    await first
    expect((await server.fetch(url, init)).status).toBe(200)
  })

  it.each<[string, number, boolean]>([
    ['keeps a refusal', 422, true],
    ['does not keep a refusal that says "later"', 429, false],
    ['does not keep a failure of its own', 500, false],
  ])('%s', async (_, status, isKept) => {
    const server = memoryServer({ work: () => new Response(null, { status }) })
    const init = post('{}', { headers: { 'Idempotency-Key': 'one' } })
    await server.fetch(url, init)
    await server.fetch(url, init)
    expect(server.executions).toHaveLength(isKept ? 1 : 2)
  })

  it('keeps failures as its contract says', async () => {
    const init = post('{}', { headers: { 'Idempotency-Key': 'one' } })
    const times = async (keepsFailures: 'all' | 'none', status: number) => {
      const contract = standard.with({ keepsFailures })
      const server = memoryServer({ contract, work: () => new Response(null, { status }) })
      for (let time = 0; time < 2; time += 1) await server.fetch(url, init)
      return server.executions.length
    }
    expect([await times('all', 500), await times('none', 422)]).toEqual([1, 2])
  })

  it('forgets a key when its time is over', async () => {
    const clock = virtualClock()
    const server = memoryServer({ now: clock.now })
    const init = post('{}', { headers: { 'Idempotency-Key': 'one' } })
    await server.fetch(url, init)
    clock.pass(standard.keyTtlMs)
    await server.fetch(url, init)
    expect(server.executions).toHaveLength(1)
    clock.pass(1)
    await server.fetch(url, init)
    expect(server.executions).toHaveLength(2)
  })

  it('takes the same key under another value of a header in its scope for another write', async () => {
    const contract = standard.with({ keyScope: ['authorization'] })
    const server = memoryServer({ contract })
    for (const authorization of ['a', 'b', 'a'])
      await server.fetch(url, post('{}', { headers: { 'Idempotency-Key': 'one', authorization } }))
    expect(server.executions).toHaveLength(2)
  })

  it('frees the key when the work fails', async () => {
    let tries = 0
    const work = () => {
      tries += 1
      if (tries === 1) throw new Error('broken')
      return Response.json({})
    }
    const server = memoryServer({ work })
    const init = post('{}', { headers: { 'Idempotency-Key': 'one' } })
    await expect(server.fetch(url, init)).rejects.toThrow('broken')
    expect((await server.fetch(url, init)).status).toBe(200)
  })

  it.each([
    ['a field of the body', bodyField('meta.key')],
    ['the query', queryParameter('requestId')],
  ])('reads the key from %s', async (_, carrier) => {
    const { server, send } = open({ contract: standard.with({ carrier }), faults: ['lose-answer'] })
    const response = await send(url, post())
    expect(server.requests.map(({ key }) => key)).toEqual([0, 1].map(() => idempotencyOf(response)?.key))
    expect(server.executions).toHaveLength(1)
  })

  it('works below ky', async () => {
    const server = memoryServer({ faults: ['lose-answer', 'cut-body'] })
    const api = ky.extend(idempotency({ fetch: server.fetch, clock: virtualClock() }))
    expect(await api.post(url, { json: { item: 'book' } }).json()).toEqual({ id: 1, item: 'book' })
    expect([server.requests.length, server.executions.length]).toEqual([3, 1])
  })

  it.each<[string, Fault, (error: unknown) => boolean, number]>([
    ['nothing was sent', 'refuse', isNotAppliedError, 0],
    ['nobody knows', 'lose-answer', isOutcomeUnknownError, 1],
  ])('plays the end where %s', async (_, fault, isSo, executions) => {
    const { server, send } = open({ faults: () => fault })
    const error = await send(url, post()).catch((reason: unknown) => reason)
    expect(isSo(error)).toBe(true)
    expect(server.executions).toHaveLength(executions)
  })

  it('plays the end where the key is too old', async () => {
    const { server, send } = open()
    const firstSentAt = Date.now() - 25 * 3_600_000
    const init = post('{}', { idempotencyKey: 'order-1', idempotency: { firstSentAt } })
    expect(isKeyExpiredError(await send(url, init).catch((reason: unknown) => reason))).toBe(true)
    expect(server.requests).toHaveLength(0)
  })
})

describe('memoryServer with the contract', () => {
  it('is tried with every preset', () => expect(presets.length).toBeGreaterThanOrEqual(35))

  // GitHub keeps no keys anywhere.
  const keeping = presets.filter(([name]) => name !== 'githubGraphql')
  it.each(keeping)('%s executes once what is sent twice', async (_, contract) => {
    const { server, send } = open({ contract, faults: ['lose-answer'] })
    const method = contract.methods[0] ?? 'POST'
    const reconcile = () => 'not-applied' as const
    const target = honouredUrl(contract, method)
    const response = await send(target, { method, body: '{}', idempotency: { reconcile } })
    expect(response.status).toBe(201)
    expect([server.requests.length, server.executions.length]).toEqual([2, 1])
  })

  it.each([
    ['ietf', contracts.ietf, undefined],
    ['stripe', contracts.stripe, { status: 400, body: { error: { type: 'idempotency_error' } } }],
  ])('%s refuses another payload under a known key', async (_, contract, reused) => {
    const { server, send } = open({ contract, answers: { reused } })
    const other = createIdempotentFetch({ fetch: server.fetch, contract })
    await send(url, post('{"item":1}', { idempotencyKey: 'order-1' }))
    const error = await other(url, post('{"item":2}', { idempotencyKey: 'order-1' })).catch(
      (reason) => reason,
    )
    expect(isKeyReusedError(error)).toBe(true)
    expect(server.executions).toHaveLength(1)
  })

  it('duplicateConflict refuses what is done, in the words that it was given', async () => {
    const duplicate = { status: 409, body: { id: 'order-1' } }
    const contract = contracts.duplicateConflict
    const { server, send } = open({ contract, answers: { duplicate }, faults: ['lose-answer'] })
    const error = await send(url, post()).catch((reason: unknown) => reason)
    expect(isAlreadyDoneError(error) && error.original).toMatchObject({ id: 'order-1' })
    expect(server.executions).toHaveLength(1)
  })
})

/** A path at which each of them honours keys. */
const paths = [
  '/orders',
  '/v1/payouts',
  '/payments',
  '/transfers',
  '/emails',
  '/transmissions',
  '/v1/qurls',
  '/processor/bank_transfer/create',
]

function honouredUrl(contract: ServerContract, method: string): string {
  const targets = paths.map((path) => `https://api.test${path}`)
  return targets.find((target) => contract.honoursKey({ method, url: target })) ?? 'https://api.test/nowhere'
}
