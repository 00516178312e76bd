import { createIdempotentFetch } from 'fetch-idempotency'
import {
  createJournal,
  memoryStore,
  type JournalOptions,
  type OperationStore,
} from 'fetch-idempotency/journal'
import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'

/** A journal on a clock that notes how long it is asked to wait. */
function open(claim: OperationStore['claim'], options: Partial<JournalOptions> = {}) {
  const waits: number[] = []
  let nowMs = 0
  const clock = {
    now: () => nowMs,
    sleep: async (ms: number) => {
      waits.push(ms)
      nowMs += ms
    },
  }
  const store = { ...memoryStore(), claim }
  const journal = createJournal({ store, clock, random: () => 0, leaseMs: 1e9, ...options })
  const fetch = async () => Response.json({}, { status: 201 })
  const send = createIdempotentFetch({ journal, fetch })
  const post = (signal?: AbortSignal) =>
    send('https://api.test/', {
      method: 'POST',
      ...(signal && { signal }),
      idempotency: { operationId: 'a' },
    })
  return { post, waits }
}

const entry = {
  id: 'a',
  lane: undefined,
  state: 'open',
  value: '',
  createdMs: 0,
  updatedMs: 0,
  leaseLeftMs: 1,
} as const
const held = async () => ({ status: 'held', entry }) as const
const away = () => Promise.reject(new Error('away'))

describe('a claim', () => {
  it.each([
    [0, [0, 0]],
    [0.5, [50, 100]],
  ])('of a store that fails is tried three times, with waits that grow: %s', async (random, expected) => {
    const { post, waits } = open(away, { random: () => random })
    await expect(post()).rejects.toMatchObject({ problem: 'unavailable', attempts: 0 })
    expect(waits).toEqual(expected)
  })

  it.each([
    [0, [10, 20, 40, 80, 160, 320, 500, 500, 370]],
    [0.5, [15, 30, 60, 120, 240, 480, 750, 305]],
  ])(
    'looks again at an operation that another worker has, ever more seldom: %s',
    async (random, expected) => {
      const { post, waits } = open(held, { waitMs: 2_000, random: () => random })
      await expect(post()).rejects.toMatchObject({ problem: 'busy' })
      expect(waits).toEqual(expected)
    },
  )

  it('is not made once the signal has aborted', async () => {
    let asked = 0
    const { post } = open(async () => {
      asked += 1
      return { status: 'created' }
    })
    const controller = new AbortController()
    const call = post(controller.signal)
    controller.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    expect(asked).toBe(0)
  })

  it('leaves no listener behind, however often it has waited', async () => {
    const countAfter = async (last: number) => {
      const { signal } = new AbortController()
      let rounds = 0
      const { post } = open(async (request) => {
        rounds += 1
        return rounds < last ? held() : memoryStore().claim(request)
      })
      await post(signal)
      expect(rounds).toBe(last)
      return getEventListeners(signal, 'abort').length
    }
    expect(await countAfter(4)).toBe(await countAfter(1))
  })

  it('ends with the signal while it waits', async () => {
    const controller = new AbortController()
    const sleep = (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error)),
      )
    const store = { ...memoryStore(), claim: held }
    const journal = createJournal({ store, clock: { now: () => 0, sleep } })
    const call = createIdempotentFetch({ journal })('https://api.test/', {
      method: 'POST',
      signal: controller.signal,
      idempotency: { operationId: 'a' },
    })
    setTimeout(() => controller.abort(new Error('enough')), 5)
    await expect(call).rejects.toThrow('enough')
  })
})
