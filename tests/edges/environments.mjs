import { createRequire } from 'node:module'
import { runInNewContext } from 'node:vm'

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
