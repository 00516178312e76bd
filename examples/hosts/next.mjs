import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import next from 'next'
import { startOrders } from './orders.mjs'

// A route handler and a server action of a built Next app create the orders in turn. The app runs in this process.
const { url, measure } = await startOrders()
process.env.ORDERS_URL = url
process.env.NEXT_TELEMETRY_DISABLED = '1'
const folder = fileURLToPath(new URL('.', import.meta.url))
const dir = `${folder}.cache/next`
rmSync(dir, { recursive: true, force: true })
cpSync(`${folder}next`, dir, { recursive: true })
const build = spawnSync(process.execPath, [`${folder}node_modules/next/dist/bin/next`, 'build'], {
  cwd: dir,
  encoding: 'utf8',
})
if (build.status !== 0) throw new Error(build.stdout + build.stderr)

const app = next({ dev: false, dir })
await app.prepare()
const handle = app.getRequestHandler()
const server = createServer((request, response) => void handle(request, response))
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
const origin = `http://127.0.0.1:${port}`

/** The hidden field by which the page's form names its action. */
const [, action = ''] = /name="(\$ACTION_[^"]+)"/.exec(await (await fetch(origin)).text()) ?? []

async function throughAction(order) {
  const body = new FormData()
  body.set(action, '')
  body.set('order', order)
  const response = await fetch(origin, { method: 'POST', body, redirect: 'manual', headers: { origin } })
  return Object.fromEntries(new URL(response.headers.get('location') ?? '', origin).searchParams)
}

async function throughRoute(order) {
  const response = await fetch(`${origin}/orders`, { method: 'POST', body: new URLSearchParams({ order }) })
  return response.json()
}

let calls = 0
await measure('next', async (order) => {
  calls += 1
  const { id, outcome, failed } = await (calls % 2 ? throughAction : throughRoute)(order.id)
  return failed ? { error: 'failed', facts: outcome && { outcome } } : { id, facts: { outcome } }
})
await app.close()
server.closeAllConnections()
server.close()
