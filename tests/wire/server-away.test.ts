import { setTimeout as wait } from 'node:timers/promises'
import { idempotencyOf } from 'fetch-idempotency'
import { describe, expect, it } from 'vitest'
import { hosts as all } from '../promises/hosts.js'
import { isWhole } from '../whole.js'
import { startFailingServer, type FailingServer } from './failing-server.js'

const phaseMs = isWhole ? 1_000 : 200
const sizes = isWhole ? [20, 200] : [20]
const outageSize = isWhole ? 1_000 : 100
/** Operations that come first, and use up the budget. */
const warmUp = 60

type Send = (url: string, operation: string) => Promise<unknown>
interface Host {
  readonly name: string
  readonly open: () => Send
}

const headersOf = (operation: string) => ({ 'content-type': 'application/json', 'x-operation': operation })

/** With the defaults, as an application has them. */
const hosts: readonly Host[] = all.map(({ name, open }) => ({
  name,
  open: () => {
    const send = open()
    return async (url, operation) => {
      const body = JSON.stringify({ operation })
      return (await send({ url, method: 'POST', body, headers: headersOf(operation) })).end
    }
  },
}))

/** Begins operations evenly within `ms`, and gives the outcomes that their callers are told. */
async function begin(send: Send, server: FailingServer, size: number, ms: number): Promise<string[]> {
  const endings = Array.from({ length: size }, async (_, at) => {
    await wait((at * ms) / size)
    const end = await send(server.url, String(at))
    return idempotencyOf(end)?.outcome ?? String(end)
  })
  return Promise.all(endings)
}

const sum = (counts: Iterable<number>) => [...counts].reduce((total, one) => total + one, 0)

/** What is untrue, or done twice. */
function findWrong(outcomes: readonly string[], { executions }: FailingServer): string[] {
  return outcomes.flatMap((outcome, at) => {
    const times = executions.get(String(at)) ?? 0
    const isTrue = outcome === 'applied' ? times === 1 : outcome === 'unknown' ? times <= 1 : times === 0
    return isTrue ? [] : [`operation ${at}: ${outcome}, executed ${times} times`]
  })
}

describe.each(sizes)('a server that is away, and %i operations', (size) => {
  it.concurrent.each(hosts)('are applied through $name', async ({ name, open }) => {
    const server = await startFailingServer('refused')
    try {
      const startMs = performance.now()
      const ending = begin(open(), server, size, 2 * phaseMs)
      for (const phase of ['reset', '503', 'up'] as const) {
        await wait(phaseMs)
        await server.enter(phase)
      }
      const outcomes = await ending
      const tookMs = Math.round(performance.now() - startMs)
      const applied = outcomes.filter((outcome) => outcome === 'applied').length
      const requests = sum(server.requests.values())
      console.log(
        `${name}: ${applied} of ${size} applied in ${tookMs} ms, ${requests} requests arrived, ${requests / size} each`,
      )
      expect(findWrong(outcomes, server)).toEqual([])
      expect(applied / size).toBeGreaterThanOrEqual(0.99)
    } finally {
      await server.close()
    }
  })
})

/** Begins each operation once the one before it has reached the server, so that a busy machine keeps none of them back. */
async function beginOneByOne(
  send: Send,
  { url, requests }: FailingServer,
  size: number,
): Promise<{ endings: readonly Promise<string>[] }> {
  const endings: Promise<string>[] = []
  for (let at = 0; at < size; at += 1) {
    const operation = String(at)
    const ending = send(url, operation).then((end) => idempotencyOf(end)?.outcome ?? String(end))
    endings.push(ending)
    const isOver = ending.then(() => true)
    while (!requests.has(operation) && !(await Promise.race([isOver, wait(1, false)])));
  }
  return { endings }
}

describe(`an outage, and ${outageSize} operations`, () => {
  it.each(hosts)(
    'cost hardly more than one request each through $name',
    { timeout: 120_000 },
    async (host) => {
      const server = await startFailingServer('503')
      try {
        const { endings } = await beginOneByOne(host.open(), server, outageSize)
        const counts = [...server.requests]
        await server.enter('up')
        const late = counts.filter(([operation]) => Number(operation) >= warmUp)
        const each = sum(late.map(([, count]) => count)) / late.length
        const all = sum(counts.map(([, count]) => count))
        console.log(
          `${host.name}: ${all} requests for ${outageSize} operations, ${all / outageSize} each; ` +
            `${each} each for those that find the budget empty`,
        )
        expect(late).toHaveLength(outageSize - warmUp)
        expect(each).toBeLessThanOrEqual(1.05)
        const outcomes = await Promise.all(endings)
        expect(findWrong(outcomes, server)).toEqual([])
        expect(outcomes.filter((outcome) => outcome !== 'applied')).toEqual([])
      } finally {
        await server.close()
      }
    },
  )
})
