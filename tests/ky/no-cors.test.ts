import { idempotencyOf } from 'fetch-idempotency/ky'
import { describe, expect, it } from 'vitest'
import { majors, open, stub, url } from './harness.js'

describe.each(majors)('%s: a write of mode no-cors, from which the key header is dropped', (_, ky) => {
  const lost = () => Promise.reject(new TypeError('fetch failed'))

  it('is not sent again after a lost answer', async () => {
    const server = stub(lost)
    const error: unknown = await open(ky, server)
      .post(url, { mode: 'no-cors' })
      .catch((thrown: unknown) => thrown)
    expect(idempotencyOf(error)).toMatchObject({ key: undefined, attempts: 1, outcome: 'unknown' })
    expect(server.sent).toHaveLength(1)
  })

  it('is refused before it is sent when the caller gives a key', async () => {
    const server = stub(lost)
    const sending = open(ky, server).post(url, { mode: 'no-cors', context: { idempotencyKey: 'k' } })
    await expect(sending).rejects.toMatchObject({ name: 'KeyInvalidError' })
    expect(server.sent).toHaveLength(0)
  })
})
