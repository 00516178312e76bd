import { describe, expect, it, vi } from 'vitest'
import type { IdempotencyEvent, IdempotentFetchOptions } from 'fetch-idempotency'
import { fetchHosts, hosts } from './hosts.js'
import { open } from './play.js'
import { answered, lost, made, madeBut } from './stage.js'

type Journal = NonNullable<IdempotentFetchOptions['journal']>
type Opened = Awaited<NonNullable<ReturnType<Journal['open']>>>
type Step = Parameters<Opened['record']>[0]

/** A journal whose bookkeeping fails at some steps. */
function failingJournal(failsAt: readonly Step['type'][]) {
  const steps: string[] = []
  const released = vi.fn(async () => undefined)
  const journal: Journal = {
    open: async () => ({
      key: 'from-the-journal',
      isGenerated: true,
      firstSentMs: undefined,
      answer: undefined,
      record: async (step) => {
        steps.push(step.type)
        if (failsAt.includes(step.type)) throw new RangeError('the disk is full')
      },
      release: released,
    }),
  }
  return { journal, steps, released }
}

describe.each(hosts)('rule 13: our own failure is never a lost answer: $name', (host) => {
  it.concurrent('a listener that throws, at any event, changes nothing', async () => {
    const seen: IdempotencyEvent['type'][] = []
    const { post, stage } = await open(host, {
      server: [lost, answered(503), made],
      onEvent: ({ type }) => {
        seen.push(type)
        throw new Error('a bug in the listener')
      },
    })
    expect(await post()).toMatchObject({ what: 201, facts: { attempts: 3, outcome: 'applied' } })
    await stage.close()
    expect(seen).toHaveLength(9)
    expect(stage.arrived).toHaveLength(3)
  })

  it.concurrent('a listener whose promise fails leaves no rejection behind', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const { post, stage } = await open(host, {
      server: [made],
      options: { onEvent: (() => Promise.reject(new Error('a bug'))) as never },
    })
    expect((await post()).what).toBe(201)
    await stage.close()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  it.concurrent('a look-up that throws leaves what is true', async () => {
    const { post, stage } = await open(host, {
      server: [madeBut(lost)],
      options: {
        maxAttempts: 2,
        reconcile: () => {
          throw new Error('also down')
        },
      },
    })
    expect((await post()).facts).toMatchObject({ attempts: 2, outcome: 'unknown' })
    await stage.close()
  })

  it.concurrent('a generator that makes no key ends the call before it is sent', async () => {
    const { post, stage } = await open(host, { server: [made], options: { generateKey: () => '' } })
    expect(await post()).toMatchObject({
      what: 'key_invalid',
      facts: { attempts: 0, outcome: 'not-applied' },
    })
    await stage.close()
    expect(stage.arrived).toEqual([])
  })
})

describe.each(fetchHosts)(
  'rule 24: a journal’s own failure after sending changes no verdict: $name',
  (host) => {
    it.concurrent.each<[string, Step['type'][]]>([
      ['after the attempts', ['attempt-ended']],
      ['at the last word', ['settled']],
      ['at both', ['attempt-ended', 'settled']],
    ])('%s', async (_, failsAt) => {
      const { journal, steps, released } = failingJournal(failsAt)
      const { post, stage } = await open(host, { server: [madeBut(lost), made], options: { journal } })
      expect(await post()).toMatchObject({
        what: 201,
        facts: { key: 'from-the-journal', attempts: 2, replayed: true, outcome: 'applied' },
      })
      await stage.close()
      expect(steps).toEqual([
        'attempt-starting',
        'attempt-ended',
        'attempt-starting',
        'attempt-ended',
        'settled',
      ])
      expect(released).toHaveBeenCalledOnce()
      expect(stage.made()).toBe(1)
    })

    it.concurrent('before the first byte it ends the call, and nothing was applied', async () => {
      const { journal, released } = failingJournal(['attempt-starting'])
      const { post, stage } = await open(host, { server: [made], options: { journal } })
      expect(await post()).toMatchObject({
        what: 'RangeError',
        facts: { attempts: 0, outcome: 'not-applied' },
      })
      await stage.close()
      expect(stage.arrived).toEqual([])
      expect(released).toHaveBeenCalledOnce()
    })
  },
)
