import { describe, expect, it } from 'vitest'
import { stripe } from 'fetch-idempotency/contracts'
import { startMs } from '../fetch/fakes.js'
import { fetchHosts, hosts } from './hosts.js'
import { open } from './play.js'
import { answered, lost, made, madeBut } from './stage.js'

describe.each(hosts)('rule 1: the key is made once, before anything is sent: $name', (host) => {
  it.concurrent('for all attempts of a call', async () => {
    const order: string[] = []
    const { post, stage } = await open(host, {
      server: [lost, answered(503), made],
      onArrived: () => order.push('arrived'),
      options: {
        generateKey: () => {
          order.push('made')
          return `key-${order.length}`
        },
      },
    })
    expect((await post()).facts?.key).toBe('key-1')
    expect((await post()).facts?.key).toBe('key-5')
    await stage.close()
    expect(order).toEqual(['made', 'arrived', 'arrived', 'arrived', 'made', 'arrived'])
    expect(stage.arrived.map(({ key }) => key)).toEqual(['key-1', 'key-1', 'key-1', 'key-5'])
  })

  it.concurrent('and not at all where the caller gives one', async () => {
    let count = 0
    const { post, stage } = await open(host, {
      server: [lost, made],
      options: { generateKey: () => `${(count += 1)}` },
    })
    expect((await post({ key: 'given' })).facts?.key).toBe('given')
    await stage.close()
    expect(count).toBe(0)
  })

  it.concurrent('only for the requests that are to have one', async () => {
    const { post, stage } = await open(host, {
      server: [made],
      options: { match: ({ url }) => !url.endsWith('/search') },
    })
    expect((await post({ url: '/search' })).facts?.key).toBeUndefined()
    expect((await post({ url: '/pay?x=/search' })).facts?.key).toBeDefined()
    await stage.close()
  })

  it.concurrent('a server without its store of keys is waited for with the key', async () => {
    const contract = stripe.with({
      classify: ({ status }) => (status === 503 ? { verdict: 'refused', keyStoreDown: true } : undefined),
    })
    const { post, stage } = await open(host, { server: [answered(503), made], options: { contract } })
    expect((await post()).what).toBe(201)
    await stage.close()
    expect(new Set(stage.arrived.map(({ key }) => key)).size).toBe(1)
  })
})

describe.each(hosts)('rule 11: what an earlier call may have sent: $name', (host) => {
  const firstSentAt = startMs - 1_000

  it.concurrent("is sent again under its key, and not at all with writes: 'never'", async () => {
    const { post, stage, events } = await open(host, { server: [made] })
    const never = await post({ key: 'job-42', writes: 'never', firstSentAt })
    expect(never.facts).toMatchObject({ attempts: 0, outcome: 'unknown' })
    expect([stage.arrived.length, events.map(({ type }) => type)]).toEqual([0, ['settled']])
    expect((await post({ key: 'job-42', firstSentAt })).facts).toMatchObject({
      attempts: 1,
      outcome: 'applied',
    })
    await stage.close()
  })

  it.concurrent('is sent again by DELETE, which needs no key', async () => {
    const { post, stage } = await open(host, { server: [made] })
    const call = { method: 'DELETE', body: undefined, key: 'job-42', firstSentAt }
    expect((await post(call)).facts).toMatchObject({ attempts: 1, outcome: 'applied' })
    await stage.close()
  })
})

describe.each(fetchHosts)('rule 2: the answer’s body is part of the attempt: $name', (host) => {
  it.concurrent('but for a stream of events, which is the caller’s own', async () => {
    const events = { 'content-type': 'text/event-stream; charset=utf-8' }
    const { post, stage } = await open(host, {
      server: [madeBut({ status: 200, headers: events, body: 'data: 1\n\n', loses: 'never-ends' })],
    })
    const told = await post({ reads: false })
    expect(told).toMatchObject({ what: 200, facts: { attempts: 1, outcome: 'applied' } })
    const reader = (told.end as Response).body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: 1\n\n')
    await stage.close()
    await expect(reader.read()).rejects.toThrow()
    expect(stage.arrived).toHaveLength(1)
  })

  it.concurrent('up to a limit, beyond which it streams', async () => {
    const long = { ...answered(200, {}, JSON.stringify('x'.repeat(1_000))), commits: true }
    const { post, stage } = await open(host, { server: [long], options: { maxResponseBytes: 100 } })
    expect(await post({ signal: new AbortController().signal })).toMatchObject({
      what: 200,
      body: long.body,
      facts: { attempts: 1, outcome: 'applied' },
    })
    await stage.close()
  })

  it.concurrent(
    'what the caller reads is what the server has stored, however often it broke off',
    async () => {
      const broken = madeBut({ status: 201, body: '{"id', loses: 'body' })
      const { post, stage } = await open(host, { server: [broken, broken, made] })
      const told = await post()
      await stage.close()
      expect([told.body, told.facts?.attempts, stage.made()]).toEqual(['{"id":1}', 3, 1])
    },
  )
})

it.each(fetchHosts)('rule 5: a stream longer than maxRequestBytes is not sent twice: $name', async (host) => {
  const { post, stage } = await open(host, {
    server: [madeBut(lost), made],
    options: { maxRequestBytes: 4 },
  })
  const { what, facts } = await post({ body: new Blob(['longer']).stream(), duplex: 'half' } as object)
  await stage.close()
  // ky sends it once; our fetch refuses it by default.
  if (host.name === 'fetch') expect([what, facts?.attempts]).toEqual(['body_too_large', 0])
  else expect([what, facts?.attempts]).toEqual([host.words['outcome_unknown'], 1])
  expect(stage.arrived.length).toBe(facts?.attempts)
  expect(facts?.outcome).toBe(host.name === 'fetch' ? 'not-applied' : 'unknown')
})
