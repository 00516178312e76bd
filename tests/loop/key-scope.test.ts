import {
  createIdempotentFetch,
  idempotencyOf,
  isOutcomeUnknownError,
  type IdempotencyEvent,
} from 'fetch-idempotency'
import { defineContract } from 'fetch-idempotency/contracts'
import { idempotency } from 'fetch-idempotency/ky'
import ky1 from 'ky'
import ky2 from 'ky2'
import { describe, expect, it } from 'vitest'
import type { AroundAttempt } from '../../src/loop/transport.js'
import { fakeClock, json, playFetch, refusedPort, reset, url, type Step } from '../fetch/fakes.js'

const contract = defineContract({ keyScope: ['Authorization'] })

/** What makes the token of each attempt: a hook before each retry, or code around each attempt. */
type Renewal = { readonly hook?: () => string; readonly around?: AroundAttempt }

type Host = (
  steps: readonly [Step, ...Step[]],
  renewal: Renewal,
) => {
  readonly send: () => Promise<Response>
  readonly sent: readonly { readonly key: string | null }[]
  readonly events: IdempotencyEvent[]
}

const headers = { authorization: 'Bearer 1' }

const fetchHost: Host = (steps, { hook, around }) => {
  const { fetch, sent } = playFetch(...steps)
  const events: IdempotencyEvent[] = []
  const send = createIdempotentFetch({
    fetch,
    contract,
    clock: fakeClock(),
    onEvent: (event) => void events.push(event),
    ...(around && { aroundAttempt: around }),
    ...(hook && { hooks: { beforeRetry: [({ request }) => request.headers.set('authorization', hook())] } }),
  })
  return { send: () => send(url, { method: 'POST', body: '{}', headers }), sent, events }
}

const kyHost =
  (ky: typeof ky1): Host =>
  (steps, { hook, around }) => {
    const { fetch, sent } = playFetch(...steps)
    const events: IdempotencyEvent[] = []
    const api = ky
      .create({
        fetch: fetch as typeof globalThis.fetch,
        ...(hook && {
          hooks: { beforeRetry: [({ request }) => request.headers.set('authorization', hook())] },
        }),
      })
      .extend(
        idempotency({
          contract,
          clock: fakeClock(),
          onEvent: (event) => void events.push(event),
          ...(around && { aroundAttempt: around }),
        }),
      )
    return { send: () => api.post(url, { body: '{}', headers }), sent, events }
  }

const hosts: readonly (readonly [string, Host])[] = [
  ['fetch', fetchHost],
  ['ky 1', kyHost(ky1)],
  ['ky 2', kyHost(ky2 as unknown as typeof ky1)],
]

describe.each(hosts)('keyScope in %s', (name, host) => {
  const around =
    (token: (attempt: number) => string): AroundAttempt =>
    (info, next) =>
      next({ authorization: token(info.attempt) })

  it.each<[string, Renewal]>([
    ['a hook', { hook: () => 'Bearer 2' }],
    ['code around the attempt', { around: around((attempt) => `Bearer ${attempt}`) }],
  ])('a lost answer is not resent under a header that %s has changed', async (_, renewal) => {
    const { send, sent, events } = host([reset(), json(201)], renewal)
    const error = await send().catch((reason: unknown) => reason)
    expect(isOutcomeUnknownError(error)).toBe(true)
    expect(String(error)).toContain("a header of the contract's keyScope has changed since")
    expect(idempotencyOf(error)?.outcome).toBe('unknown')
    expect(sent).toHaveLength(1)
    expect(events.at(-1)).toMatchObject({ type: 'settled', outcome: 'unknown' })
  })

  it.each<[string, Step, Renewal]>([
    ['a lost answer under the same header', reset(), { hook: () => 'Bearer 1' }],
    ['a lost answer without a hook', reset(), {}],
    ['an attempt that was not sent, under another header', refusedPort(), { hook: () => 'Bearer 2' }],
    ['an attempt that was refused, under another header', json(429), { hook: () => 'Bearer 2' }],
    [
      'a lost answer, where each attempt has its own other header',
      reset(),
      { around: (_, next) => next({ 'x-a': '1' }) },
    ],
  ])('resends %s', async (_, step, renewal) => {
    const { send, sent } = host([step, json(201)], renewal)
    expect((await send()).status).toBe(201)
    expect(sent).toHaveLength(2)
  })

  it('counts from the last attempt before which nothing may have been executed', async () => {
    let token = 1
    const { send, sent } = host([json(429), reset(), json(201)], { hook: () => `Bearer ${(token += 1)}` })
    const error = await send().catch((reason: unknown) => reason)
    expect(isOutcomeUnknownError(error)).toBe(true)
    expect(sent).toHaveLength(2)
  })

  it.runIf(name === 'fetch')('retry() sends what the first attempt sent', async () => {
    const { send, sent } = host([reset(), json(201)], { hook: () => 'Bearer 2' })
    const error = (await send().catch((reason: unknown) => reason)) as { retry(): Promise<Response> }
    expect((await error.retry()).status).toBe(201)
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1)
  })
})
