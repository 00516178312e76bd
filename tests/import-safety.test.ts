import { afterEach, describe, expect, it, vi } from 'vitest'

const missing = [
  'Response,Request,Headers,fetch,FormData,Blob,ReadableStream,TextDecoder,TextEncoder,AbortController,AbortSignal',
  'URLSearchParams,WeakRef,FinalizationRegistry,crypto,DOMException,EventTarget',
]
  .join(',')
  .split(',')

/** Jest's jsdom environment and React Native lack some of these; a polyfill may come after the import. */
describe('where the globals of the web are missing', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  // Not `./ky`: ky itself needs a TextEncoder when it is imported.
  it.each(['../src/index.js', '../src/contract/index.js'])('the import of %s works', async (entry) => {
    vi.resetModules()
    for (const name of missing) vi.stubGlobal(name, undefined)
    const imported: unknown = await import(entry)
    vi.unstubAllGlobals()
    expect(Object.keys(imported as object)).not.toEqual([])
  })

  it('a call works once they are there', async () => {
    vi.resetModules()
    for (const name of missing) vi.stubGlobal(name, undefined)
    const { createIdempotentFetch } = await import('../src/index.js')
    vi.unstubAllGlobals()
    const send = createIdempotentFetch({ fetch: async () => Response.json({ id: 1 }) })
    expect(await (await send('https://api.test/', { method: 'POST', body: '{}' })).json()).toEqual({ id: 1 })
  })
})
