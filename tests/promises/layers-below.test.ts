import { describe, expect, it } from 'vitest'
import { createIdempotentFetch } from 'fetch-idempotency'
import { idempotency } from 'fetch-idempotency/ky'
import { fetchHosts, hosts } from './hosts.js'
import { open } from './play.js'
import { answered, made, refused } from './stage.js'
import { findForeignBodies } from './foreign-bodies.js'

const marked = { ...made, headers: { 'idempotent-replayed': 'true' } }

describe.each(hosts)('rule 15: a layer below may resend: $name', (host) => {
  it.concurrent('a replay on the first attempt with a new key shows it', async () => {
    const { post, stage } = await open(host, { server: [marked] })
    expect((await post()).facts).toMatchObject({ attempts: 1, replayed: true, hiddenResend: true })
    await stage.close()
  })

  it.concurrent.each([
    ['a key of the caller’s', { key: 'mine' }],
    ['an earlier call with it', { key: 'mine', firstSentAt: Date.UTC(2029, 11, 31, 23) }],
  ])('%s says nothing of it', async (_, call) => {
    const { post, stage } = await open(host, { server: [marked] })
    expect((await post(call)).facts).not.toHaveProperty('hiddenResend')
    await stage.close()
  })
})

describe.each(fetchHosts)('rule 15: what retries below, a failure proves nothing of: $name', (host) => {
  /** Sends as the dispatcher of the process does; its name says that it may do so more often. */
  class RetryAgent {
    dispatch(...call: readonly unknown[]) {
      const { [Symbol.for('undici.globalDispatcher.1')]: usual } = globalThis as Record<symbol, unknown>
      return (usual as { dispatch(...call: readonly unknown[]): boolean }).dispatch(...call)
    }
  }

  it.concurrent('a refused connection is unknown, and the attempts are a lower bound', async () => {
    const { post, stage } = await open(host, { server: [refused], options: { maxAttempts: 2 } })
    const plain = await post()
    expect(plain.facts).toMatchObject({ attempts: 2, outcome: 'not-applied' })
    const told = await post({ dispatcher: new RetryAgent() } as object)
    await stage.close()
    expect(told.facts).toMatchObject({ attempts: 2, outcome: 'unknown', isLowerBound: true })
  })

  it.concurrent('a definite no does not promise that nothing was applied', async () => {
    const { post, stage } = await open(host, { server: [answered(400)] })
    expect((await post()).facts).toMatchObject({ outcome: 'not-applied' })
    const told = await post({ dispatcher: new RetryAgent() } as object)
    await stage.close()
    expect(told.facts).toMatchObject({ attempts: 1, outcome: 'unknown', isLowerBound: true })
  })
})

describe.each(fetchHosts)('rule 14: bodies are known by what they are, not by whose class: $name', (host) => {
  it.concurrent.each(findForeignBodies())('%s', async (_, body, sent) => {
    const { post, stage } = await open(host, { server: [{ loses: 'head' }, made] })
    const told = await post({ body: body() })
    await stage.close()
    expect(told).toMatchObject({ what: 201, facts: { attempts: 2, outcome: 'applied' } })
    expect(stage.arrived.map((one) => one.body)).toEqual([sent, sent])
  })
})

describe('rule 12: wrapping twice is refused at construction', () => {
  const inner = createIdempotentFetch()
  const hooked = () => idempotency().fetch as typeof fetch

  it.each<[string, () => unknown]>([
    ['our fetch inside our fetch', () => createIdempotentFetch({ fetch: inner })],
    ['our fetch inside ky with our hooks', () => idempotency({ fetch: inner })],
    ['the fetch of our hooks inside our fetch', () => createIdempotentFetch({ fetch: hooked() })],
    ['the fetch of our hooks inside ky with our hooks', () => idempotency({ fetch: hooked() })],
  ])('%s', (_, build) => {
    expect(build).toThrow(/already an idempotent fetch/)
  })
})
