import { createIdempotentFetch } from 'fetch-idempotency'
import { standard } from 'fetch-idempotency/contracts'
import { formatReport, planProbe, probeContract, type ProbeOptions } from 'fetch-idempotency/probe'
import { describe, expect, it } from 'vitest'
import { createFakeServer, createQuickClock } from './fake-server.js'

const url = 'https://sandbox.example.com/orders'
const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers })

describe('probeContract', () => {
  it('sends one request at a time, but for the race', async () => {
    let underWay = 0
    const most: number[] = []
    const server = createFakeServer()
    await probeContract({
      url,
      clock: createQuickClock(),
      async fetch(input, init) {
        underWay += 1
        most.push(underWay)
        await Promise.resolve()
        return server.fetch(input, init).finally(() => (underWay -= 1))
      },
    })
    expect(most.filter((number) => number === 2)).toHaveLength(1)
    expect(Math.max(...most)).toBe(2)
  })

  it('sends the same bytes under the same key, and other ones under others', async () => {
    const { fetch, seen } = createFakeServer()
    await probeContract({ url, fetch, clock: createQuickClock(), body: '{"a":"{{unique}}","b":"{{uuid}}"}' })
    const [first, again, other] = seen
    expect(again).toMatchObject({ key: first!.key, body: first!.body })
    expect(other!.key).toBe(first!.key)
    expect(other!.body).not.toBe(first!.body)
    expect(new Set(seen.map(({ key }) => key)).size).toBeGreaterThanOrEqual(4)
    expect(first!.headers.get('content-type')).toBe('application/json')
  })

  it.each([2, 3, 5, 8, 11, 12])('never sends more than a budget of %i', async (budget) => {
    const { fetch, seen } = createFakeServer(() => undefined)
    const report = await probeContract({ url, fetch, budget, clock: createQuickClock() })
    expect(seen.length).toBeLessThanOrEqual(budget)
    expect(report.sent).toBe(seen.length)
    if (budget < 11)
      expect(Object.values(report.findings).some(({ obstacle }) => obstacle === 'the budget is spent')).toBe(
        true,
      )
  })

  it('never sends more than its budget to a server that refuses everything but the first', async () => {
    const { fetch, seen } = createFakeServer((_, number) => (number === 1 ? undefined : json(409, {})))
    const report = await probeContract({ url, fetch, clock: createQuickClock() })
    expect(seen.length).toBeLessThanOrEqual(12)
    expect(report.sent).toBe(seen.length)
  })

  it.each([
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [429, 'rate-limited'],
    [302, 'redirected'],
    [308, 'redirected'],
  ] as const)('stops at the first %i', async (status, why) => {
    for (const at of [1, 2, 3, 4, 5]) {
      const { fetch, seen } = createFakeServer((_, number) => (number === at ? json(status, {}) : undefined))
      const report = await probeContract({ url, fetch, clock: createQuickClock() })
      expect(seen).toHaveLength(at)
      expect(report.stopped).toMatchObject({ why, status })
    }
  })

  it('stops when one of the two in a race is told to slow down, once both have their answers', async () => {
    const { fetch } = createFakeServer((_, number) => (number === 7 ? json(429, {}) : undefined))
    const report = await probeContract({ url, fetch, clock: createQuickClock() })
    expect(report.stopped).toMatchObject({ why: 'rate-limited' })
    expect(report.findings.race).toMatchObject({ status: 429 })
  })

  it.each([
    ['a refusal', json(400, { message: 'amount is missing' }), 400],
    ['a server that fails', json(503, {}), 503],
    [
      'a lost connection',
      Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } }),
      undefined,
    ],
  ])('says that the first write failed after %s', async (_, answer, status) => {
    const { fetch, seen } = createFakeServer(() => answer)
    const report = await probeContract({ url, fetch, clock: createQuickClock() })
    expect(seen).toHaveLength(1)
    expect(report.stopped).toMatchObject({ why: 'first-write-failed', status })
    expect(report).toMatchObject({ conclusion: 'stopped', source: undefined, contract: undefined })
  })

  it('tries the key in double quotes where the server refuses it raw', async () => {
    const { fetch } = createFakeServer(({ key }) =>
      key === undefined || key.startsWith('"')
        ? undefined
        : json(400, { title: 'Idempotency-Key must be a string' }),
    )
    const report = await probeContract({ url, fetch, clock: createQuickClock() })
    expect(report.keyIn).toBe('Idempotency-Key, in double quotes')
    expect(report.source).toContain('ietf')
  })

  it('does not try another form of the key where the caller has chosen one', async () => {
    const { fetch, seen } = createFakeServer(() => json(400, { title: 'Idempotency-Key must be a string' }))
    await probeContract({ url, fetch, clock: createQuickClock(), contract: standard })
    expect(seen).toHaveLength(1)
  })

  it('asks as the second user only what the second user may show', async () => {
    const { fetch, seen } = createFakeServer()
    const report = await probeContract({
      url,
      fetch,
      clock: createQuickClock(),
      headers: { authorization: 'Bearer first-secret' },
      otherUser: { authorization: 'Bearer second-secret' },
    })
    expect(
      seen.filter(({ headers }) => headers.get('authorization') === 'Bearer second-secret'),
    ).toHaveLength(1)
    expect(report.findings['other-user'].result).toBe('first-answer')
    expect(report.warnings.map(({ code }) => code)).toContain('answers-another-user')
  })

  it('says that a header is part of the key where another user gets an answer of their own', async () => {
    const { fetch } = createFakeServer(({ headers }) =>
      headers.get('authorization') === 'Bearer second-secret' ? json(201, { id: 'theirs' }) : undefined,
    )
    const report = await probeContract({
      url,
      fetch,
      clock: createQuickClock(),
      headers: { authorization: 'Bearer first-secret' },
      otherUser: { authorization: 'Bearer second-secret' },
    })
    expect(report.source).toContain("keyScope: ['authorization']")
    expect(report.contract?.keyScope).toEqual(['authorization'])
  })

  it('warns of a key that stays locked after a lost answer', async () => {
    let cutKey: string | undefined
    const { fetch } = createFakeServer(({ key }, number) => {
      if (number === 4) {
        cutKey = key
        return 'hang'
      }
      return key !== undefined && key === cutKey ? json(409, { code: 'in_progress' }) : undefined
    })
    const report = await probeContract({ url, fetch, clock: createQuickClock() })
    expect(report.findings['lost-answer']).toMatchObject({ result: 'locked', status: 409 })
    expect(report.warnings[0]?.code).toBe('key-locked')
    expect(report.source).toContain('askForMs: 12_000')
    expect(report.source).toContain("running: { status: 409, code: 'in_progress' }")
  })

  it('deletes what it made, and tells what is left', async () => {
    const { fetch, seen } = createFakeServer(({ method, url }) =>
      method === 'DELETE' ? new Response(null, { status: url.endsWith('thing-2') ? 500 : 204 }) : undefined,
    )
    const report = await probeContract({ url, fetch, clock: createQuickClock(), deletePath: '/orders/{id}' })
    const deleted = seen.filter(({ method }) => method === 'DELETE')
    expect(deleted.map(({ url }) => url)).toEqual(
      [...report.made.removed, ...report.made.left]
        .map((id) => `https://sandbox.example.com/orders/${id}`)
        .toSorted(),
    )
    expect(report.made.left).toEqual(['thing-2'])
    expect(deleted.every(({ headers }) => !headers.has('content-type'))).toBe(true)
  })

  it('resolves with what it has learned when it is aborted', async () => {
    const controller = new AbortController()
    const { fetch, seen } = createFakeServer((_, number) => {
      if (number !== 5) return undefined
      controller.abort(new Error('enough'))
      return 'hang'
    })
    const report = await probeContract({
      url,
      fetch,
      clock: createQuickClock(),
      signal: controller.signal,
      deletePath: '/orders/{id}',
    })
    expect(report.stopped?.why).toBe('aborted')
    expect(report.findings.repetition.result).toBe('first-answer')
    expect(report.made.left).toContain('thing-1')
    expect(report.unseen.join()).toContain('two requests at once are both executed: that was not asked')
    expect(seen).toHaveLength(5)
  })

  it('throws the reason of a signal that has aborted before', async () => {
    const { fetch, seen } = createFakeServer()
    const reason = new Error('too late')
    await expect(probeContract({ url, fetch, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(seen).toHaveLength(0)
  })

  it('tells a listener before each request, and goes on when that throws', async () => {
    const { fetch, seen } = createFakeServer()
    const steps: string[] = []
    await probeContract({
      url,
      fetch,
      clock: createQuickClock(),
      onProgress({ step }) {
        steps.push(step)
        throw new Error('a listener that fails')
      },
    })
    expect(steps.slice(0, 3)).toEqual(['first', 'repetition', 'other-body'])
    expect(steps).toHaveLength(seen.length)
  })

  it('prints no secret, whatever the server echoes', async () => {
    const { fetch } = createFakeServer(({ headers, url }, number) =>
      json(number === 3 ? 409 : 201, {
        id: `thing ${headers.get('authorization')} ${number}`,
        code: `conflict-${new URL(url).searchParams.get('token')}`,
      }),
    )
    const report = await probeContract({
      url: `${url}?token=query-secret`,
      fetch,
      clock: createQuickClock(),
      headers: { authorization: 'Bearer header-secret', 'x-tenant': 'tenant-secret' },
      body: '{"card":"body-secret","id":"{{unique}}"}',
    })
    const { contract: _, ...told } = report
    const plan = planProbe({
      url: `${url}?token=query-secret`,
      body: '{"card":"body-secret"}',
      headers: { authorization: 'Bearer header-secret' },
    })
    const printed = formatReport(report) + JSON.stringify(told) + JSON.stringify(plan)
    for (const secret of ['header-secret', 'query-secret', 'tenant-secret', 'body-secret'])
      expect(printed).not.toContain(secret)
  })

  it('lets no server steer the terminal, nor end a literal of the contract', async () => {
    const { fetch } = createFakeServer((_, number) =>
      number === 3
        ? json(422, { code: "reused'];process.exit()//" })
        : json(201, { id: `a\u001b[2Jb${Math.min(number, 2)}` }),
    )
    const report = await probeContract({ url, fetch, clock: createQuickClock() })
    expect(formatReport(report)).not.toContain('\u001b')
    expect(report.source).not.toContain('process.exit')
  })

  it.each<[string, Partial<ProbeOptions> & { readonly [name: string]: unknown }, string]>([
    ['no URL', { url: undefined as never }, 'url is missing'],
    ['a relative URL', { url: '/orders' }, 'url must be an absolute URL'],
    ['another scheme', { url: 'ftp://example.com' }, 'url must begin with http'],
    ['a password in the URL', { url: 'https://a:b@example.com' }, 'url must not hold a user name'],
    ['an unknown option', { bodies: 1 }, 'there is no option "bodies"'],
    ['a read', { method: 'GET' }, 'method must be the method of a write'],
    ['an unknown placeholder', { body: '{"a":"{{name}}"}' }, 'body cannot be filled in'],
    ['a budget of one', { budget: 1 }, 'budget'],
    ['a header that is none', { headers: { 'a b': 'c' } }, 'headers: "a b" is no header name'],
    ['a count elsewhere', { count: 'https://other.example/orders' }, 'count must be of the origin'],
    ['a deletion without an id', { deletePath: '/orders' }, 'deletePath must have {id}'],
    ['another origin', { otherPath: 'https://other.example/' }, 'otherPath must be of the origin'],
    ['a contract that is none', { contract: {} as never }, 'contract must be one of the presets'],
    ['a fetch that retries', { fetch: createIdempotentFetch() as never }, 'fetch is an idempotent fetch'],
  ])('refuses %s', async (_, options, message) => {
    const { fetch, seen } = createFakeServer()
    await expect(probeContract({ url, fetch, ...options } as ProbeOptions)).rejects.toThrow(message)
    expect(seen).toHaveLength(0)
  })

  it('asks again under a kept key, and says what that shows', async () => {
    const server = createFakeServer()
    const clock = createQuickClock()
    const { kept } = await probeContract({ url, fetch: server.fetch, clock })
    await clock.sleep(3 * 3_600_000)
    const before = server.seen.length
    const later = await probeContract({
      url,
      fetch: server.fetch,
      clock,
      again: JSON.parse(JSON.stringify(kept)),
    })
    expect(server.seen).toHaveLength(before + 1)
    expect(server.seen.at(-1)).toMatchObject({ key: server.seen[0]!.key, body: server.seen[0]!.body })
    expect(later.retention).toMatchObject({ result: 'known' })
    expect(formatReport(later)).toContain('After 3 hours the key is still known')
    const forgetful = createFakeServer(() => json(201, { id: 'another' }))
    const last = await probeContract({ url, fetch: forgetful.fetch, clock, again: later.kept })
    expect(last.retention).toMatchObject({ result: 'forgotten', knownForMs: later.kept!.knownForMs })
    expect(formatReport(last)).toContain('FORGOTTEN')
  })

  it('refuses to ask again about another target or body', async () => {
    const server = createFakeServer()
    const { kept } = await probeContract({ url, fetch: server.fetch, clock: createQuickClock() })
    const again = { fetch: server.fetch, again: kept }
    await expect(probeContract({ url: `${url}/1`, ...again })).rejects.toThrow('again was kept for POST')
    await expect(probeContract({ url, body: '{"b":"{{unique}}"}', ...again })).rejects.toThrow('another body')
  })
})
