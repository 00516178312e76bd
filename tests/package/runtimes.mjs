// Makes the checks of `checks.mjs` with the built package in other runtimes, against a server on loopback that loses answers.
// Usage: node tests/package/runtimes.mjs NAME=PATH …, with the names bun, chromium, deno, workerd, and node22
// for another Node.
import { build } from 'esbuild'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import assert from 'node:assert/strict'
import { browse } from './chromium.mjs'
import { startLossyServer } from './lossy-server.mjs'
import { callsPerCell } from './resends.mjs'

const main = fileURLToPath(new URL('checks-main.mjs', import.meta.url))
const timeoutMs = 30_000

/** Each gives the results of one run of the checks, or of several, as JSON. */
const runtimes = {
  node: (command, { origin }) => print(command, [main, origin]),
  bun: (command, { origin }) => print(command, ['run', main, origin]),
  chromium: browse,
  deno: (command, { origin }) => print(command, ['run', '--quiet', '--allow-all', main, origin]),
  workerd: serveWorker,
}

const applied = { attempts: 2, replayed: true, outcome: 'applied' }
const lost = { status: 201, ...applied }
const made = (pathname) => ({ pathname, redirected: false, text: '{}', ...lost })
const gone = { pathname: '/empty', redirected: false, text: '', ...applied, status: 204 }
const moved = { ...made('/target'), redirected: true }
const { attempts: _, ...reused } = made('/kept')
const wanted = {
  roundTrip: [lost, lost, lost],
  semantics: {
    cut: made('/cut'),
    empty: gone,
    gone,
    moved,
    clone: { status: 201, pathname: '/target', redirected: true, text: '{}' },
    stream: made('/stream'),
    form: made('/form'),
    unsendable: { name: 'UnsendableError', outcome: 'not-applied' },
    astray: { name: 'OutcomeUnknownError', outcome: 'unknown' },
    aborted: { isOwnReason: true, outcome: 'unknown' },
    reused,
  },
}
/**
 * What is told of the writes of `resends.mjs`, and how many requests each may take. Chromium resends by itself on a connection that
 * was used before, with nothing that prevents it: what it tells then is that nothing is certain.
 */
const resent = {
  keyed: { told: /^applied after (?:2|1, resent below)$/, requests: [2, 2], made: 1 },
  keyless: { told: /^unknown after 1$/, requests: [1, 1], made: 1 },
  never: { told: /^unknown after 1$/, requests: [1, 1], made: 1 },
}
const resentInChromium = {
  keyed: { told: /^applied after at least (?:2|1, resent below)$/, requests: [2, 2], made: 1 },
  // Without a key, each request is a thing of its own.
  keyless: { told: /^unknown after at least 1$/, requests: [1, 2], made: undefined },
  never: {
    told: /^(?:unknown after at least 1|applied after at least 1, resent below)$/,
    requests: [1, 2],
    made: 1,
  },
}
const table = []

/** The paths of the writes of one run. */
const executed = 'cut empty empty fetch form kept kept ky request stream target target'.split(' ')

const [, major] = /^v(\d+)/.exec(process.version)
const asked = [`node${major}=${process.execPath}`, ...process.argv.slice(2)].map((argument) =>
  argument.split('='),
)
let passed = 0
for (const [name, command] of asked) {
  const server = await startLossyServer()
  try {
    const results = [JSON.parse(await runtimes[name.replace(/\d+$/, '')](command, server))].flat()
    for (const { resends: _, ...result } of results) assert.deepEqual(result, wanted)
    checkResends(name, results, server.counts)
    checkWrites([...server.writes.values()], results.length)
    passed++
    console.log(
      `${name}: lost answers by URL, by Request and over ky, each executed once; its fetch as it is`,
    )
  } catch (error) {
    console.error(`${name}: ${error.message}`)
  } finally {
    await server.close()
  }
}
console.log('\nWrites whose answers are lost, per call: requests at the server, things made, what was told')
for (const row of table) console.log(row)
console.log(`\n${passed} passed, ${asked.length - passed} failed`)
process.exitCode = passed === asked.length ? 0 : 1

/** Each cell is as wanted, and goes into the table. */
function checkResends(name, results, counts) {
  const all = name === 'chromium' ? resentInChromium : resent
  for (const [cell, told] of Object.entries(results[0].resends)) {
    const [mode, connection] = cell.split(' ')
    const { requests, made } = counts.get(`/resend/${mode}/${connection}`)
    const calls = callsPerCell * results.length
    const row = [name.padEnd(9), mode.padEnd(8), connection.padEnd(7), requests / calls, made / calls]
    table.push([...row, ...Object.keys(told)].join('  '))
    const { told: wanted, requests: range, made: things = requests / calls } = all[mode]
    for (const { resends } of results)
      for (const word of Object.keys(resends[cell])) assert.match(word, wanted, `${cell}: ${word}`)
    assert.ok(requests >= range[0] * calls && requests <= range[1] * calls, `${cell}: ${requests} requests`)
    assert.equal(made, things * calls, `${cell}: ${made} made`)
  }
}

/** Each write was executed once, and was sent twice with the same bytes; but once where its outcome is unknown. */
function checkWrites(writes, runs) {
  for (const { bodies } of writes.filter(({ url }) => url === '/astray')) assert.equal(bodies.length, 1)
  const answered = writes.filter(({ url }) => url !== '/silent' && url !== '/astray')
  const paths = answered.map(({ url }) => url.slice(1)).toSorted()
  assert.deepEqual(
    paths,
    executed.flatMap((path) => Array(runs).fill(path)),
  )
  for (const { url, bodies } of answered) {
    assert.equal(bodies.length, 2, `${url} was sent ${bodies.length} times`)
    assert.equal(bodies[0], bodies[1], url)
    if (url === '/stream') assert.equal(bodies[0], 'book')
  }
}

async function print(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: timeoutMs })
  const output = child.stdout.toArray()
  const [code] = await once(child, 'close')
  assert.equal(code, 0, `exit code ${code}`)
  return (await output).join('')
}

/** workerd runs no programs; it serves a worker, which makes the checks when it is asked. */
async function serveWorker(command, { origin }) {
  const folder = await mkdtemp(join(tmpdir(), 'worker-'))
  const worker = `
    import { runChecks } from './checks.mjs'
    export default { fetch: async () => Response.json(await runChecks(${JSON.stringify(origin)})) }`
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
