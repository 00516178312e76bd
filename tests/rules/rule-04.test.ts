import { describe, expect, it } from 'vitest'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { fakeClock, json, playFetch, refusedPort, reset, url, type Step } from '../fetch/fakes.js'

const send = (...steps: readonly [Step, ...Step[]]) =>
  createIdempotentFetch({ fetch: playFetch(...steps).fetch, clock: fakeClock() })

describe('Rule 4: after a lost attempt, "gone" may be our own success', () => {
  it.each([404, 410])('%d on DELETE means applied', async (status) => {
    const response = await send(reset(), json(status))(url, { method: 'DELETE' })
    expect(response.status).toBe(status)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'applied' })
  })

  it.each([404, 410])('%d on DELETE means not applied when no attempt can have run', async (status) => {
    for (const steps of [[json(status)], [refusedPort(), json(status)], [json(429), json(status)]] as [
      Step,
    ][]) {
      const response = await send(...steps)(url, { method: 'DELETE' })
      expect(idempotencyOf(response)?.outcome).toBe('not-applied')
    }
  })

  it.each([404, 410])('%d on another method stays a failure of which nothing is known', async (status) => {
    const response = await send(reset(), json(status))(url, { method: 'PUT' })
    expect(idempotencyOf(response)?.outcome).toBe('unknown')
  })

  it.each(['if-match', 'if-none-match'])('412 on a write with %s is unknown', async (name) => {
    for (const lost of [reset(), json(503)]) {
      const init = { method: 'PUT', headers: { [name]: '"v1"' } }
      const response = await send(lost, json(412))(url, init)
      expect(response.status).toBe(412)
      expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'unknown' })
    }
  })

  it('412 on the first attempt is a definite no', async () => {
    const response = await send(json(412))(url, { method: 'PUT', headers: { 'if-match': '"v1"' } })
    expect(idempotencyOf(response)?.outcome).toBe('not-applied')
  })
})
