// @ts-check
/**
 * What a call of the qURL client costs over a stub, beside ky with a key by hand and ky with `idempotency()`: the difference is
 * the client's own. And 10,000 pages of `listAll`.
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

/** A list of so many pages. @param {number} count @returns {typeof globalThis.fetch} */
function pagesOf(count) {
  let page = 0
  return async () => {
    page += 1
    const meta = {
      request_id: 'req_1',
      has_more: page < count,
      ...(page < count && { next_cursor: String(page) }),
    }
    return new Response(JSON.stringify({ data: [made], meta }), { status: 200, headers })
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
const start = process.hrtime.bigint()
let rows = 0
for await (const _ of lister.listAll()) rows += 1
console.log(`listAll: ${rows} pages in ${Number(process.hrtime.bigint() - start) / 1e6} ms`)
