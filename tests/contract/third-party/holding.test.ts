import { idempotencyOf, isKeyReusedError } from 'fetch-idempotency'
import { standard } from 'fetch-idempotency/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFaultProxy, type FaultProxy } from '../../wire/fault-proxy.js'
import { startHoldingServer, type HoldingServer } from '../servers/holding.js'
import { hosts } from './hosts.js'
import { losses } from './losses.js'

let patient: HoldingServer
let hasty: HoldingServer
let proxy: FaultProxy
let hastyProxy: FaultProxy

beforeAll(async () => {
  patient = await startHoldingServer()
  hasty = await startHoldingServer({ maxWaitMs: 10 })
  proxy = await startFaultProxy({ port: patient.port })
  hastyProxy = await startFaultProxy({ port: hasty.port })
})
afterAll(async () => {
  await Promise.all([proxy.close(), hastyProxy.close()])
  await Promise.all([patient.close(), hasty.close()])
})

const order = (item: string, idempotencyKey?: string) => ({
  method: 'POST',
  body: JSON.stringify({ item }),
  ...(idempotencyKey && { idempotencyKey }),
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

describe.each(hosts)('%s against a server that holds duplicates', (name, createHost) => {
  it.each(losses)('orders once when %s', async (loss, fault) => {
    const item = `${name}: ${loss}`
    proxy.next(fault)
    const response = await createHost({ contract: standard })(proxy.url, order(item))
    expect(response.status).toBe(201)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, replayed: true, outcome: 'applied' })
    expect(patient.executions.started(item)).toBe(1)
  })

  it('is held until the first attempt is done, and gets its answer', async () => {
    const item = `${name}: held`
    const release = patient.executions.hold(item)
    const before = proxy.requests
    proxy.next('forward-reset')
    const sent = createHost({ contract: standard })(proxy.url, order(item))
    await until(() => proxy.requests - before === 2)
    release()
    const response = await sent
    expect(response.status).toBe(201)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, replayed: true, outcome: 'applied' })
    expect(patient.executions.started(item)).toBe(1)
  })

  it('sends again when it is held past the attempt timeout', async () => {
    const item = `${name}: held long`
    const release = patient.executions.hold(item)
    const before = proxy.requests
    const sent = createHost({ contract: standard, attemptTimeoutMs: 80 })(proxy.url, order(item))
    await until(() => proxy.requests - before === 3)
    release()
    const response = await sent
    expect(response.status).toBe(201)
    expect(idempotencyOf(response)).toMatchObject({ replayed: true, outcome: 'applied' })
    expect(patient.executions.started(item)).toBe(1)
  })

  it('asks again when the server gives up holding with a 409', async () => {
    const item = `${name}: given up`
    const release = hasty.executions.hold(item)
    hastyProxy.next('forward-reset')
    const response = await createHost({
      contract: standard,
      onEvent: (event) => {
        if (event.type === 'attempt-ended' && event.verdict === 'running') release()
      },
    })(hastyProxy.url, order(item))
    expect(response.status).toBe(201)
    expect(idempotencyOf(response)).toMatchObject({ replayed: true, outcome: 'applied' })
    expect(hasty.executions.started(item)).toBe(1)
  })

  it('gives the 422 of a reused key back as a failure that claims nothing, as nothing is known of the server', async () => {
    const send = createHost({ contract: standard })
    await send(proxy.url, order(`${name}: first`, `key of ${name}`))
    const end = await send(proxy.url, order(`${name}: other`, `key of ${name}`)).catch(
      (reason: unknown) => reason,
    )
    if (!isKeyReusedError(end)) expect((end as Response).status).toBe(422)
    expect(idempotencyOf(end)?.outcome).toBe('unknown')
    expect(patient.executions.started(`${name}: other`)).toBe(0)
  })
})
