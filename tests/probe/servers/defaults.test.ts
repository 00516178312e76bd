import { describe, expect, it } from 'vitest'
import { standard } from 'fetch-idempotency/contracts'
import { startHoldingServer } from '../../contract/servers/holding.js'
import { startNestServer } from '../../contract/servers/nest.js'
import { slowDown } from '../slow-peer.js'
import { longestCallMs, storm } from '../storm.js'
import { startExpressIdempotency, startIdempotencyBackend, startPlainExpress } from './express.js'
import type { OrderServer } from './orders.js'
import { startPowertools } from './powertools.js'

interface Row {
  readonly name: string
  readonly start: (workMs: number) => Promise<Pick<OrderServer, 'port' | 'close' | 'executions'>>
  readonly keeps: boolean
}

const rows: readonly Row[] = [
  { name: 'express-idempotency', start: startExpressIdempotency, keeps: true },
  { name: '@aws-lambda-powertools/idempotency', start: startPowertools, keeps: true },
  {
    name: '@node-idempotency/nestjs',
    start: async (workMs) => slowDown(await startNestServer(), workMs),
    keeps: true,
  },
  {
    name: '@node-idempotency/core that holds repetitions',
    start: async (workMs) => slowDown(await startHoldingServer(), workMs),
    keeps: true,
  },
  { name: 'idempotency-backend, which guards no race', start: startIdempotencyBackend, keeps: false },
  { name: 'express, which ignores keys', start: startPlainExpress, keeps: false },
]

describe('300 writes under the default contract and options, a quarter of whose requests meet a fault', () => {
  it.each(rows)('$name', async ({ name, start, keeps }) => {
    const server = await start(25)
    try {
      const result = await storm({
        port: server.port,
        path: '/orders',
        contract: standard,
        retry: {},
        bodyOf: (item) => JSON.stringify({ item }),
        countOf: (item) => server.executions.finished(item),
      })
      console.log(`${name}: ${JSON.stringify(result)}`)
      expect(result).toMatchObject({ writes: 300, falseOutcomes: 0 })
      expect(result.faults).toBeGreaterThan(50)
      // On a virtual clock: each wait counts as long as it was asked for.
      expect(result.slowestMs).toBeLessThan(longestCallMs)
      if (keeps) expect(result).toMatchObject({ duplicates: 0, applied: 300 })
    } finally {
      await server.close()
    }
  })
})
