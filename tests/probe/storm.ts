import { createIdempotentFetch, idempotencyOf, type RetryOptions } from 'fetch-idempotency'
import type { ServerContract } from 'fetch-idempotency/contracts'
import { seededFaults, seededRandom } from '../contract/third-party/losses.js'
import { virtualClock, type VirtualClock } from 'fetch-idempotency/testing'
import { startFaultProxy, type Fault } from '../wire/fault-proxy.js'

/** What the writes of a storm came to. */
export interface StormResult {
  readonly writes: number
  readonly faults: number
  /** Writes that were executed more than once. */
  readonly duplicates: number
  /** `applied` where nothing was done, `not-applied` where something was. */
  readonly falseOutcomes: number
  readonly applied: number
  readonly unknown: number
  /** The longest call: its waits, which pass at once, and the time that its requests took. */
  readonly slowestMs: number
}

export interface StormTarget {
  readonly port: number
  readonly path: string
  readonly contract: ServerContract
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly bodyOf: (item: string) => string
  /** How often the work for an item was done. */
  readonly countOf: (item: string) => number | Promise<number>
  readonly writes?: number
  /** @defaultValue five attempts, of a second each, without a budget */
  readonly retry?: RetryOptions
}

/** The longest call that there may be when a quarter of all requests meet a fault, in milliseconds. */
export const longestCallMs = 15_000

const fewAttempts: RetryOptions = {
  maxAttempts: 5,
  attemptTimeoutMs: 1_000,
  budget: { transientCost: 0, throttledCost: 0 },
}

/** A quarter of all requests meet a fault; the seed fixes which. */
function quarter(seed: number): () => Fault {
  const [random, faults] = [seededRandom(seed), seededFaults(seed + 1)]
  return () => {
    if (random() >= 0.25) return 'pass'
    for (;;) {
      const fault = faults()
      if (fault !== 'pass') return fault
    }
  }
}

/**
 * A clock whose waits are told in full and take a moment of real time, so that work which goes on at the server meanwhile comes
 * to its end: else ten attempts could fall into the same few milliseconds.
 */
function briefClock(): VirtualClock {
  const clock = virtualClock()
  return {
    ...clock,
    async sleep(ms, signal) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(ms, 40)))
      return clock.sleep(ms, signal)
    },
  }
}

/** Sends writes through a proxy that loses, cuts, refuses and replaces answers, ten at once. */
export async function storm(target: StormTarget): Promise<StormResult> {
  const {
    contract,
    path,
    bodyOf,
    countOf,
    writes = 300,
    method = 'POST',
    headers,
    retry = fewAttempts,
  } = target
  const proxy = await startFaultProxy({ port: target.port, choose: quarter(7) })
  const told: { readonly item: string; readonly end: unknown; readonly tookMs: number }[] = []
  const queue = Array.from({ length: writes }, (_, index) => `storm-${index}`)
  const work = async () => {
    // A clock of its own, on which no waits pass but those of its own calls.
    const clock = briefClock()
    const send = createIdempotentFetch({ contract, clock, retry })
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
      const [beganMs, realMs] = [clock.now(), performance.now()]
      const end = await send(`${proxy.url}${path}`, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        body: bodyOf(item),
      }).catch((error: unknown) => error)
      told.push({ item, end, tookMs: clock.now() - beganMs + performance.now() - realMs })
    }
  }
  try {
    await Promise.all(Array.from({ length: 10 }, work))
    const counts = await Promise.all(
      told.map(async ({ item, end }) => ({
        outcome: idempotencyOf(end)?.outcome,
        count: await countOf(item),
      })),
    )
    const isFalse = ({ outcome, count }: { outcome: string | undefined; count: number }) =>
      (outcome === 'applied' && count === 0) ||
      (outcome === 'not-applied' && count > 0) ||
      outcome === undefined
    return {
      writes: told.length,
      faults: proxy.injected,
      duplicates: counts.filter(({ count }) => count > 1).length,
      falseOutcomes: counts.filter(isFalse).length,
      applied: counts.filter(({ outcome }) => outcome === 'applied').length,
      unknown: counts.filter(({ outcome }) => outcome === 'unknown').length,
      slowestMs: Math.max(...told.map(({ tookMs }) => tookMs)),
    }
  } finally {
    await proxy.close()
  }
}
