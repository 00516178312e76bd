import { build } from 'esbuild'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Not an address of this machine by its name: such a page has none of what browsers keep for secure contexts. */
const host = 'page.test'
const timeoutMs = 60_000

/**
 * Makes the checks in a page that is open in a headless Chromium: against the server, which is of another origin, and
 * against the page's own origin, where the same server answers.
 *
 * @returns the results of both as JSON
 */
export async function browse(command, { origin, answer }) {
  const site = await startSite(await bundle(origin), answer)
  try {
    return await visit(command, `http://${host}:${site.port}/`, site.result)
  } finally {
    site.close()
  }
}

/**
 * Opens a page in a headless Chromium, and closes it when there is a result.
 *
 * @template T
 * @param {string} command
 * @param {string} url
 * @param {Promise<T>} result
 * @param {readonly string[]} [more]
 * @param {number} [patienceMs]
 * @returns {Promise<T>}
 */
export async function visit(command, url, result, more = [], patienceMs = timeoutMs) {
  const folder = await mkdtemp(join(tmpdir(), 'chromium-'))
  const child = spawn(command, [...flags(folder), ...more, url], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: patienceMs,
    killSignal: 'SIGKILL',
  })
  const told = child.stderr.toArray()
  const ended = once(child, 'close')
  try {
    const early = ended.then(async () => {
      throw new Error(`Chromium ended before the page did:\n${(await told).join('').slice(-2_000)}`)
    })
    return await Promise.race([result, early])
  } finally {
    child.kill()
    await ended.catch(() => undefined)
    // Its other processes may still be writing.
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

function flags(folder) {
  return [
    '--headless',
    '--no-sandbox',
    '--no-first-run',
    '--disable-gpu',
    '--disable-quic',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    `--host-resolver-rules=MAP ${host} 127.0.0.1`,
    `--user-data-dir=${folder}`,
  ]
}

/** The page's script. */
async function bundle(origin) {
  const script = `
    import { runChecks } from './checks.mjs'
    try {
      const results = [await runChecks(${JSON.stringify(origin)}), await runChecks('')]
      await fetch('/result', { method: 'POST', body: JSON.stringify(results) })
    } catch (error) {
      await fetch('/failure', { method: 'POST', body: error.stack })
    }`
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  })
  return outputFiles[0].text
}

/** Serves the page, takes its result, and hands on all else. */
async function startSite(script, answer) {
  const page =
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/script.js"></script>'
  const server = createServer()
  const result = new Promise((resolve, reject) => {
    server.on('request', async (request, response) => {
      const send = (type, text) =>
        response.writeHead(200, { 'content-type': type, connection: 'close' }).end(text)
      if (request.url === '/') return send('text/html', page)
      if (request.url === '/script.js') return send('text/javascript', script)
      if (request.url !== '/result' && request.url !== '/failure') return answer(request, response)
      const text = (await request.toArray()).join('')
      send('text/plain', '')
      if (request.url === '/result') resolve(text)
      else reject(new Error(`in the page: ${text}`))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { port: server.address().port, result, close }
}
