// 200 writes in the queue of each library, in a page of Chromium that is loaded anew at random moments while it sends them: how
// many does the server execute twice, how many never? Every seventh answer is lost after the server has executed the write.
// With `busy`, the first request for every fifth order is answered with 503 and not executed.
//
// Run after a build: npm ci --prefix tests/journal/others && node tests/journal/others/run.mjs
import { build } from 'esbuild'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { visit } from '../../package/chromium.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../../..', import.meta.url))
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium'
const reloads = Number(process.env.RELOADS ?? 60)
const patienceMs = 300_000
/** Numbers as orders have them. */
const orders = Array.from({ length: 200 }, (_, index) => 301 + index)

const { outputFiles } = await build({
  entryPoints: [`${here}page.mjs`],
  bundle: true,
  platform: 'browser',
  format: 'esm',
  target: 'es2022',
  define: { 'process.env.NODE_ENV': '"production"' },
  alias: {
    'fetch-idempotency': `${root}dist/index.js`,
    'fetch-idempotency/journal': `${root}dist/journal/index.js`,
    'fetch-idempotency/journal/indexeddb': `${root}dist/journal/indexeddb.js`,
  },
  write: false,
  logLevel: 'error',
})
const script = outputFiles[0].text

/** Random numbers that are the same in each run. */
function createRandom(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

async function measure(of, hasKeys, isBusy) {
  const random = createRandom(17)
  const executed = new Map(orders.map((order) => [String(order), 0]))
  const [keys, asked] = [new Set(), new Set()]
  let requests = 0
  let loads = 0
  let tell
  const result = new Promise((resolve) => (tell = resolve))
  const order = (key, body, response) => {
    requests += 1
    const isFirst = !asked.has(body)
    asked.add(body)
    if (isBusy && isFirst && Number(body) % 5 === 0) return response.writeHead(503).end()
    if (key === undefined || !keys.has(key)) executed.set(body, executed.get(body) + 1)
    if (key !== undefined) keys.add(key)
    if (requests % 7 === 0) return response.destroy()
    return response.writeHead(201, { 'content-type': 'application/json' }).end('{}')
  }
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray().catch(() => [])
    const body = Buffer.concat(chunks).toString()
    const pathname = request.url.split('?')[0]
    if (pathname === '/')
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>')
    else if (pathname === '/page.js')
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else if (pathname === '/orders') response.end(JSON.stringify(orders))
    else if (pathname === '/loaded') {
      loads += 1
      response.end(String(loads <= reloads ? Math.ceil(5 + random() * 60) : 0))
    } else if (pathname === '/through') {
      response.end()
      tell(JSON.parse(body))
    } else order(request.headers['idempotency-key'], body, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `http://127.0.0.1:${server.address().port}/?of=${of}&keys=${hasKeys}`
  const { error } = await visit(chromium, address, result, [], patienceMs)
  server.closeAllConnections()
  server.close()
  if (error !== undefined) throw new Error(`${of}: ${error}`)
  const times = [...executed.values()]
  return {
    library: `${of}${hasKeys ? '' : ', no keys'}`,
    busy: isBusy,
    loads,
    requests,
    twice: times.filter((count) => count > 1).length,
    never: times.filter((count) => count === 0).length,
  }
}

const only = process.argv[2]
const rows = []
for (const isBusy of [false, true])
  for (const [of, hasKeys] of [
    ['workbox', false],
    ['workbox', true],
    ['tanstack', false],
    ['tanstack', true],
    ['journal', true],
  ])
    if (only === undefined || only === of) rows.push(await measure(of, hasKeys, isBusy))
console.table(rows)
