import { describe, expect, it, vi } from 'vitest'
import { startMs } from '../fetch/fakes.js'
import { byOperation, findGrammarFaults } from './event-grammar.js'
import { fetchHosts, hosts } from './hosts.js'
import { open } from './play.js'
import { answered, lost, made, madeBut, silent, type Step } from './stage.js'

const key = 'job-42'

/** A server that answers its first request when it is told to. */
function held(step: Step) {
  let release!: () => void
  const until = new Promise<void>((resolve) => (release = resolve))
  return { step: { ...step, until }, release }
}

describe.each(hosts)('rule 10: the same key in flight twice: $name', (host) => {
  it('is one request with two readers', async () => {
    const { step, release } = held(made)
    const { post, stage, events } = await open(host, { server: [step] })
    const calls = [post({ key }), post({ key })]
    await vi.waitFor(() => expect(stage.arrived).toHaveLength(1))
    release()
    const [one, two] = await Promise.all(calls)
    await stage.close()
    expect([one?.what, two?.what, one?.body, two?.body]).toEqual([201, 201, '{"id":1}', '{"id":1}'])
    for (const told of [one, two])
      expect(told?.facts).toEqual({ key, attempts: 1, replayed: false, outcome: 'applied' })
    expect([stage.arrived.length, stage.made()]).toEqual([1, 1])
    expect(byOperation(events).map(findGrammarFaults)).toEqual([[]])
  })

  it('shares what it is told at the end of all attempts, too', async () => {
    const { post, stage } = await open(host, { server: [madeBut(lost)], options: { maxAttempts: 3 } })
    const told = await Promise.all([post({ key }), post({ key })])
    await stage.close()
    for (const { facts } of told) expect(facts).toMatchObject({ key, attempts: 3, outcome: 'unknown' })
    expect([stage.arrived.length, stage.made()]).toEqual([3, 1])
  })

  it('with another payload is refused before it is sent', async () => {
    const { step, release } = held(made)
    const { post, stage } = await open(host, { server: [step] })
    const first = post({ key })
    await vi.waitFor(() => expect(stage.arrived).toHaveLength(1))
    const other = await post({ key, body: '{"item":2}' })
    expect([other.what, other.facts?.outcome, other.facts?.attempts]).toEqual([
      'key_reused',
      'not-applied',
      0,
    ])
    release()
    expect((await first).what).toBe(201)
    await stage.close()
    expect(stage.arrived).toHaveLength(1)
  })

  it('for two accounts is two requests: neither gets the answer of the other', async () => {
    const { step, release } = held(made)
    const { post, stage } = await open(host, { server: [step] })
    const calls = ['a', 'b'].map((authorization) => post({ key, headers: { authorization } }))
    await vi.waitFor(() => expect(stage.arrived).toHaveLength(2))
    release()
    await Promise.all(calls)
    await stage.close()
    expect(stage.arrived.map(({ headers }) => headers['authorization']).toSorted()).toEqual(['a', 'b'])
  })

  it('one after the other is two requests', async () => {
    const { post, stage } = await open(host, { server: [made] })
    expect([(await post({ key })).what, (await post({ key })).what]).toEqual([201, 201])
    await stage.close()
    expect(stage.arrived).toHaveLength(2)
  })

  it('one after the other is refused with another payload', async () => {
    const { post, stage } = await open(host, { server: [made] })
    expect([(await post({ key })).what, (await post({ key, body: '{}' })).what]).toEqual([201, 'key_reused'])
    await stage.close()
    expect(stage.arrived).toHaveLength(1)
  })

  it('to two places is two requests', async () => {
    const { post, stage } = await open(host, { server: [made] })
    await Promise.all([post({ key }), post({ key, url: '/2' }), post({ key, method: 'PUT' })])
    await stage.close()
    expect(stage.arrived).toHaveLength(3)
  })
})

describe.each(hosts)('rule 19: callers that share an operation share its truth: $name', (host) => {
  it('a caller who knows of an earlier call is told so, whoever sent first', async () => {
    const { step, release } = held(answered(400))
    const { post, stage } = await open(host, { server: [step, answered(400)] })
    const plain = post({ key })
    await vi.waitFor(() => expect(stage.arrived).toHaveLength(1))
    const again = post({ key, firstSentAt: startMs - 1_000 })
    release()
    expect((await plain).facts?.outcome).toBe('not-applied')
    expect((await again).facts?.outcome).toBe('unknown')
    await stage.close()
  })

  it('a caller whose writes are not to be resent has a call of its own', async () => {
    const { step, release } = held(madeBut(lost))
    const { post, stage } = await open(host, { server: [step, lost, made] })
    const keyed = post({ key })
    await vi.waitFor(() => expect(stage.arrived).toHaveLength(1))
    const never = post({ key, writes: 'never' })
    release()
    expect((await keyed).facts).toMatchObject({ outcome: 'applied', attempts: 3 })
    expect((await never).facts).toMatchObject({ outcome: 'applied', attempts: 1, replayed: true })
    await stage.close()
    expect(stage.made()).toBe(1)
  })

  it('one who leaves what goes on is promised nothing, and leaves the other alone', async () => {
    const { step, release } = held(made)
    const { post, stage } = await open(host, { server: [step] })
    const controller = new AbortController()
    const leaving = post({ key, signal: controller.signal })
    const staying = post({ key, signal: new AbortController().signal })
    await vi.waitFor(() => expect(stage.arrived).toHaveLength(1))
    const reason = new Error('mine')
    controller.abort(reason)
    const left = await leaving
    expect([left.end, left.facts?.outcome]).toEqual([reason, 'unknown'])
    release()
    expect(await staying).toMatchObject({ what: 201, facts: { outcome: 'applied', attempts: 1 } })
    await stage.close()
    expect(stage.arrived).toHaveLength(1)
  })

  it('ends with the last one who leaves', async () => {
    const { post, stage, events } = await open(host, { server: [silent] })
    const controllers = [new AbortController(), new AbortController()]
    const calls = controllers.map(({ signal }) => post({ key, signal }))
    await vi.waitFor(() => expect(stage.arrived).toHaveLength(1))
    for (const [at, controller] of controllers.entries()) controller.abort(`reason ${at}`)
    expect((await Promise.all(calls)).map(({ end }) => end)).toEqual(['reason 0', 'reason 1'])
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ type: 'settled', outcome: 'unknown' }))
    await stage.close()
    expect(stage.arrived).toHaveLength(1)
  })

  it('waits for another no longer than its own deadline', async () => {
    const { post, stage, clock } = await open(host, {
      server: [silent],
      options: { deadlineMs: 300, clock: undefined },
    })
    const first = post({ key })
    await vi.waitFor(() => expect(stage.arrived).toHaveLength(1))
    const startedMs = performance.now()
    const second = await post({ key, firstSentAt: clock.now() })
    expect(performance.now() - startedMs).toBeLessThan(1_000)
    expect(second.facts?.outcome).toBe('unknown')
    expect((await first).facts?.outcome).toBe('unknown')
    await stage.close()
    expect(stage.arrived.length).toBeLessThanOrEqual(2)
  })
})

it.each(fetchHosts)('two readers of one answer each have a body: $name', async (host) => {
  const { post, stage } = await open(host, { server: [made] })
  const [one, two] = await Promise.all([post({ key }), post({ key })])
  await stage.close()
  expect(one?.end).not.toBe(two?.end)
  expect(stage.arrived).toHaveLength(1)
})
