import { describe, expect, it } from 'vitest'
import { fetchHosts } from '../promises/hosts.js'
import { isWhole } from '../whole.js'

/** A server that is down, and a clock on which waiting takes no time. */
function openOutage() {
  let requests = 0
  let nowMs = 1_700_000_000_000
  return {
    requests: () => requests,
    fetch: async (...[input]: Parameters<typeof fetch>) => {
      requests += 1
      if (input instanceof Request) await input.text()
      return new Response('unavailable', { status: 503 })
    },
    clock: {
      now: () => nowMs,
      sleep: async (delayMs: number) => {
        nowMs += delayMs
      },
    },
  }
}

/** Without sockets, for they are many: a host that takes no `fetch` is met in server-away.test.ts. */
const hosts = fetchHosts.map(({ name, open }) => ({
  name,
  open: ({ fetch, clock }: ReturnType<typeof openOutage>, whenBudgetIsEmpty: 'wait' | 'stop') => {
    const send = open({ fetch, clock, whenBudgetIsEmpty })
    return () => send({ url: 'https://api.test/orders', method: 'POST', body: '{"amount":1}' })
  },
}))

describe.each(hosts)('an outage, met by $name', ({ open }) => {
  const operations = isWhole ? 1_000 : 250

  it('costs at most 1.3 requests per operation once the bucket is empty and ends them', async () => {
    const outage = openOutage()
    const send = open(outage, 'stop')
    const perOperation: number[] = []
    for (let operation = 0; operation < operations; operation += 1) {
      const before = outage.requests()
      const { what, facts } = await send()
      perOperation.push(outage.requests() - before)
      expect(what).toBe(503)
      expect(facts).toMatchObject({
        attempts: perOperation.at(-1),
        outcome: 'unknown',
      })
    }
    const emptyAt = perOperation.indexOf(1)
    const after = perOperation.slice(emptyAt)
    const mean = after.reduce((sum, requests) => sum + requests, 0) / after.length
    console.log(
      `${operations} operations, ${outage.requests()} requests, ${mean} each once the bucket is empty`,
    )
    expect(perOperation[0]).toBeGreaterThan(1)
    expect(emptyAt).toBeGreaterThan(0)
    expect(emptyAt).toBeLessThan(100)
    expect(mean).toBeLessThanOrEqual(1.3)
    expect(outage.requests()).toBeLessThanOrEqual(operations * 1.3)
  })

  it.each(['wait', 'stop'] as const)('costs no more when all come at once and %s', async (when) => {
    const outage = openOutage()
    const send = open(outage, when)
    await Promise.all(Array.from({ length: operations }, () => send()))
    expect(outage.requests()).toBeLessThanOrEqual(operations * 1.3)
  })
})
