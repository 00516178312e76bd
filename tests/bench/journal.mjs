// Durable operations per second, at a concurrency of 1 and of 64, over a server that costs nothing: what a journal adds to a
// call, by the clock and by processor time. Then the memory of an open operation, and the recovery of 10,000 of them by eight
// processes. PostgreSQL and Redis are measured where they are installed.
// Run on a quiet machine, after a build: node tests/bench/journal.mjs
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { createIdempotentFetch } from '../../dist/index.js'
import { createJournal, memoryStore } from '../../dist/journal/index.js'
import { postgresStore } from '../../dist/journal/postgres.js'
import { redisStore } from '../../dist/journal/redis.js'
import { sqliteStore } from '../../dist/journal/sqlite.js'
import { findPostgres, startPostgres } from '../journal/services/postgres.mjs'
import { findRedis, startRedis } from '../journal/services/redis.mjs'
import { measureMemory, recoverTogether } from './journal-recovery.mjs'
import { measureFloor } from './sqlite-floor.mjs'

const folder = await mkdtemp(`${process.env.BENCH_FOLDER ?? tmpdir()}/journal-bench-`)

/** @returns {Promise<import('../../dist/journal/sqlite.js').SqliteDatabase>} */
async function openSource(path) {
  const builtIn = process.getBuiltinModule?.('node:sqlite')
  if (builtIn !== undefined) return new builtIn.DatabaseSync(path)
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

const ends = []
async function openPostgres() {
  const programs = await findPostgres()
  if (programs === undefined) return {}
  const { Pool } = (await import('pg')).default
  const { url, stop } = await startPostgres(programs)
  const pool = new Pool({ connectionString: url, max: 16 })
  ends.push(() => pool.end().then(stop))
  return { postgres: postgresStore(pool) }
}
async function openRedis() {
  const program = await findRedis()
  if (program === undefined) return {}
  const { createClient } = await import('@redis/client')
  const { url, stop } = await startRedis(program)
  const client = await createClient({ url }).connect()
  ends.push(() => client.close().then(stop))
  return { redis: redisStore(client) }
}

const stores = {
  none: undefined,
  memory: memoryStore(),
  sqlite: sqliteStore(await openSource(`${folder}/journal.db`)),
  ...(await openPostgres()),
  ...(await openRedis()),
}
for (const [name, store] of Object.entries(stores)) {
  const journal = store && createJournal({ store })
  const send = createIdempotentFetch({ journal, fetch: answer })
  await measure(send, 500, 16, journal !== undefined)
  for (const [concurrency, count] of [
    [1, 2_000],
    [64, 20_000],
  ]) {
    // Just before, as the disk is shared with whatever else the machine does.
    const floor =
      name === 'sqlite'
        ? measureFloor(await openSource(`${folder}/floor${concurrency}.db`), count, concurrency)
        : 0
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const before = process.cpuUsage()
    const seconds = await measure(send, count, concurrency, journal !== undefined)
    const { user, system } = process.cpuUsage(before)
    delay.disable()
    const perSecond = Math.round(count / seconds)
    const each = ((seconds / count) * 1e6 * concurrency).toFixed(0)
    console.log(
      `${name.padEnd(7)} ${String(concurrency).padStart(3)} at once: ${perSecond} operations/s, ${each} µs each, ${((user + system) / count).toFixed(0)} µs of processor time, event loop held up ${(delay.max / 1e6).toFixed(1)} ms at most`,
    )
    if (floor > 0)
      console.log(
        `sqlite alone, two transactions for ${concurrency} operations: ${Math.round(floor)} operations/s, ${(floor / perSecond).toFixed(1)} times as many`,
      )
  }
  await journal?.close()
}
for (const end of ends) await end()
console.log(await measureMemory())
console.log(await recoverTogether(folder, openSource))
await rm(folder, { recursive: true })
