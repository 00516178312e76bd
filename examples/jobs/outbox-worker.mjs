// Sends what the orders have left in the outbox, in the order in which it was written. Any number of these workers may run, and
// any of them may die. Needs POSTGRES_URL.
import { createIdempotentFetch } from 'fetch-idempotency'
import { createJournal } from 'fetch-idempotency/journal'
import { postgresStore } from 'fetch-idempotency/journal/postgres'
import pg from 'pg'
import { setTimeout as sleep } from 'node:timers/promises'

const pool = new pg.Pool({ connectionString: process.env.POSTGRES_URL, max: 4 })
const journal = createJournal({ store: postgresStore(pool), leaseMs: 2_000 })
const send = createIdempotentFetch({ journal })

const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())
console.log('ready')
while (!stopping.signal.aborted) {
  await journal.recover({ fetch: send, signal: stopping.signal }).catch((error) => {
    if (!stopping.signal.aborted) console.error(error.message)
  })
  await sleep(200, undefined, { signal: stopping.signal }).catch(() => undefined)
}
await journal.close()
await pool.end()
