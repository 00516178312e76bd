import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { fakeClock, json, playFetch, reset, thrown, url } from '../fetch/fakes.js'
import { listen } from './loopback.js'

const post = { method: 'POST', body: '{}' }

/** What fetches say where a test environment has put another `AbortController` in place of the runtime's. */
const refusals = [
  'RequestInit: Expected signal ("AbortSignal {}") to be an instance of AbortSignal.',
  "Failed to construct 'Request': member signal is not of type AbortSignal.",
  'Expected signal to be an instanceof AbortSignal',
  "Failed to execute 'fetch' on 'Window': Failed to read the 'signal' property from 'RequestInit': Failed to convert value to 'AbortSignal'.",
]

const { Request } = globalThis

/** The runtime of such an environment. */
function refuseSignals(message: string): void {
  vi.stubGlobal(
    'Request',
    class extends Request {
      constructor(input: string | URL | Request, init?: RequestInit) {
        if (init?.signal) throw new TypeError(message)
        super(input, init)
      }
    },
  )
}

afterEach(() => vi.unstubAllGlobals())

describe('a fetch that does not know the class of our signal', () => {
  const picky = (message: string, next: typeof globalThis.fetch): typeof globalThis.fetch => {
    return async (input, init) => {
      if (init?.signal) throw new TypeError(message)
      return next(input, init)
    }
  }

  it.each(refusals)('gets none, and the call is bounded by its limits all the same: %s', async (message) => {
    refuseSignals(message)
    const { fetch, sent } = playFetch(reset(), json(201))
    const send = createIdempotentFetch({ fetch: picky(message, fetch), clock: fakeClock() })
    const response = await send(url, post)
    expect(idempotencyOf(response)).toMatchObject({ outcome: 'applied', attempts: 2 })
    expect(sent).toHaveLength(2)
    const slow = createIdempotentFetch({
      fetch: picky(message, () => new Promise(() => undefined)),
      retry: { maxAttempts: 1, attemptTimeoutMs: 5 },
    })
    expect(idempotencyOf(await thrown(slow(url, post)))?.outcome).toBe('unknown')
    const controller = new AbortController()
    const aborted = slow(url, { ...post, signal: controller.signal })
    controller.abort(new Error('mine'))
    expect(await thrown(aborted)).toMatchObject({ message: 'mine' })
  })

  it('is not asked again where the error has a cause, as that of a lost connection', async () => {
    refuseSignals('no signal')
    let asked = 0
    const fetch = async () => {
      asked += 1
      throw new TypeError('signal AbortSignal', { cause: new Error('read ECONNRESET') })
    }
    await thrown(createIdempotentFetch({ fetch, writes: 'never', clock: fakeClock() })(url, post))
    expect(asked).toBe(1)
  })
})

describe('a fetch that says so after it has sent', () => {
  let base = ''
  let made = 0
  beforeAll(async () => {
    const server = await listen((request, response) => {
      request.resume().on('end', () => {
        made += 1
        response.end('{}')
      })
    })
    base = server.base
  })

  it.each(refusals)('sends a write once: %s', async (message) => {
    const fetch: typeof globalThis.fetch = async (input, { signal: _, ...init } = {}) => {
      await globalThis.fetch(input, init)
      throw new TypeError(message)
    }
    for (const options of [{ writes: 'never' }, { methods: [] }] as const) {
      made = 0
      const send = createIdempotentFetch({ fetch, clock: fakeClock(), ...options })
      expect(idempotencyOf(await thrown(send(base, post)))?.outcome).toBe('unknown')
      expect(made).toBe(1)
    }
  })
})
