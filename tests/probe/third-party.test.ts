import { describe, expect, it } from 'vitest'
import { stripe } from 'fetch-idempotency/contracts'
import { probeContract } from 'fetch-idempotency/probe'
import { startHoldingServer } from '../contract/servers/holding.js'
import { startNestServer } from '../contract/servers/nest.js'
import { startStripeServer } from '../contract/servers/stripe.js'
import { resultsOf } from './known-peers.js'
import { findTypeErrors } from './printed-contract.js'
import { hastyClock, slowDown } from './slow-peer.js'

const order = {
  body: '{"item":"{{unique}}"}',
  invalidBody: '{"item":"{{unique}}","failWith":422}',
  clock: hastyClock,
}

describe.concurrent('probeContract against servers of other people', () => {
  it('@node-idempotency/nestjs: IETF codes, marked replays, failures kept', async () => {
    const server = slowDown(await startNestServer())
    try {
      const count = () => server.executions.total
      const report = await probeContract({ url: `${server.url}/orders`, ...order, count })
      expect(resultsOf(report)).toEqual([
        'first-answer',
        'refused',
        'first-answer',
        'refused',
        'accepted',
        'kept',
        'accepted',
      ])
      expect(report.findings.repetition.marker).toEqual({ header: 'idempotent-replayed', value: 'true' })
      expect(report.conclusion).toBe('kept')
      expect(report.warnings).toEqual([])
      expect([report.sent, report.made.things, server.executions.total]).toEqual([12, 5, 5])
      expect(findTypeErrors([report.source!])).toEqual([])
    } finally {
      await server.close()
    }
  })

  it('@node-idempotency/core that holds a repetition: a key is required', async () => {
    const server = slowDown(await startHoldingServer())
    try {
      const report = await probeContract({ url: `${server.url}/orders`, ...order, invalidBody: '{}' })
      expect(report.findings).toMatchObject({
        repetition: { result: 'first-answer', marker: { header: 'idempotent-replayed' } },
        'other-body': { result: 'refused', status: 422 },
        'lost-answer': { result: 'first-answer' },
        race: { result: 'first-answer' },
        'no-key': { result: 'refused', status: 400 },
      })
      expect(report.conclusion).toBe('kept')
      expect(report.unseen.join()).toContain('the second was held, or the work was too quick')
    } finally {
      await server.close()
    }
  })

  it('stripe-stateful-mock: the preset stripe, known by its error type', async () => {
    const server = await startStripeServer()
    try {
      const report = await probeContract({
        url: `${server.url}/v1/charges`,
        headers: server.headers,
        body: 'amount=500&currency=usd&source=tok_visa&description={{unique}}',
        invalidBody: 'amount=500&currency=usd&source=tok_chargeDeclined&description={{unique}}',
        count: `${server.url}/v1/charges?limit=100`,
        clock: hastyClock,
      })
      expect(report.findings).toMatchObject({
        repetition: { result: 'first-answer', marker: { header: 'idempotent-replayed' } },
        'other-body': { result: 'refused', status: 400 },
        'lost-answer': { result: 'first-answer' },
        race: { result: 'first-answer' },
        'no-key': { result: 'accepted' },
        failures: { result: 'kept', status: 402 },
      })
      expect(report.preset).toBe('stripe')
      expect(report.contract).toBe(stripe)
      expect(report.made.isCounted).toBe(true)
    } finally {
      await server.close()
    }
  })
})
