import ky from 'ky'
import ky2 from 'ky2'
import { describe, expect, it } from 'vitest'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { idempotency } from 'fetch-idempotency/ky'

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

type Outage = ReturnType<typeof openOutage>
type WhenEmpty = 'wait' | 'stop'

const url = 'https://api.test/orders'

function kyOver(instance: typeof ky, { fetch, clock }: Outage, whenBudgetIsEmpty: WhenEmpty) {
  const api = instance
    .create({ fetch, retry: { delay: () => 0 } })
    .extend(idempotency({ fetch, clock, whenBudgetIsEmpty }))
  return async () => {
    const error = await api.post(url, { json: { amount: 1 } }).catch((reason: unknown) => reason)
    return (error as { response: Response }).response
  }
}

const hosts: {
  name: string
  open: (outage: Outage, whenBudgetIsEmpty: WhenEmpty) => () => Promise<Response>
}[] = [
  {
    name: 'createIdempotentFetch',
    open: ({ fetch, clock }, whenBudgetIsEmpty) => {
      const send = createIdempotentFetch({ fetch, clock, retry: { whenBudgetIsEmpty } })
      return () => send(url, { method: 'POST', body: '{"amount":1}' })
    },
  },
  { name: 'ky 1', open: (outage, when) => kyOver(ky, outage, when) },
  { name: 'ky 2', open: (outage, when) => kyOver(ky2 as unknown as typeof ky, outage, when) },
]

describe.each(hosts)('an outage, met by $name', ({ open }) => {
  const operations = 1_000

  it('costs at most 1.3 requests per operation once the bucket is empty and ends them', async () => {
    const outage = openOutage()
    const send = open(outage, 'stop')
    const perOperation: number[] = []
    for (let operation = 0; operation < operations; operation += 1) {
      const before = outage.requests()
      const response = await send()
      perOperation.push(outage.requests() - before)
      expect(response.status).toBe(503)
      expect(idempotencyOf(response)).toMatchObject({
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
