import { describe, expect, it } from 'vitest'
import { createIdempotentFetch } from 'fetch-idempotency'
import { json, playFetch, reset, thrown, url } from './fakes.js'

const never = { writes: 'never' } as const
const from = <T extends object>(base: T): T => Object.create(base) as T

/** `fetch` reads inherited members of its init, so an option that stands on a prototype must not be lost in silence. */
describe('an option that is inherited', () => {
  it.each<[string, object | undefined, object]>([
    ['of the wrapper', from(never), {}],
    ['of the call', undefined, { idempotency: from(never) }],
    ['of the init', undefined, from({ method: 'POST', body: '{}', idempotency: never })],
    [
      'of a class, by a getter',
      undefined,
      {
        idempotency: new (class {
          get writes() {
            return 'never'
          }
        })(),
      },
    ],
  ])('counts: %s', async (_, options, init) => {
    const { fetch, sent } = playFetch(reset(), json(201))
    const send = createIdempotentFetch(Object.assign(from(options ?? {}), { fetch }))
    await thrown(
      send(url, Object.getPrototypeOf(init) === Object.prototype ? { method: 'POST', ...init } : init),
    )
    expect(sent).toHaveLength(1)
  })

  it('is the key that the call was given', async () => {
    const { fetch, sent } = playFetch(json(201))
    await createIdempotentFetch({ fetch })(url, from({ method: 'POST', idempotencyKey: 'k' }))
    expect(sent[0]?.key).toBe('k')
  })

  it('is refused where the call has no such option, or another type for it', async () => {
    const { fetch, sent } = playFetch(json(201))
    const send = createIdempotentFetch({ fetch })
    for (const idempotency of [from({ retries: 1 }), from({ writes: 'sometimes' })] as object[])
      expect(await thrown(send(url, { method: 'POST', idempotency }))).toBeInstanceOf(TypeError)
    expect(sent).toHaveLength(0)
  })

  it('does not take away an option of the wrapper that it leaves out', async () => {
    const { fetch } = playFetch(reset())
    const kept = Response.json({ id: 3 })
    const send = createIdempotentFetch({ fetch, reconcile: () => kept })
    const idempotency = { ...never, resolve: () => undefined }
    expect(await send(url, { method: 'POST', idempotency })).toBe(kept)
  })
})
