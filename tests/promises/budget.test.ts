import { describe, expect, it, vi } from 'vitest'
import { createRetryBudget } from 'fetch-idempotency'
import { hosts } from './hosts.js'
import { open } from './play.js'
import { answered, lost, made, type Step } from './stage.js'

const failing: readonly [Step] = [answered(503)]
const busy: readonly [Step] = [answered(429)]

describe.each(hosts)('rule 8: load is bounded: $name', (host) => {
  it.concurrent.each([
    ['a lost answer', failing, 14],
    ['an answer that asks to come back', busy, 5],
  ] as const)('after %s, a retry costs its price, shared by all operations', async (_, server, price) => {
    const options = { budget: { capacity: 3 * price }, whenBudgetIsEmpty: 'stop', maxAttempts: 2 } as const
    const { post, stage } = await open(host, { server, options })
    for (let call = 0; call < 8; call += 1) await post()
    await stage.close()
    expect(stage.arrived).toHaveLength(8 + 3)
  })

  it.concurrent('a bucket holds 500 tokens: 35 retries in an outage', async () => {
    const { post, stage } = await open(host, {
      server: failing,
      options: { whenBudgetIsEmpty: 'stop', maxAttempts: 5 },
    })
    for (let call = 0; call < 15; call += 1) await post()
    await stage.close()
    expect(stage.arrived).toHaveLength(15 + 35)
  })

  it.concurrent('is filled by plain successes, one token each', async () => {
    const up = Array<Step>(13).fill(made)
    const server = [...failing, ...failing, ...up, ...failing, made, ...failing] as unknown as [Step]
    const options = { budget: { capacity: 14 }, whenBudgetIsEmpty: 'stop', maxAttempts: 2 } as const
    const { post, stage } = await open(host, { server, options })
    const attempts: (number | undefined)[] = []
    for (let call = 0; call < 17; call += 1) attempts.push((await post()).facts?.attempts)
    await stage.close()
    // The second failure is a token short, the third is not.
    expect(attempts).toEqual([2, ...Array(13).fill(1), 1, 1, 2])
  })

  it.concurrent('belongs to one wrapper, or to those that are given it', async () => {
    const requests = async (budgets: readonly object[]) => {
      let count = 0
      for (const budget of budgets) {
        const options = { budget, whenBudgetIsEmpty: 'stop', maxAttempts: 2 } as const
        const { post, stage } = await open(host, { server: failing, options })
        await post()
        await stage.close()
        count += stage.arrived.length
      }
      return count
    }
    const shared = createRetryBudget({ capacity: 14 })
    expect(await requests([{ capacity: 14 }, { capacity: 14 }])).toBe(4)
    expect(await requests([shared, shared])).toBe(3)
  })
})

/** A bucket that notes what becomes of it. */
function watched(capacity: number) {
  const budget = createRetryBudget({ capacity })
  let spent = 0
  return {
    spent: () => spent,
    take: (kind: 'transient' | 'throttled') => {
      const price = budget.take(kind)
      spent += price ?? 0
      return price
    },
    giveBack: (paid?: number) => {
      spent -= paid ?? 0
      budget.giveBack(paid)
    },
  }
}

describe.each(hosts)('rule 20: a budget pays for retries that are sent: $name', (host) => {
  it.concurrent('a success gives back all that its retries have cost', async () => {
    const budget = watched(100)
    const { post, stage } = await open(host, { server: [lost, answered(429), made], options: { budget } })
    expect((await post()).what).toBe(201)
    await stage.close()
    expect(budget.spent()).toBe(0)
  })

  it.concurrent('a failure does not', async () => {
    const budget = watched(100)
    const { post, stage } = await open(host, {
      server: [lost, answered(429), answered(400)],
      options: { budget },
    })
    expect((await post()).what).toBe(400)
    await stage.close()
    expect(budget.spent()).toBe(14 + 5)
  })

  it.concurrent('a retry that an abort keeps from being sent costs nothing', async () => {
    const budget = watched(100)
    const controller = new AbortController()
    const { post, stage } = await open(host, {
      server: failing,
      options: { budget },
      onWait: () => controller.abort('mine'),
    })
    expect((await post({ signal: controller.signal })).end).toBe('mine')
    await stage.close()
    await vi.waitFor(() => expect(budget.spent()).toBe(0))
    expect(stage.arrived).toHaveLength(1)
  })

  it.concurrent('to ask a server that is still running costs nothing', async () => {
    const budget = watched(14)
    const { post, stage } = await open(host, {
      server: [lost, answered(409), answered(409), answered(409), answered(400)],
      options: { budget },
    })
    await post()
    await stage.close()
    expect(budget.spent()).toBe(14)
  })
})

describe.each(hosts)('rule 23: patience without a storm: $name', (host) => {
  it.concurrent(
    'an empty bucket makes operations wait for one that probes, and all are applied',
    async () => {
      const size = 20
      let executed = 0
      const { post, stage, clock, events } = await open(host, {
        server: [{ ...made, since: 3_000 }],
        options: { budget: { capacity: 3 * 14 } },
      })
      const told = await Promise.all(
        Array.from({ length: size }, async () => {
          const end = await post()
          executed += end.what === 201 ? 1 : 0
          return end.facts?.outcome
        }),
      )
      await stage.close()
      expect(new Set(told)).toEqual(new Set(['applied']))
      expect([executed, stage.made()]).toEqual([size, size])
      expect(clock.waits.length).toBeGreaterThan(0)
      expect(events.some((event) => event.type === 'waiting' && event.mustProbe)).toBe(true)
      // Each one fails once and succeeds once; the budget pays three, and the rest are probes.
      expect(stage.arrived.length).toBeLessThan(2 * size + 3 + 20)
    },
  )

  it.concurrent('and ends them where that is wanted', async () => {
    const options = { budget: { capacity: 0 }, whenBudgetIsEmpty: 'stop' } as const
    const { post, stage } = await open(host, { server: failing, options })
    expect(await post()).toMatchObject({ what: 503, facts: { attempts: 1, outcome: 'unknown' } })
    await stage.close()
  })
})
