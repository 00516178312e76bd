import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { Request: Request2, Headers: Headers2 } = require('node-fetch2')
const { Request: Request3, Headers: Headers3 } = await import('node-fetch')
const undici6 = require('undici6')
const undici7 = require('undici7')
const { createIdempotentFetch, idempotencyOf } = await import('../../dist/index.js')

const post = { method: 'POST', body: '{"a":1}', headers: { 'x-a': '1' } }
const native = (more) => [globalThis.fetch, (url) => [new Request(url, post), more]]

/** A fetch, and what it is called with: a `Request`, headers or a signal of its own class. */
const inputs = {
  'a Request': native(),
  'a Request and an init': native({ headers: { 'x-b': '2' } }),
  'a Request of a subclass': [globalThis.fetch, (url) => [new (class Own extends Request {})(url, post)]],
  'a Request of undici 6': [undici6.fetch, (url) => [new undici6.Request(url, post)]],
  'a Request of undici 7': [
    undici7.fetch,
    (url) => [new undici7.Request(url, post), { headers: { 'x-b': '2' } }],
  ],
  'a Request of node-fetch 2': [require('node-fetch2'), (url) => [new Request2(url, post)]],
  'a Request of node-fetch 3': [(await import('node-fetch')).default, (url) => [new Request3(url, post)]],
  'a Request as init': [globalThis.fetch, (url) => [url, new Request('http://other.test/', post)]],
  'headers of node-fetch 2': [
    globalThis.fetch,
    (url) => [url, { ...post, headers: new Headers2({ 'x-a': '1' }) }],
  ],
  'headers of node-fetch 3': [
    globalThis.fetch,
    (url) => [url, { ...post, headers: new Headers3({ 'x-a': '1' }) }],
  ],
  'headers of undici 7': [
    globalThis.fetch,
    (url) => [url, { ...post, headers: new undici7.Headers({ 'x-a': '1' }) }],
  ],
  'headers in a Map': [globalThis.fetch, (url) => [url, { ...post, headers: new Map([['x-a', '1']]) }]],
}

const varying = new Set(['host', 'connection', 'idempotency-key', 'content-length', 'transfer-encoding'])
const told = ({ method, body, headers }) => ({
  method,
  body,
  headers: Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !varying.has(name))
      .toSorted(),
  ),
})

/** Each input, as the bare fetch of its host sends it, and twice under one key. */
export async function checkInputs(server, check) {
  for (const [kind, [fetch, make]] of Object.entries(inputs)) {
    const [bareUrl, bareInit] = make(server.url)
    await (await fetch(bareUrl, bareInit)).text()
    const [plain] = server.take()
    const send = createIdempotentFetch({ fetch, retry: { backoff: () => 1, maxAttempts: 3 } })
    const response = await send(...make(server.url)).catch((error) => error)
    const seen = server.take()
    check(`${kind}: one loss, one resend`, seen.length === 2, `${seen.length} requests: ${response.message}`)
    check(`${kind}: one key`, seen[0]?.key !== undefined && seen[0]?.key === seen[1]?.key, seen[1]?.key)
    for (const one of seen)
      check(
        `${kind}: as bare`,
        JSON.stringify(told(one)) === JSON.stringify(told(plain)),
        JSON.stringify(told(one)),
      )
    check(`${kind}: outcome`, idempotencyOf(response)?.outcome === 'applied', String(response))
  }
}
