import { afterEach, describe, expect, it, vi } from 'vitest'
import type { CapturedRequest } from '../../src/transport/capture-request.js'
import { allowResend, canBeResentBelow, sendOnceInit } from '../../src/transport/layer-below.js'

afterEach(() => void vi.unstubAllGlobals())

const stub = async () => new Response()
const write: CapturedRequest = {
  method: 'POST',
  url: 'http://a.test',
  headers: {},
  body: '{}',
  remake: undefined,
  rest: {},
  base: undefined,
  signal: undefined,
}
const withInit = (rest: object, method = 'POST'): CapturedRequest => ({ ...write, method, rest })

class Agent {
  dispatch() {
    return true
  }
}
class RetryAgent extends Agent {}
/** As `agent.compose(interceptors)` gives it: the same class, and a `dispatch` of its own. */
const composed = Object.assign(new Agent(), { dispatch: () => true })

describe('canBeResentBelow', () => {
  it.each<[string, CapturedRequest, boolean]>([
    ['a write by a fetch of which nothing is known', write, false],
    ['a write by a dispatcher that sends once', withInit({ dispatcher: new Agent() }), false],
    ['a write by a dispatcher that retries', withInit({ dispatcher: new RetryAgent() }), true],
    ['a write by a dispatcher that was composed', withInit({ dispatcher: composed }), true],
    ['a write with retryOptions', withInit({ retryOptions: {} }), true],
    ['a read by a dispatcher that retries', withInit({ dispatcher: new RetryAgent() }, 'GET'), false],
  ])('%s', (_, request, expected) => {
    expect(canBeResentBelow(stub, request)).toBe(expected)
  })

  it.each<[string, object, boolean]>([
    ['Chrome', { userAgent: 'Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36' }, true],
    ['Chrome on iOS', { userAgent: 'Mozilla/5.0 (iPhone) CriOS/140.0 Mobile Safari/604.1' }, true],
    ['Firefox', { userAgent: 'Mozilla/5.0 (X11; rv:140.0) Gecko/20100101 Firefox/140.0' }, false],
    ['a page with a service worker', { userAgent: 'Firefox', serviceWorker: { controller: {} } }, true],
    ['Node', { userAgent: 'Node.js/24' }, false],
  ])('a write in %s', (_, navigator, expected) => {
    vi.stubGlobal('navigator', navigator)
    expect(canBeResentBelow(stub, write)).toBe(expected)
  })

  it('a write by the fetch of Node, with a dispatcher of the process that retries', () => {
    const symbol = Symbol.for('undici.globalDispatcher.1')
    const holder = globalThis as Record<symbol, unknown>
    const before = holder[symbol]
    // The first use of Node's fetch makes its own.
    Object.defineProperty(holder, symbol, { value: new RetryAgent(), configurable: true, writable: true })
    try {
      expect(canBeResentBelow(fetch, write)).toBe(true)
      expect(canBeResentBelow(stub, write)).toBe(false)
      expect(canBeResentBelow(fetch, withInit({ dispatcher: new Agent() }))).toBe(false)
    } finally {
      Object.defineProperty(holder, symbol, { value: before, configurable: true, writable: true })
    }
  })
})

describe('Deno', () => {
  const client = {}
  const Deno = { createHttpClient: vi.fn(() => client) }

  it('sends a write once by a client without idle connections, made once', () => {
    vi.stubGlobal('Deno', Deno)
    expect([sendOnceInit(write), sendOnceInit(write)]).toEqual([{ client }, { client }])
    expect(Deno.createHttpClient.mock.calls).toEqual([[{ poolMaxIdlePerHost: 0 }]])
    expect(canBeResentBelow(stub, write)).toBe(false)
  })

  it('may resend a read, what carries a key, and what has a client of its own', () => {
    vi.stubGlobal('Deno', Deno)
    for (const request of [withInit({}, 'GET'), allowResend(write), withInit({ client: {} })])
      expect(sendOnceInit(request)).toBeUndefined()
  })

  it('of a version without such clients may resend any write', () => {
    vi.stubGlobal('Deno', {})
    expect(sendOnceInit(write)).toBeUndefined()
    expect(canBeResentBelow(stub, write)).toBe(true)
  })
})

describe('elsewhere', () => {
  it('nothing is added to a request', () => {
    expect([sendOnceInit(write), allowResend(write) === write]).toEqual([undefined, true])
  })
})
