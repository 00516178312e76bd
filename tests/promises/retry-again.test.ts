import { describe, expect, it } from 'vitest'
import { hosts, type Told } from './hosts.js'
import { open } from './play.js'
import { answered, lost, made, madeBut, refused } from './stage.js'

interface Retryable {
  retry(): Promise<unknown>
}
const again = ({ end }: Told) => (end as Retryable).retry().catch((error: unknown) => error)
const statusOf = (end: unknown) => (end as { status?: number }).status

/** ky's errors are ky's own: to go on, its caller calls again with the key. */
const own = hosts.filter(({ name }) => !name.startsWith('ky'))

describe.each(own)('rule 9: every final error has retry(): $name', (host) => {
  it.concurrent('it sends the same operation under the same key', async () => {
    const { post, stage } = await open(host, {
      server: [madeBut(lost), lost, made],
      options: { maxAttempts: 2 },
    })
    const told = await post({ headers: { 'x-a': '1' } })
    expect(told).toMatchObject({ what: 'outcome_unknown', facts: { attempts: 2 } })
    expect(statusOf(await again(told))).toBe(201)
    await stage.close()
    expect(stage.arrived).toHaveLength(3)
    for (const one of stage.arrived) expect(one).toEqual(stage.arrived[0])
    expect(stage.made()).toBe(1)
  })

  it.concurrent('it remembers that an attempt may have run', async () => {
    const { post, stage } = await open(host, {
      server: [lost, answered(409), answered(400)],
      options: { maxAttempts: 1 },
    })
    const told = await post()
    const end = await again(told)
    await stage.close()
    expect(statusOf(end)).toBe(400)
  })

  it.concurrent.each([
    ['without a key', { methods: [] }],
    ["with writes: 'never'", { writes: 'never' }],
  ] as const)('%s it is refused after a lost answer', async (_, options) => {
    const { post, stage } = await open(host, { server: [madeBut(lost), made], options })
    const told = await post()
    expect(await again(told)).toBe(told.end)
    await stage.close()
    expect([stage.arrived.length, stage.made()]).toEqual([1, 1])
  })

  it.concurrent('without a key it sends again what was never sent', async () => {
    const { post, stage } = await open(host, {
      server: [refused, made],
      options: { methods: [], maxAttempts: 1 },
    })
    const told = await post()
    expect(told).toMatchObject({ what: 'not_applied', facts: { outcome: 'not-applied' } })
    await stage.prepare()
    expect(statusOf(await again(told))).toBe(201)
    await stage.close()
    expect([stage.arrived.length, stage.made()]).toEqual([1, 1])
  })

  it.concurrent('tells all about the operation, and none of its secrets', async () => {
    const { post, stage } = await open(host, { server: [madeBut(lost)], options: { maxAttempts: 2 } })
    const { end } = await post({ key: 'k', url: '?token=secret' })
    await stage.close()
    expect(end).toBeInstanceOf(TypeError)
    expect(end).toMatchObject({
      key: 'k',
      attempts: 2,
      outcome: 'unknown',
      method: 'POST',
      url: stage.url,
      cause: expect.any(Error),
    })
  })
})
