// Durable operations per second, at a concurrency of 1 and of 64, over a server that costs nothing: what a journal adds to a
// call. Run on a quiet machine, after a build: node tests/bench/journal.mjs
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { createIdempotentFetch } from '../../dist/index.js'
import { createJournal, memoryStore } from '../../dist/journal/index.js'
import { sqliteStore } from '../../dist/journal/sqlite.js'

const folder = await mkdtemp(`${process.env.BENCH_FOLDER ?? tmpdir()}/journal-bench-`)

/** @returns {Promise<import('../../dist/journal/sqlite.js').SqliteDatabase | string>} */
async function openSource(path) {
  if (process.getBuiltinModule?.('node:sqlite') !== undefined) return path
  const { default: Database } = await import('libsql')
  return new Database(path)
}

const answer = async () =>
  new Response('{"made":1}', { status: 201, headers: { 'content-type': 'application/json' } })
let made = 0

/** Seconds that `count` operations take, `concurrency` at a time. */
async function measure(send, count, concurrency, isDurable) {
  let left = count
  const began = performance.now()
  const work = async () => {
    while (left > 0) {
      left -= 1
      made += 1
      const idempotency = isDurable ? { idempotency: { operationId: `order-${made}` } } : {}
      await send('https://api.test/orders', { method: 'POST', body: `{"of":${made}}`, ...idempotency })
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return (performance.now() - began) / 1_000
}

const stores = {
  none: undefined,
  memory: memoryStore(),
  sqlite: sqliteStore(await openSource(`${folder}/journal.db`)),
}
for (const [name, store] of Object.entries(stores)) {
  const journal = store && createJournal({ store })
  const send = createIdempotentFetch({ journal, fetch: answer })
  await measure(send, 500, 16, journal !== undefined)
  for (const [concurrency, count] of [
    [1, 2_000],
    [64, 20_000],
  ]) {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const seconds = await measure(send, count, concurrency, journal !== undefined)
    delay.disable()
    const perSecond = Math.round(count / seconds)
    const each = ((seconds / count) * 1e6 * concurrency).toFixed(0)
    console.log(
      `${name.padEnd(7)} ${String(concurrency).padStart(3)} at once: ${perSecond} operations/s, ${each} µs each, event loop held up ${(delay.max / 1e6).toFixed(1)} ms at most`,
    )
  }
  await journal?.close()
}
await rm(folder, { recursive: true })
