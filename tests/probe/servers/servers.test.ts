import { describe, expect, it } from 'vitest'
import {
  probeContract,
  type FindingResult,
  type ProbeReport,
  type ProbeWarning,
} from 'fetch-idempotency/probe'
import { resultsOf } from '../known-peers.js'
import { findTypeErrors, runPrinted } from '../printed-contract.js'
import { hastyClock } from '../slow-peer.js'
import { longestCallMs, storm } from '../storm.js'
import { startExpressIdempotency, startIdempotencyBackend, startPlainExpress } from './express.js'
import type { OrderServer } from './orders.js'
import { startPowertools } from './powertools.js'

interface Row {
  readonly name: string
  readonly start: (workMs?: number) => Promise<OrderServer>
  readonly results: readonly FindingResult[]
  readonly warnings: readonly ProbeWarning['code'][]
  readonly conclusion: ProbeReport['conclusion']
  readonly sent: number
  readonly made: number
  readonly contract: string
}

const rows: readonly Row[] = [
  {
    name: 'express-idempotency',
    start: startExpressIdempotency,
    results: ['first-answer', 'refused', 'unclear', 'refused', 'accepted', 'unclear', 'refused'],
    warnings: [],
    conclusion: 'kept',
    sent: 12,
    made: 4,
    contract: 'answers: { running: { status: 409 }, reused: { status: 417 } }',
  },
  {
    name: 'idempotency-backend',
    start: startIdempotencyBackend,
    results: ['first-answer', 'first-answer', 'unclear', 'executed', 'accepted', 'unclear', 'first-answer'],
    warnings: ['race', 'answers-another-path', 'answers-another-body'],
    conclusion: 'unsafe',
    sent: 12,
    made: 5,
    contract: 'honoursKey: () => false',
  },
  {
    name: '@aws-lambda-powertools/idempotency',
    start: startPowertools,
    results: ['first-answer', 'first-answer', 'unclear', 'refused', 'accepted', 'unclear', 'first-answer'],
    warnings: ['answers-another-path', 'answers-another-body'],
    conclusion: 'kept',
    sent: 12,
    made: 4,
    contract: 'standard.with(',
  },
  {
    name: 'express, which ignores keys',
    start: startPlainExpress,
    results: ['executed', 'not-asked', 'not-asked', 'not-asked', 'not-asked', 'not-asked', 'not-asked'],
    warnings: ['keys-ignored'],
    conclusion: 'ignored',
    sent: 3,
    made: 3,
    contract: 'honoursKey: () => false',
  },
]

// What a race shows hangs on the moment at which two requests meet.
describe.each(rows)('$name', { retry: 2 }, (row) => {
  it('is found out, and its contract survives a storm of faults', async () => {
    const server = await row.start()
    try {
      const report = await probeContract({
        url: `${server.url}/orders`,
        body: '{"item":"{{unique}}"}',
        invalidBody: '{"item":"{{unique}}","failWith":422}',
        clock: hastyClock,
      })
      expect(resultsOf(report)).toEqual(row.results)
      expect(report.warnings.map(({ code }) => code)).toEqual(row.warnings)
      expect(report.conclusion).toBe(row.conclusion)
      expect([report.sent, server.executions.total]).toEqual([row.sent, row.made])
      expect(report.source).toContain(row.contract)
      expect(findTypeErrors([report.source!])).toEqual([])

      const result = await storm({
        port: server.port,
        path: '/orders',
        contract: runPrinted(report.source!),
        bodyOf: (item) => JSON.stringify({ item }),
        countOf: (item) => server.executions.finished(item),
      })
      expect(result).toMatchObject({ writes: 300, duplicates: 0, falseOutcomes: 0 })
      expect(result.faults).toBeGreaterThan(50)
      expect(result.slowestMs).toBeLessThan(longestCallMs)
      if (row.conclusion === 'kept') expect(result.applied).toBeGreaterThan(280)
    } finally {
      await server.close()
    }
  })
})

describe('idempotency-backend', () => {
  it('is seen to answer a write without a key with another one, where the budget has one more', async () => {
    const server = await startIdempotencyBackend()
    try {
      const report = await probeContract({
        url: `${server.url}/orders`,
        body: '{"item":"{{unique}}"}',
        budget: 13,
        clock: hastyClock,
      })
      expect(report.findings['no-key'].result).toBe('first-answer')
      expect(report.warnings.map(({ code }) => code)).toContain('answers-without-key')
    } finally {
      await server.close()
    }
  })
})

describe('storm', () => {
  it('sees duplicates where a contract says that an ignored key is honoured', async () => {
    const server = await startPlainExpress(1)
    try {
      const contract = runPrinted(
        "import { standard } from 'fetch-idempotency/contracts'\nexport const contract = standard\n",
      )
      const result = await storm({
        port: server.port,
        path: '/orders',
        contract,
        bodyOf: (item) => JSON.stringify({ item }),
        countOf: (item) => server.executions.finished(item),
      })
      expect(result.duplicates).toBeGreaterThan(5)
    } finally {
      await server.close()
    }
  })
})
