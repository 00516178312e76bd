import { afterEach, describe, expect, it, vi } from 'vitest'
import { isKnownFetch, isUndici } from '../../src/transport/known-fetch.js'

afterEach(() => void vi.unstubAllGlobals())

const own = async () => new Response()
const wrapped: typeof fetch = (input, init) => fetch(input, init)
const native = Object.assign(Math.max as unknown as typeof fetch, { preconnect: () => undefined })

describe('which fetch is known by its source', () => {
  it.each<[string, typeof fetch, boolean]>([
    ['that of Node', globalThis.fetch, true],
    ['one of the user', own, false],
    ['one around that of Node', wrapped, false],
    ['that of Node, bound', globalThis.fetch.bind(globalThis), false],
  ])('%s', (_, fetch, expected) => {
    expect([isUndici(fetch), isKnownFetch(fetch)]).toEqual([expected, expected])
  })

  it('in Bun, the native one with preconnect', () => {
    vi.stubGlobal('Bun', {})
    expect([isKnownFetch(native), isUndici(native)]).toEqual([true, false])
    expect([isKnownFetch(own), isKnownFetch(globalThis.fetch)]).toEqual([false, false])
  })
})
