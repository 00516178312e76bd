// @ts-check
/**
 * What a call of the qURL client costs over a stub, beside what the official client does by hand (one time limit per attempt, a body
 * that is read up to a limit and decoded strictly, a redirect that is refused), ky with a key by hand and ky with `idempotency()`.
 * And 10,000 pages of `listAll`, beside a loop by hand.
 *
 *     npx tsup --no-dts --silent && node tests/bench/qurl.mjs
 */
import ky from 'ky'
import { idempotency } from 'fetch-idempotency/ky'
import { QURLClient } from 'fetch-idempotency/qurl'
import { measure, median } from './measure.mjs'

const baseUrl = 'https://api.layerv.ai'
const input = { target_url: 'https://example.com/report' }
const made = {
  qurl_id: 'q_1',
  resource_id: 'r_1',
  qurl_link: 'https://qurl.link/#at_1',
  qurl_site: 'https://r.qurl.site',
}
const answer = JSON.stringify({ data: made, meta: { request_id: 'req_1' } })
const headers = { 'content-type': 'application/json' }

/** @type {typeof globalThis.fetch} */
const fetch = async () => new Response(answer, { status: 201, headers })

const rows = Array.from({ length: 20 }, () => made)

/** A list of so many pages of 20 rows. @param {number} count @returns {typeof globalThis.fetch} */
function pagesOf(count) {
  let page = 0
  return async () => {
    page += 1
    const meta = {
      request_id: 'req_1',
      has_more: page < count,
      ...(page < count && { next_cursor: String(page) }),
    }
    return new Response(JSON.stringify({ data: rows, meta }), { status: 200, headers })
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true })
const maxBytes = 1_048_576

/** What the official client does for one call. @param {string} method @param {string} url @param {object} [body] @param {typeof globalThis.fetch} [send] */
async function byHand(method, url, body, send = fetch) {
  const response = await send(url, {
    method,
    headers: {
      authorization: 'Bearer x',
      accept: 'application/json',
      ...(body && { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
    redirect: 'manual',
  })
  if (!response.ok || response.redirected) throw new Error(`HTTP ${response.status}`)
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader()
  const chunks = []
  let length = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.byteLength
    if (length > maxBytes) throw new Error('too long')
    chunks.push(part.value)
  }
  return JSON.parse(decoder.decode(Buffer.concat(chunks, length)))
}

/** @param {typeof globalThis.fetch} send */
async function* listByHand(send) {
  for (let cursor = ''; ;) {
    const query = new URLSearchParams(cursor === '' ? {} : { cursor })
    const { data, meta } = await byHand('GET', `${baseUrl}/v1/qurls?${query}`, undefined, send)
    yield* data
    if (!meta.has_more) return
    cursor = meta.next_cursor
  }
}

const client = new QURLClient({ apiKey: 'lv_test_0123456789abcdefghijklmnop', fetch })
const plain = ky.create({ fetch })
const keyed = ky.create({ fetch }).extend(idempotency({ fetch }))
const ownHeaders = () => ({ authorization: 'Bearer x', 'idempotency-key': crypto.randomUUID() })

const contenders = [
  {
    name: 'fetch by hand',
    send: async () => {
      const init = { method: 'POST', headers: { ...headers, ...ownHeaders() }, body: JSON.stringify(input) }
      return JSON.parse(await (await fetch(`${baseUrl}/v1/qurls`, init)).text())
    },
  },
  {
    name: 'ky, key by hand',
    send: () => plain.post(`${baseUrl}/v1/qurls`, { json: input, headers: ownHeaders() }).json(),
  },
  { name: 'ky + idempotency()', send: () => keyed.post(`${baseUrl}/v1/qurls`, { json: input }).json() },
  { name: 'official, POST', send: () => byHand('POST', `${baseUrl}/v1/qurls`, input) },
  { name: 'official, GET', send: () => byHand('GET', `${baseUrl}/v1/quota`) },
  { name: 'client.create', send: () => client.create(input) },
  { name: 'client.getQuota', send: () => client.getQuota() },
]

const times = await measure(contenders, { rounds: 20, callsPerRound: 200, warmUpCalls: 1000 })
const base = median(times.get('fetch by hand') ?? [])
for (const [name, list] of times) {
  const us = median(list)
  console.log(`${name.padEnd(20)} ${us.toFixed(1).padStart(8)} µs  ${(us / base).toFixed(2)}`)
}

const pages = 10_000
const lister = new QURLClient({ apiKey: 'lv_test_0123456789abcdefghijklmnop', fetch: pagesOf(pages) })
for (const [name, rows] of /** @type {const} */ ([
  ['a loop by hand', listByHand(pagesOf(pages))],
  ['listAll', lister.listAll()],
])) {
  const start = process.hrtime.bigint()
  let count = 0
  for await (const _ of rows) count += 1
  console.log(`${name}: ${count} rows in ${Number(process.hrtime.bigint() - start) / 1e6} ms`)
}
