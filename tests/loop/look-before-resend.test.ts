import {
  createIdempotentFetch,
  idempotencyOf,
  isAlreadyDoneError,
  isOutcomeUnknownError,
  type IdempotentFetchOptions,
} from 'fetch-idempotency'
import { ucp } from 'fetch-idempotency/contracts'
import { describe, expect, it, vi } from 'vitest'
import { fakeClock, hang, json, playFetch, reset, url, type Step } from '../fetch/fakes.js'

const post = { method: 'POST', body: '{}' }

async function play(
  options: Pick<IdempotentFetchOptions, 'reconcile' | 'writes' | 'retry'>,
  ...steps: readonly [Step, ...Step[]]
) {
  const { fetch, sent } = playFetch(...steps)
  const send = createIdempotentFetch({ fetch, contract: ucp, clock: fakeClock(), ...options })
  return { end: await send(url, post).catch((reason: unknown) => reason), sent }
}

describe('a contract that wants a look before a resend', () => {
  it('has `reconcile` asked before a lost answer is resent, and resent when it was not applied', async () => {
    const reconcile = vi.fn(() => 'not-applied' as const)
    const { end, sent } = await play({ reconcile }, reset(), json(503), json(201))
    expect(idempotencyOf(end)).toMatchObject({ outcome: 'applied', attempts: 3 })
    expect(reconcile.mock.calls).toMatchObject([
      [{ attempts: 1, method: 'POST', response: undefined }],
      [{ attempts: 2, response: { status: 503 } }],
    ])
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1)
  })

  it('gives what the look has found', async () => {
    const { end, sent } = await play({ reconcile: () => json(200, { id: 1 }) }, reset(), json(201))
    expect(await (end as Response).json()).toEqual({ id: 1 })
    expect(idempotencyOf(end)).toMatchObject({ outcome: 'applied', attempts: 1 })
    expect(sent).toHaveLength(1)
  })

  it('resends nothing that was applied', async () => {
    const { end, sent } = await play({ reconcile: () => 'applied' }, reset(), json(201))
    expect(isAlreadyDoneError(end)).toBe(true)
    expect(sent).toHaveLength(1)
  })

  it.each<[string, IdempotentFetchOptions['reconcile']]>([
    ['does not know', () => 'unknown'],
    ['finds nothing', () => undefined],
    ['finds a failure', () => json(404)],
    ['fails', () => Promise.reject(new Error('down'))],
    ['does not end', () => new Promise(() => undefined)],
  ])('resends nothing when the look %s, and asks once', async (_, reconcile) => {
    const asked = vi.fn(reconcile)
    const { end, sent } = await play(
      { reconcile: asked, retry: { attemptTimeoutMs: 20 } },
      reset(),
      json(201),
    )
    expect(idempotencyOf(end)?.outcome).toBe('unknown')
    expect(sent).toHaveLength(1)
    expect(asked).toHaveBeenCalledTimes(1)
  })

  it('resends nothing without `reconcile`, and says so', async () => {
    const { end, sent } = await play({}, reset(), json(201))
    expect(isOutcomeUnknownError(end)).toBe(true)
    expect(String(end)).toContain('reconcile')
    expect(sent).toHaveLength(1)
  })

  it('is not asked for what was not sent, was refused, or is resent anyway', async () => {
    const reconcile = vi.fn(() => 'not-applied' as const)
    expect((await play({ reconcile }, json(429), json(201))).sent).toHaveLength(2)
    expect((await play({ writes: 'always' }, reset(), json(201))).sent).toHaveLength(2)
    expect(reconcile).not.toHaveBeenCalled()
  })

  it('ends with the deadline', async () => {
    const { end, sent } = await play(
      { reconcile: () => new Promise(() => undefined), retry: { deadlineMs: 30, attemptTimeoutMs: 10 } },
      hang,
    )
    expect(idempotencyOf(end)?.outcome).toBe('unknown')
    expect(sent).toHaveLength(1)
  })
})
