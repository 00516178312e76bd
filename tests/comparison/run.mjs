// @ts-check
/**
 * 100 writes through each client, to a server that keeps keys and loses one answer in two: reset, cut in its body, behind a
 * gateway that gave up, or refused. Counted at the server: how often each write was done. And what the caller was told.
 *
 *     npm run compare            the table
 *     npm run compare -- --check exits 1 when our own rows are not perfect, or the README tells another number
 */
import { readFileSync } from 'node:fs'
import axios from 'axios'
import axiosRetry from 'axios-retry'
import got from 'got'
import { idempotentFetch } from 'idempotent-fetch'
import ky from 'ky'
import { ofetch } from 'ofetch'
import pRetry from 'p-retry'
import { createIdempotentFetch } from '../../dist/index.js'
import { idempotency } from '../../dist/ky/index.js'
import { startLossyServer } from '../../examples/lossy-server.mjs'

/** @typedef {{ url: string, headers: Record<string, string>, body: string }} Write */

const writes = 100
/** @type {readonly import('../../examples/faults.mjs').Fault[]} */
const faults = ['commit-reset', 'commit-cut', 'commit-502', 'fail-503', 'reset-before']

/** @param {Response} response */
const readOk = async (response) => {
  if (!response.ok) throw new Error(`status ${response.status}`)
  return response.json()
}

/** @param {Write} write */
const byFetch = ({ url, headers, body }) => fetch(url, { method: 'POST', headers, body }).then(readOk)

const quick = { limit: 3, delay: () => 5 }
const ours = createIdempotentFetch()
const oursInKy = ky.extend(idempotency())
const axiosWithRetries = axios.create()
axiosRetry(axiosWithRetries, { retries: 3, retryDelay: () => 5 })
const axiosThatRetriesAll = axios.create()
axiosRetry(axiosThatRetriesAll, { retries: 3, retryDelay: () => 5, retryCondition: () => true })

/** The rows of the README that several clients share. */
const defaults = '`fetch`, ky, got or ofetch, with the defaults'
const loops = '`fetch` in a loop, p-retry, got for POST'
const posts = 'ky or ofetch, retries for POST'

/** `readme`: the row of the README's table. @type {readonly { name: string, readme?: string, send: (write: Write) => Promise<unknown> }[]} */
const clients = [
  { name: '`fetch`', readme: defaults, send: byFetch },
  {
    name: '`fetch` in a loop of 4',
    readme: loops,
    send: async (write) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await byFetch(write)
        } catch (error) {
          if (attempt === 4) throw error
        }
      }
    },
  },
  {
    name: 'p-retry around `fetch`',
    readme: loops,
    send: (write) => pRetry(() => byFetch(write), { retries: 3, minTimeout: 5, shouldRetry: () => true }),
  },
  { name: 'ky', readme: defaults, send: ({ url, headers, body }) => ky.post(url, { headers, body }).json() },
  {
    name: "ky, `methods: ['post']`",
    readme: posts,
    send: ({ url, headers, body }) =>
      ky.post(url, { headers, body, retry: { ...quick, methods: ['post'] } }).json(),
  },
  {
    name: 'got',
    readme: defaults,
    send: ({ url, headers, body }) => got.post(url, { headers, body }).json(),
  },
  {
    name: "got, `methods: ['POST']`",
    readme: loops,
    send: ({ url, headers, body }) =>
      got
        .post(url, { headers, body, retry: { limit: 3, methods: ['POST'], calculateDelay: retryOnce } })
        .json(),
  },
  {
    name: 'ofetch',
    readme: defaults,
    send: ({ url, headers, body }) => ofetch(url, { method: 'POST', headers, body }),
  },
  {
    name: 'ofetch, `retry: 3`',
    readme: posts,
    send: ({ url, headers, body }) => ofetch(url, { method: 'POST', headers, body, retry: 3, retryDelay: 5 }),
  },
  {
    name: 'axios-retry',
    readme: 'axios-retry, with the defaults',
    send: ({ url, headers, body }) => axiosWithRetries.post(url, body, { headers }),
  },
  {
    name: 'axios-retry, all errors',
    send: ({ url, headers, body }) => axiosThatRetriesAll.post(url, body, { headers }),
  },
  {
    name: 'idempotent-fetch',
    readme: 'idempotent-fetch',
    send: async ({ url, headers, body }) => {
      const init = { method: 'POST', headers, body, idempotency: { networkRetryDelayMs: 5 } }
      return readOk((await idempotentFetch(url, init)).response)
    },
  },
  {
    name: '**fetch-idempotency**',
    readme: '**`createIdempotentFetch()`**',
    send: async ({ url, headers, body }) => readOk(await ours(url, { method: 'POST', headers, body })),
  },
  {
    name: '**ky + `idempotency()`**',
    readme: '**ky + `idempotency()`**',
    send: ({ url, headers, body }) => oursInKy.post(url, { headers, body }).json(),
  },
]

/** @param {{ computedValue: number }} computed */
function retryOnce({ computedValue }) {
  return computedValue === 0 ? 0 : 5
}

/** @param {(typeof clients)[number]} client */
async function measure({ name, readme, send }) {
  const server = await startLossyServer({
    script: (operation) => {
      const number = Number(operation)
      return number % 2 === 0 ? [] : [faults[((number - 1) / 2) % faults.length] ?? 'pass']
    },
  })
  const row = { name, readme, once: 0, twice: 0, never: 0, done: 0, falselyFailed: 0, unknown: 0 }
  for (let number = 0; number < writes; number += 1) {
    const headers = { 'content-type': 'application/json', 'x-operation': String(number) }
    const body = JSON.stringify({ items: [number] })
    const told = await send({ url: `${server.url}/batches`, headers, body }).then(
      () => 'done',
      (/** @type {{ outcome?: string }} */ error) => (error.outcome === 'unknown' ? 'unknown' : 'failed'),
    )
    const { effects } = server.recordOf(String(number))
    if (effects === 0) row.never += 1
    else if (effects === 1) row.once += 1
    else row.twice += 1
    if (told === 'done') row.done += 1
    else if (told === 'unknown') row.unknown += 1
    else if (effects > 0) row.falselyFailed += 1
  }
  await server.close()
  return row
}

const rows = []
for (const client of clients) rows.push(await measure(client))

console.log('| client | done once | twice or more | never | told "done" | told "failed", but done |')
console.log('| --- | --: | --: | --: | --: | --: |')
for (const { name, once, twice, never, done, falselyFailed } of rows)
  console.log(`| ${[name, once, twice, never, done, falselyFailed].join(' | ')} |`)

const isPerfect = rows.slice(-2).every(({ once, done }) => once === writes && done === writes)
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').replaceAll('**', '')
const [, table = ''] = readme.split('## How it compares')
const measured = rows.flatMap(({ readme: label, once, twice, never, falselyFailed }) =>
  label === undefined
    ? []
    : [`| ${[label.replaceAll('**', ''), once, twice, never, falselyFailed].join(' | ')} |`],
)
const told = table.split('\n').filter((line) => /\| \d+ \|/.test(line))
const differing = [
  ...measured.filter((row) => !told.includes(row)).map((row) => `measured, not in README.md: ${row}`),
  ...told.filter((row) => !measured.includes(row)).map((row) => `in README.md, not measured: ${row}`),
]
for (const line of differing) console.error(line)
if (process.argv.includes('--check') && (!isPerfect || differing.length > 0)) process.exitCode = 1
