import { idempotencyOf, isKeyInvalidError } from 'fetch-idempotency'
import { oasis } from 'fetch-idempotency/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFaultProxy, type FaultProxy } from '../../wire/fault-proxy.js'
import type { LoopbackServer } from '../servers/loopback.js'
import { startSpectorServer } from '../servers/spector.js'
import { virtualClock } from 'fetch-idempotency/testing'
import { hosts } from './hosts.js'
import { losses } from './losses.js'

let server: LoopbackServer
let proxy: FaultProxy

beforeAll(async () => {
  server = await startSpectorServer()
  proxy = await startFaultProxy({ port: server.port })
})
afterAll(async () => {
  await proxy.close()
  await server.close()
})

const url = () => `${proxy.url}/special-headers/repeatability/immediateSuccess`
const sentHeaders = (count: number, name: string) =>
  proxy.seen.slice(-count).map(({ headers }) => headers[name])

describe.each(hosts)('%s against the scenarios of Repeatable Requests', (_, createHost) => {
  it('sends a UUID and the date of the first attempt, which the server accepts', async () => {
    const response = await createHost({ contract: oasis })(url(), { method: 'POST' })
    expect(response.status).toBe(204)
    expect(response.headers.get('repeatability-result')).toBe('accepted')
    expect(idempotencyOf(response)).toMatchObject({ attempts: 1, replayed: false, outcome: 'applied' })
  })

  it.each(losses)('sends the same key and date again when %s', async (_, fault) => {
    const { sleep, now } = virtualClock()
    let passedMs = 0
    const clock = { sleep, now: () => now() + (passedMs += 2_000) }
    proxy.next(fault, fault)
    const response = await createHost({ contract: oasis, clock })(url(), { method: 'POST' })
    expect(response.status).toBe(204)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 3, replayed: false, outcome: 'applied' })
    expect(new Set(sentHeaders(3, 'repeatability-request-id'))).toEqual(
      new Set([idempotencyOf(response)?.key]),
    )
    const [firstSent, ...others] = sentHeaders(3, 'repeatability-first-sent')
    expect(others).toEqual([firstSent, firstSent])
    expect(new Date(firstSent ?? '').toUTCString()).toBe(firstSent)
  })

  it('refuses a key that is no UUID before anything is sent', async () => {
    const before = proxy.requests
    const sent = createHost({ contract: oasis })(url(), { method: 'POST', idempotencyKey: 'order-1' })
    expect(isKeyInvalidError(await sent.catch((reason: unknown) => reason))).toBe(true)
    expect(proxy.requests).toBe(before)
  })
})
