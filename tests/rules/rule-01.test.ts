import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { fakeClock, json, playFetch, refusedPort, reset, url, type Step } from '../fetch/fakes.js'

describe('Rule 1: a key is made before the first attempt and never again', () => {
  it('makes one key for all attempts', async () => {
    const generateKey = vi.fn(() => `key-${generateKey.mock.calls.length}`)
    const { fetch, keys } = playFetch(reset(), json(503), refusedPort(), json(201))
    const response = await createIdempotentFetch({ fetch, clock: fakeClock(), generateKey })(url, {
      method: 'POST',
    })
    expect(keys()).toEqual(['key-1', 'key-1', 'key-1', 'key-1'])
    expect(generateKey).toHaveBeenCalledOnce()
    expect(idempotencyOf(response)?.key).toBe('key-1')
  })

  it('has it before anything is sent', async () => {
    const order: string[] = []
    const { fetch } = playFetch(() => {
      order.push('sent')
      return json(201)
    })
    const generateKey = () => {
      order.push('made')
      return 'k'
    }
    await createIdempotentFetch({ fetch, generateKey })(url, { method: 'POST' })
    expect(order).toEqual(['made', 'sent'])
  })

  it.each<[string, object]>([
    ['an option', { idempotencyKey: 'given' }],
    ['a header', { headers: { 'Idempotency-Key': 'given' } }],
    ['a header in lower case', { headers: { 'idempotency-key': 'given' } }],
    ['a header in upper case', { headers: { 'IDEMPOTENCY-KEY': 'given' } }],
    ['Headers', { headers: new Headers({ 'Idempotency-Key': 'given' }) }],
    ['pairs', { headers: [['iDeMpOtEnCy-KeY', 'given']] }],
  ])('takes the key that the caller gives as %s', async (_, init) => {
    const generateKey = vi.fn(() => 'made')
    const { fetch, keys } = playFetch(json(503), json(201))
    const send = createIdempotentFetch({ fetch, clock: fakeClock(), generateKey })
    const response = await send(url, { method: 'POST', ...init })
    expect(keys()).toEqual(['given', 'given'])
    expect(idempotencyOf(response)?.key).toBe('given')
    expect(generateKey).not.toHaveBeenCalled()
  })

  it('takes the key of a Request', async () => {
    const { fetch, keys } = playFetch(json(201))
    const request = new Request(url, { method: 'POST', headers: { 'Idempotency-Key': 'given' } })
    await createIdempotentFetch({ fetch })(request)
    expect(keys()).toEqual(['given'])
  })

  it('never changes it, whatever happens to the attempts', async () => {
    const step = fc.constantFrom<() => Step>(
      reset,
      refusedPort,
      () => json(503),
      () => json(429),
      () => json(409),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const { fetch, keys } = playFetch(...([...steps.map((make) => make()), json(201)] as [Step]))
        const send = createIdempotentFetch({ fetch, clock: fakeClock(), retry: { maxAttempts: 20 } })
        await send(url, { method: 'POST' }).catch(() => undefined)
        expect(new Set(keys()).size).toBe(1)
      }),
      { numRuns: 50 },
    )
  })
})
