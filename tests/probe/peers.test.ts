import { describe, expect, it } from 'vitest'
import { readAnswer } from '../../src/contract/read-answer.js'
import type { Answer } from '../../src/contract/verdict.js'
import { probeContract, type ProbeReport } from 'fetch-idempotency/probe'
import { peers, probeOptionsOf, resultsOf } from './known-peers.js'
import { isWhole } from '../whole.js'
import { findTypeErrors, runPrinted } from './printed-contract.js'
import { startSlowPeer } from './slow-peer.js'

const reports = new Map<string, ProbeReport>()

// Two requests have to meet at the server, which a busy machine may prevent.
describe.concurrent('probeContract against every contract of the in-memory peer', { retry: 2 }, () => {
  it.each(peers)('$path: what it does, without a count', async (row) => {
    const peer = await startSlowPeer()
    try {
      const report = await probeContract(probeOptionsOf(row, peer.url))
      reports.set(row.path, report)
      expect(resultsOf(report)).toEqual(row.results)
      expect(report.conclusion).toBe(row.conclusion)
      expect(report.preset).toBe(row.preset)
      expect(report.source).toContain(row.contract ?? row.preset)
      expect(report.sent).toBe(row.sent)
      expect(peer.log).toHaveLength(row.sent + (row.refusedKeys ?? 0))
      expect(peer.executions.total).toBe(row.made)
    } finally {
      await peer.close()
    }
  })

  it.each(peers.filter((_, at) => isWhole || at % 4 === 0))(
    '$path: the number of things, with a count',
    async (row) => {
      const peer = await startSlowPeer()
      try {
        const count = () => peer.executions.total
        const report = await probeContract({ ...probeOptionsOf(row, peer.url), count })
        expect(report.made).toMatchObject({ things: peer.executions.total, isCounted: true })
        const { conclusion, made } = row.counted ?? row
        expect(report.conclusion).toBe(conclusion)
        expect(peer.executions.total).toBe(made)
        // Nothing that a server answered to the lost write is left in doubt.
        expect(report.findings['lost-answer'].result).not.toBe('unclear')
      } finally {
        await peer.close()
      }
    },
  )
})

describe('the contract that is printed', () => {
  it('compiles, and is found not to when it is broken', () => {
    expect(reports.size).toBe(peers.length)
    const broken = "import { nothing } from 'fetch-idempotency/contracts'\nexport const a: string = 1"
    const errors = findTypeErrors([...[...reports.values()].map(({ source }) => source!), broken])
    expect(errors).not.toEqual([])
    expect(errors.filter((error) => !error.includes(broken))).toEqual([])
  })

  it.each(peers.map(({ path }) => path))('%s: says what the contract of the report does', (path) => {
    const { source, contract } = reports.get(path)!
    const printed = runPrinted(source!)
    expect(printed.name).toBe(contract!.name)
    expect(printed.methods).toEqual(contract!.methods)
    expect(JSON.stringify(printed.carrier)).toBe(JSON.stringify(contract!.carrier))
    for (const answer of samples) expect(readAnswer(printed, answer)).toEqual(readAnswer(contract!, answer))
  })
})

/** Answers of many kinds, each to a resend and to a first attempt with a given key. */
const bodies = [
  undefined,
  { id: 'ID1' },
  { Type: 'idempotency_conflict' },
  { type: 'https://example.com/idempotency' },
  { name: 'concurrent_idempotent_requests' },
  { name: 'invalid_idempotent_request' },
  { error: { code: 'idempotency_key_reused' } },
  { error: { type: 'idempotency_request_in_progress' } },
  { error: { type: 'idempotency_key_mismatch' } },
]
const samples: readonly Answer[] = [200, 201, 400, 409, 422, 503].flatMap((status) =>
  bodies.flatMap((json) =>
    (['generated', 'given'] as const).map((keyOrigin) => ({
      status,
      headers: new Headers(),
      text: JSON.stringify(json),
      json,
      method: 'POST',
      url: 'https://api.example.com/orders',
      key: 'k',
      keyOrigin,
      conditional: false,
      attempt: keyOrigin === 'given' ? 1 : 2,
      mayHaveRun: keyOrigin === 'generated',
    })),
  ),
)
