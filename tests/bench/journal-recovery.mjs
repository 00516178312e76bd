import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { performance } from 'node:perf_hooks'
import { createIdempotentFetch } from '../../dist/index.js'
import { createJournal, memoryStore } from '../../dist/journal/index.js'
import { sqliteStore } from '../../dist/journal/sqlite.js'

const open = 10_000
const workers = 8

/** What an operation that is on its way takes, beside a call without a journal. */
export async function measureMemory() {
  const count = 5_000
  const bytesOf = async (journal) => {
    let answer
    const gate = new Promise((resolve) => (answer = resolve))
    const send = createIdempotentFetch({
      journal,
      fetch: () => gate.then(() => new Response('{}', { status: 201 })),
    })
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    const calls = Array.from({ length: count }, (_, index) =>
      send('https://api.test/orders', {
        method: 'POST',
        body: `{"of":${index}}`,
        ...(journal && { idempotency: { operationId: `order-${index}` } }),
      }),
    )
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    globalThis.gc?.()
    const bytes = (process.memoryUsage().heapUsed - before) / count
    answer()
    await Promise.all(calls)
    return bytes
  }
  const [bare, journalled] = [
    await bytesOf(undefined),
    await bytesOf(createJournal({ store: memoryStore() })),
  ]
  const note = globalThis.gc === undefined ? ' (run with --expose-gc for true numbers)' : ''
  return `an open operation: ${Math.round(bare)} bytes, with a journal and its entry in memory ${Math.round(journalled)}${note}`
}

/** Has eight processes recover what is open at the same time, and counts what the server got. */
export async function recoverTogether(folder, openSource) {
  const path = `${folder}/recovery.db`
  const sent = new Map()
  const server = createServer((request, response) => {
    const key = String(request.headers['idempotency-key'])
    sent.set(key, (sent.get(key) ?? 0) + 1)
    request.resume()
    response.writeHead(201, { 'content-type': 'application/json' }).end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${server.address().port}/orders`
  const journal = createJournal({ store: sqliteStore(await openSource(path)) })
  for (let from = 0; from < open; from += 500)
    await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        journal.enqueue(`order-${from + index}`, { url, body: '{}' }),
      ),
    )
  await journal.close()
  const children = Array.from({ length: workers }, () =>
    fork(fileURLToPath(import.meta.url), ['recover', path]),
  )
  const exits = children.map((child) => once(child, 'exit'))
  await Promise.all(children.map((child) => once(child, 'message')))
  const began = performance.now()
  for (const child of children) child.send('go')
  const delays = await Promise.all(children.map(async (child) => (await once(child, 'message'))[0]))
  const seconds = (performance.now() - began) / 1_000
  await Promise.all(exits)
  server.close()
  server.closeAllConnections()
  const twice = [...sent.values()].filter((times) => times > 1).length
  return `recovery of ${open} by ${workers} processes: ${seconds.toFixed(1)} s, ${sent.size} sent, ${twice} sent by two, event loop held up ${Math.max(...delays).toFixed(0)} ms at most`
}

if (process.argv[2] === 'recover') {
  const { monitorEventLoopDelay } = await import('node:perf_hooks')
  const path = process.argv[3]
  const isBuiltIn = process.getBuiltinModule?.('node:sqlite') !== undefined
  const source = isBuiltIn ? path : new (await import('libsql')).default(path)
  const journal = createJournal({ store: sqliteStore(source) })
  const send = createIdempotentFetch({ journal })
  process.send('ready')
  await once(process, 'message')
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await journal.recover({ fetch: send, concurrency: 16 })
  delay.disable()
  await journal.close()
  process.send(delay.max / 1e6)
  process.disconnect()
}
