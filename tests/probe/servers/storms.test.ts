import { describe, expect, it } from 'vitest'
import { probeContract } from 'fetch-idempotency/probe'
import { startHoldingServer } from '../../contract/servers/holding.js'
import { startNestServer } from '../../contract/servers/nest.js'
import { startStripeServer } from '../../contract/servers/stripe.js'
import { peers, probeOptionsOf } from '../known-peers.js'
import { runPrinted } from '../printed-contract.js'
import { hastyClock, slowDown, startSlowPeer } from '../slow-peer.js'
import { longestCallMs, storm } from '../storm.js'

const none = { writes: 300, duplicates: 0, falseOutcomes: 0 }

describe('300 writes through faults, under the contract that the probe has printed', () => {
  it.each(peers)('$path: no duplicate, no false outcome', async (row) => {
    const peer = await startSlowPeer(25)
    try {
      const report = await probeContract(probeOptionsOf(row, peer.url))
      const result = await storm({
        port: peer.port,
        path: `/${row.path}`,
        method: report.method,
        contract: runPrinted(report.source!),
        bodyOf: (item) => JSON.stringify({ item }),
        countOf: (item) => peer.executions.finished(item),
      })
      expect(result).toMatchObject(none)
      expect(result.faults).toBeGreaterThan(50)
    } finally {
      await peer.close()
    }
  })

  it.each([
    ['@node-idempotency/nestjs', startNestServer],
    ['@node-idempotency/core', startHoldingServer],
  ] as const)('%s: no duplicate, no false outcome', async (_, start) => {
    const server = slowDown(await start(), 25)
    try {
      const url = `${server.url}/orders`
      const report = await probeContract({ url, body: '{"item":"{{unique}}"}', clock: hastyClock })
      const result = await storm({
        port: server.port,
        path: '/orders',
        contract: runPrinted(report.source!),
        bodyOf: (item) => JSON.stringify({ item }),
        countOf: (item) => server.executions.finished(item),
      })
      expect(result).toMatchObject(none)
      expect(result.applied).toBeGreaterThan(290)
      expect(result.slowestMs).toBeLessThan(longestCallMs)
    } finally {
      await server.close()
    }
  })

  it('stripe-stateful-mock: no duplicate, no false outcome', async () => {
    const server = await startStripeServer()
    try {
      const bodyOf = (item: string) => `amount=500&currency=usd&source=tok_visa&description=${item}`
      const report = await probeContract({
        url: `${server.url}/v1/charges`,
        headers: server.headers,
        body: bodyOf('{{unique}}'),
        clock: hastyClock,
      })
      let listed: Promise<readonly { readonly description: string | null }[]> | undefined
      const result = await storm({
        port: server.port,
        path: '/v1/charges',
        headers: { ...server.headers, 'content-type': 'application/x-www-form-urlencoded' },
        contract: runPrinted(report.source!),
        bodyOf,
        async countOf(item) {
          listed ??= server.charges()
          return (await listed).filter(({ description }) => description === item).length
        },
      })
      expect(result).toMatchObject(none)
      expect(result.applied).toBeGreaterThan(290)
      expect(result.slowestMs).toBeLessThan(longestCallMs)
    } finally {
      await server.close()
    }
  })
})
