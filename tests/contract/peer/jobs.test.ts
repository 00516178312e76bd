import { awaitCompletion, idempotencyOf, isDeadlineError } from 'fetch-idempotency'
import { standard } from 'fetch-idempotency/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFaultProxy, type FaultProxy } from '../../wire/fault-proxy.js'
import { virtualClock } from 'fetch-idempotency/testing'
import { hosts } from '../third-party/hosts.js'
import { startPeer, type Peer } from './peer.js'

let peer: Peer
let proxy: FaultProxy
beforeAll(async () => {
  peer = await startPeer()
  proxy = await startFaultProxy({ port: peer.port })
})
afterAll(async () => {
  await proxy.close()
  await peer.close()
})

describe.each(hosts)('%s and a 202', (name, createHost) => {
  const submit = (body: { item: string; [field: string]: unknown }) =>
    createHost({ contract: standard })(`${proxy.url}/jobs`, { method: 'POST', body: JSON.stringify(body) })

  it.each(['operation-location', 'location', 'content-location'])(
    'is polled at its %s, as often as the server says, past lost looks',
    async (header) => {
      const item = `${name} ${header}`
      proxy.next('commit-reset')
      const accepted = await submit({ item, header, polls: 3 })
      expect(accepted.status).toBe(202)
      const clock = virtualClock()
      proxy.next('pass', 'cut-body')
      const finished = await awaitCompletion(accepted, { clock, random: () => 0 })
      expect(finished.status).toBe(200)
      expect(await finished.json()).toMatchObject(
        header === 'operation-location' ? { status: 'Succeeded' } : { id: expect.any(String) as unknown },
      )
      expect(clock.waits.filter((ms) => ms === 1_000).length).toBeGreaterThanOrEqual(3)
      expect(idempotencyOf(finished)).toMatchObject({
        key: idempotencyOf(accepted)?.key,
        attempts: 2,
        outcome: 'applied',
      })
      expect(peer.executions.started(item)).toBe(1)
    },
  )

  it('that ends in failure is not called applied', async () => {
    const accepted = await submit({ item: `${name} fails`, polls: 1, final: 'Failed' })
    const finished = await awaitCompletion(accepted, { clock: virtualClock() })
    expect(await finished.json()).toMatchObject({ status: 'Failed' })
    expect(idempotencyOf(finished)).toMatchObject({ outcome: 'unknown' })
  })

  it('that never ends is given up at the deadline', async () => {
    const accepted = await submit({ item: `${name} for ever`, polls: -1 })
    const before = proxy.requests
    const error = await awaitCompletion(accepted, { clock: virtualClock(), deadlineMs: 10_000 }).catch(
      (reason: unknown) => reason,
    )
    expect(isDeadlineError(error)).toBe(true)
    expect(error).toMatchObject({ outcome: 'unknown', key: idempotencyOf(accepted)?.key })
    expect(proxy.requests - before).toBe(9)
  })

  it('is given up at once when the caller aborts', async () => {
    const accepted = await submit({ item: `${name} aborted`, polls: -1 })
    const controller = new AbortController()
    const clock = virtualClock()
    const sleep = async (ms: number, signal?: AbortSignal) => {
      await clock.sleep(ms, signal)
      if (clock.waits.length === 3) controller.abort(new Error('enough'))
    }
    const waiting = awaitCompletion(accepted, { clock: { ...clock, sleep }, signal: controller.signal })
    await expect(waiting).rejects.toThrow('enough')
    expect(clock.waits).toHaveLength(3)
  })
})
