import { describe, expect, it, vi } from 'vitest'
import { createSignalReader } from '../../src/ky/user-signal.js'
import { caught, hang, majors, open, stub, url } from './harness.js'

describe('createSignalReader', () => {
  const { signal } = new AbortController()

  it('tells a signal that follows another from one that ky alone could abort', () => {
    const mayAbort = createSignalReader()
    expect(mayAbort(AbortSignal.any([signal, new AbortController().signal]))).toBe(true)
    expect(mayAbort(signal)).toBe(false)
    expect([mayAbort(undefined), mayAbort(null)]).toEqual([true, true])
  })

  it('takes every signal for one that may abort, where the runtime does not tell', () => {
    vi.spyOn(Object, 'getOwnPropertySymbols').mockReturnValueOnce([])
    expect(createSignalReader()(signal)).toBe(true)
    vi.restoreAllMocks()
  })
})

describe.each(majors)('a signal of the user’s, in %s', (_, ky) => {
  const reason = new Error('mine')

  it.each([
    ['given with the call', (signal: AbortSignal) => [url, { signal }] as const],
    [
      'of the request that is the input',
      (signal: AbortSignal) => [new Request(url, { signal }), {}] as const,
    ],
  ])('%s ends a write whose fetch does not heed it', async (__, make) => {
    const controller = new AbortController()
    const server = stub(() => new Promise<never>(() => undefined))
    const [input, options] = make(controller.signal)
    const sending = caught(open(ky, server).post(input, options))
    await vi.waitFor(() => expect(server.sent).toHaveLength(1))
    controller.abort(reason)
    expect(await sending).toBe(reason)
  })

  it('of a request that a hook gives ends a write', async () => {
    const controller = new AbortController()
    const server = stub(hang)
    const replace = () => new Request(url, { method: 'POST', body: 'other', signal: controller.signal })
    const hooks = { beforeRequest: [replace] }
    const sending = caught(open(ky, server).extend({ hooks }).post(url))
    await vi.waitFor(() => expect(server.sent).toHaveLength(1))
    controller.abort(reason)
    expect(await sending).toBe(reason)
  })
})
