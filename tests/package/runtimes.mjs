// Runs the round trip of `round-trip.mjs` with the built package in other runtimes against a loopback server.
// Usage: node tests/package/runtimes.mjs NAME=PATH …, with the names bun, deno, workerd.
import { build } from 'esbuild'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import assert from 'node:assert/strict'

const main = fileURLToPath(new URL('round-trip-main.mjs', import.meta.url))
const timeoutMs = 30_000

const runtimes = {
  node: (command, origin) => print(command, [main, origin]),
  bun: (command, origin) => print(command, ['run', main, origin]),
  deno: (command, origin) => print(command, ['run', '--quiet', '--allow-all', main, origin]),
  workerd: serveWorker,
}

const wanted = { status: 201, attempts: 2, replayed: true, outcome: 'applied' }
const asked = [`node=${process.execPath}`, ...process.argv.slice(2)].map((argument) => argument.split('='))
let passed = 0
for (const [name, command] of asked) {
  const server = await startServer()
  try {
    const results = JSON.parse(await runtimes[name](command, server.origin))
    assert.deepEqual(results, [wanted, wanted, wanted])
    assert.equal(server.executed.size, 3)
    passed++
    console.log(`${name}: lost answers by URL, by Request and over ky, each executed once`)
  } catch (error) {
    console.error(`${name}: ${error.message}`)
  } finally {
    await server.close()
  }
}
console.log(`${passed} passed, ${asked.length - passed} failed`)
process.exitCode = passed === asked.length ? 0 : 1

/** A server that carries out each write once and loses its first answer. */
async function startServer() {
  const executed = new Set()
  const server = createServer(async (request, response) => {
    const key = request.headers['idempotency-key']
    for await (const _ of request);
    const isKnown = executed.has(key)
    executed.add(key)
    if (!isKnown) return request.socket.destroy()
    response
      .writeHead(201, {
        'content-type': 'application/json',
        'idempotency-replayed': 'true',
        connection: 'close',
      })
      .end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
  return { origin: `http://127.0.0.1:${server.address().port}`, executed, close }
}

async function print(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: timeoutMs })
  const output = child.stdout.toArray()
  const [code] = await once(child, 'close')
  assert.equal(code, 0, `exit code ${code}`)
  return (await output).join('')
}

/** workerd runs no programs; it serves a worker, which makes the round trip when it is asked. */
async function serveWorker(command, origin) {
  const folder = await mkdtemp(join(tmpdir(), 'worker-'))
  const worker = `
    import { roundTrip } from ${JSON.stringify(fileURLToPath(new URL('round-trip.mjs', import.meta.url)))}
    export default { fetch: async () => Response.json(await roundTrip(${JSON.stringify(origin)})) }`
  await build({
    stdin: { contents: worker, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    format: 'esm',
    outfile: join(folder, 'worker.js'),
    logLevel: 'error',
  })
  const config = `
    using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [
        (name = "main", worker = (modules = [(name = "worker", esModule = embed "worker.js")], compatibilityDate = "2025-06-01")),
        (name = "internet", network = (allow = ["private"])),
      ],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
    );`
  await writeFile(join(folder, 'config.capnp'), config)

  const args = ['serve', '--control-fd=3', join(folder, 'config.capnp')]
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'pipe'], timeout: timeoutMs })
  try {
    const [event] = await Promise.race([once(child.stdio[3], 'data'), once(child, 'exit').then(() => ['{}'])])
    const { port } = JSON.parse(String(event).split('\n')[0])
    const response = await fetch(`http://127.0.0.1:${port}/`)
    return await response.text()
  } finally {
    child.kill()
    await rm(folder, { recursive: true })
  }
}
