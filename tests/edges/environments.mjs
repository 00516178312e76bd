import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext, runInNewContext } from 'node:vm'

const require = createRequire(import.meta.url)

/** Puts the classes of a window in place of those of Node, as test environments do. */
function takeClasses(window, names) {
  for (const name of names)
    if (window[name] !== undefined)
      Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true })
}

const windowClasses = ['FormData', 'Blob', 'File', 'Event', 'EventTarget', 'FileReader', 'DOMException']

/** What surrounds the wrapper before it is imported. Each gives a fetch of its own, or the global one. */
export const environments = {
  async node() {
    return undefined
  },
  async 'zone.js'() {
    require('zone.js/node')
  },
  async bluebird() {
    globalThis.Promise = require('bluebird')
  },
  async 'another realm'() {
    globalThis.Promise = runInNewContext('Promise')
    globalThis.Uint8Array = runInNewContext('Uint8Array')
  },
  async jsdom() {
    const { JSDOM } = await import('jsdom')
    takeClasses(new JSDOM('', { url: 'http://localhost/' }).window, windowClasses)
  },
  /** As a test environment that takes over all that the window has. */
  async 'jsdom, its signals and headers too'() {
    const { JSDOM } = await import('jsdom')
    const more = ['AbortController', 'AbortSignal', 'Headers', 'URL', 'URLSearchParams']
    takeClasses(new JSDOM('', { url: 'http://localhost/' }).window, [...windowClasses, ...more])
    // undici takes no signal of jsdom; what stands between such a test and the network takes none off.
    const own = globalThis.fetch
    return (url, init = {}) =>
      own(url, init.signal instanceof AbortSignal ? { ...init, signal: undefined } : init)
  },
  /** Node 24 looks at the class of a signal, and knows the one that was there when its fetch was first used. */
  async 'jsdom, its controllers, after the first fetch'(url) {
    await (await fetch(url)).text()
    const { JSDOM } = await import('jsdom')
    takeClasses(new JSDOM('', { url: 'http://localhost/' }).window, [
      'AbortController',
      'AbortSignal',
      'Event',
    ])
  },
  async 'jsdom, whatwg-fetch'(url) {
    const { JSDOM, VirtualConsole } = await import('jsdom')
    const { window } = new JSDOM('', { url, virtualConsole: new VirtualConsole() })
    takeClasses(window, [...windowClasses, 'XMLHttpRequest', 'DOMException'])
    globalThis.self = globalThis
    const { fetch, Headers, Request, Response } = await import('whatwg-fetch')
    Object.assign(globalThis, { Headers, Request, Response })
    return fetch
  },
  async 'a context of its own'() {
    // The classes of JavaScript of another realm, as in Jest; those of the web are the outer ones.
    for (const name of [
      'Promise',
      'Uint8Array',
      'ArrayBuffer',
      'Array',
      'Map',
      'Error',
      'TypeError',
      'Object',
    ])
      globalThis[name] = runInNewContext(name)
  },
  async 'a whole context'() {
    return undefined
  },
  async Remix() {
    require('@remix-run/node').installGlobals()
  },
  async 'edge-runtime'() {
    const { fetch, ...primitives } = require('@edge-runtime/primitives')
    takeClasses(
      primitives,
      'Headers,Request,Response,FormData,Blob,File,ReadableStream,AbortController,AbortSignal'.split(','),
    )
    return fetch
  },
  async 'happy-dom'() {
    const { Window } = await import('happy-dom')
    takeClasses(new Window({ url: 'http://localhost/' }), windowClasses)
  },
  async 'undici 6'() {
    return require('undici6').fetch
  },
  async 'undici 7'() {
    return require('undici7').fetch
  },
  async 'undici 7, install()'() {
    require('undici7').install()
  },
  async 'undici 8'() {
    return require('undici8').fetch
  },
  async 'node-fetch 2'() {
    return require('node-fetch2')
  },
  async 'node-fetch 3'() {
    return (await import('node-fetch')).default
  },
  async 'cross-fetch'() {
    return require('cross-fetch').fetch
  },
}

/** Where the package itself is loaded in another way than by an import. */
export const loaders = {
  /** All that JavaScript has is of another realm; what the web has is handed in, as by a plugin host. */
  async 'a whole context'() {
    const { build } = await import('esbuild')
    const built = await build({
      entryPoints: [fileURLToPath(new URL('../../dist/index.js', import.meta.url))],
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'own',
      logLevel: 'error',
    })
    const names =
      'fetch,Request,Response,Headers,FormData,Blob,File,ReadableStream,AbortController,AbortSignal,URL,URLSearchParams,TextEncoder,TextDecoder,DOMException,crypto,process,performance,setTimeout,clearTimeout,structuredClone'
    const context = createContext(
      Object.fromEntries(names.split(',').map((member) => [member, globalThis[member]])),
    )
    runInContext(`${built.outputFiles[0].text};globalThis.own = own`, context)
    return context.own
  },
}
