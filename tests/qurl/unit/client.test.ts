import { inspect } from 'node:util'
import { readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { metaOf, ProtectedResource, QURLClient, ValidationError, VERSION } from 'fetch-idempotency/qurl'
import { apiKey, clientOf, data, problem } from './fake.js'

describe('VERSION', () => {
  it('is the version of the package', () => {
    const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
    expect(VERSION).toBe((JSON.parse(text) as { version: string }).version)
  })
})

describe('QURLClient', () => {
  it('checks its options at once', () => {
    expect(() => new QURLClient({ apiKey: '' })).toThrow(ValidationError)
    expect(() => new QURLClient({ apiKey, baseUrl: 'http://api.example' })).toThrow(ValidationError)
  })

  it('shows no credential, however it is printed', () => {
    const client = new QURLClient({ apiKey, baseUrl: 'https://api.example/' })
    const shown = { baseUrl: 'https://api.example', apiKey: 'lv_l***cdef' }
    expect(client.toJSON()).toEqual(shown)
    expect(JSON.parse(JSON.stringify({ client }))).toEqual({ client: shown })
    expect(inspect(client)).toBe(`QURLClient ${JSON.stringify(shown)}`)
    const everything = inspect(client, { depth: 20, showHidden: true, customInspect: false })
    expect(everything).not.toContain(apiKey)
    expect(Object.keys(client)).toEqual([])
  })

  it('has its calls on the prototype, where they can be replaced and extended', async () => {
    class Shouting extends QURLClient {
      override async getQuota() {
        return { ...(await super.getQuota()), plan: 'LOUD' }
      }
    }
    const fetch = async () => data({ plan: 'free', period_start: '', period_end: '' })
    expect(await new Shouting({ apiKey, fetch }).getQuota()).toMatchObject({ plan: 'LOUD' })

    const spy = vi.spyOn(QURLClient.prototype, 'getQuota').mockResolvedValue({ plan: 'spied' } as never)
    expect(await new QURLClient({ apiKey }).getQuota()).toEqual({ plan: 'spied' })
    spy.mockRestore()
  })

  it('keeps what withOptions leaves undefined, whatever the environment says', () => {
    vi.stubEnv('QURL_ENDPOINT', 'https://other.example')
    const client = new QURLClient({ apiKey, baseUrl: 'https://api.example' })
    const next = client.withOptions({ apiKey: undefined, baseUrl: undefined, timeout: 5 })
    expect(next.toJSON()).toEqual(client.toJSON())
    expect(() => client.withOptions(null as never)).toThrow(ValidationError)
    vi.unstubAllEnvs()
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('the log is down')
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('the log is down')
      },
    ],
  ])('goes on when its debug log %s', async (_, debug) => {
    const odd = new Response('', { status: 200 })
    const { client, sent } = clientOf([data({ plan: 'free' }), data({}), odd, odd.clone()], { debug })
    await client.getQuota()
    await client.create({ target_url: 'https://app.example/a' })
    await client.deleteResource('r_1')
    expect(sent).toHaveLength(3)
  })

  it('writes the request and its end to the debug log, of reads and of writes', async () => {
    const lines: [string, unknown][] = []
    const debug = (line: string, more: unknown) => void lines.push([line, more])
    const { client } = clientOf([problem(503, 'x'), data({ plan: 'free' }), data({})], { debug })
    await client.getQuota()
    await client.create({ target_url: 'https://app.example/a' })
    const [quota, qurls] = ['https://api.layerv.ai/v1/quota', 'https://api.layerv.ai/v1/qurls']
    expect(lines.map(([line]) => line)).toEqual([
      `qurl: GET ${quota} waiting`,
      `qurl: GET ${quota} settled`,
      `qurl: POST ${qurls} attempt-started`,
      `qurl: POST ${qurls} attempt-ended`,
      `qurl: POST ${qurls} settled`,
    ])
    expect(lines[1]?.[1]).toEqual({ level: 'debug', method: 'GET', url: quota, attempts: 2, status: 200 })
  })

  it('writes no credential, body or query to the debug log', async () => {
    const lines: unknown[] = []
    const debug = (...line: unknown[]) => void lines.push(line)
    const { client } = clientOf([new Error(`lost: ${apiKey}`), data({ resource_id: 'r_1' }), data([])], {
      debug,
    })
    await client.create({ target_url: 'https://app.example/secret-path' })
    await client.list({ q: 'secret-query' })
    expect(lines.length).toBeGreaterThan(3)
    expect(inspect(lines, { depth: 20 })).not.toMatch(new RegExp(`${apiKey}|secret-path|secret-query`))
  })

  it('writes the code of what went wrong, and no more of it', async () => {
    const lines: unknown[] = []
    const cause = Object.assign(new Error(`read: ${apiKey}`), { code: 'ECONNRESET' })
    const { client } = clientOf([new TypeError(`lost: ${apiKey}`, { cause })], {
      debug: (...line) => void lines.push(line),
      maxRetries: 0,
    })
    await client.create({ target_url: 'https://app.example/a' }).catch(() => undefined)
    expect(lines).toContainEqual([
      'qurl: POST https://api.layerv.ai/v1/qurls attempt-ended',
      expect.objectContaining({ verdict: 'unknown', code: 'ECONNRESET' }),
    ])
    expect(inspect(lines, { depth: 20, showHidden: true })).not.toContain(apiKey)
  })
})

describe('ProtectedResource', () => {
  it('keeps its client to itself', () => {
    const { client } = clientOf([])
    const resource = client.resourceById('r_1')
    expect(resource).toBeInstanceOf(ProtectedResource)
    expect(Object.keys(resource)).toEqual(['crid'])
    expect(JSON.stringify(resource)).toBe('{"crid":"r_1"}')
    expect(ProtectedResource.isBoundTo(resource, client)).toBe(true)
    expect(ProtectedResource.isBoundTo(resource, clientOf([]).client)).toBe(false)
    expect(ProtectedResource.isBoundTo({ crid: 'r_1' } as never, client)).toBe(false)
  })

  it('makes portals only with its own client', async () => {
    const { client, sent } = clientOf([])
    const foreign = clientOf([]).client.resourceById('r_1')
    await expect(client.createPortal(foreign)).rejects.toThrow(/different client/)
    expect(sent).toHaveLength(0)
  })

  it('is not made of an answer without an id, whose write is not forgotten', async () => {
    const { client, keys } = clientOf([data({ target_url: 'https://app.example/a' })])
    const error = await client.protectUrl('https://app.example/a').catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'unexpected_response',
      requestId: 'req_1',
      key: keys()[0],
      outcome: 'unknown',
    })
  })

  it.each(['', ' r_1', '.', '..'])('has no handle for %j', (id) => {
    expect(() => clientOf([]).client.resourceById(id)).toThrow(ValidationError)
  })
})

describe('metaOf', () => {
  it('knows results, and nothing else', async () => {
    const { client } = clientOf([data([], { request_id: 'req_1', has_more: false })])
    const page = await client.list()
    expect(metaOf(page)).toMatchObject({ status: 200, requestId: 'req_1', replayed: false, attempts: 1 })
    expect(metaOf({ ...page })).toBeUndefined()
    for (const other of [undefined, null, 'x', 1]) expect(metaOf(other)).toBeUndefined()
  })
})
