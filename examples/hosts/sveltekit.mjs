import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startOrders } from './orders.mjs'

// An action of a built SvelteKit app creates each order. The app runs in this process, as an adapter runs it.
const { url, measure } = await startOrders()
const folder = fileURLToPath(new URL('.', import.meta.url))
const app = `${folder}.cache/sveltekit`
rmSync(app, { recursive: true, force: true })
cpSync(`${folder}sveltekit`, app, { recursive: true })
const vite = `${folder}node_modules/vite/bin/vite.js`
const build = spawnSync(process.execPath, [vite, 'build'], { cwd: app, encoding: 'utf8' })
if (build.status !== 0) throw new Error(build.stdout + build.stderr)

const { Server } = await import(`${app}/.svelte-kit/output/server/index.js`)
const { manifest } = await import(`${app}/.svelte-kit/output/server/manifest-full.js`)
const server = new Server(manifest)
await server.init({ env: { ORDERS_URL: url } })

await measure('@sveltejs/kit', async (order) => {
  const headers = { accept: 'application/json', origin: 'http://localhost' }
  const body = new URLSearchParams({ order: order.id })
  const request = new Request('http://localhost/orders', { method: 'POST', headers, body })
  const response = await server.respond(request, { getClientAddress: () => '127.0.0.1' })
  const { type, data } = await response.json()
  const [places, ...values] = JSON.parse(data) // each field is the place of its value
  const [id, outcome] = ['id', 'outcome'].map((field) => values[places[field] - 1])
  return type === 'success' ? { id, facts: { outcome } } : { error: 'failed', facts: outcome && { outcome } }
})
