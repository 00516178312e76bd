// A BullMQ worker. Each job charges a customer and then ships the order; whichever moment the worker dies at, the next one that
// has the job sends the same keys, and each write happens once.
// Needs REDIS_URL and API_URL.
import { Worker } from 'bullmq'
import { createIdempotentFetch } from 'fetch-idempotency'
import { createJournal, runOnce } from 'fetch-idempotency/journal'
import { redisStore } from 'fetch-idempotency/journal/redis'
import { Redis } from 'ioredis'

const { REDIS_URL = 'redis://127.0.0.1:6379', API_URL } = process.env
const redis = new Redis(REDIS_URL, { maxRetriesPerRequest: null })

// As long as BullMQ's own lock: a job that is taken from a dead worker finds its lease run out, too.
const lockDuration = 2_000
const journal = createJournal({ store: redisStore(redis), leaseMs: lockDuration })
const send = createIdempotentFetch({ journal })

const post = async (path, body, step) => {
  const response = await send(`${API_URL}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    idempotency: { step },
  })
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}`)
  return response.json()
}

const worker = new Worker(
  'orders',
  // The queue and the job's id name the run: not `job.attemptsMade`, which differs each time.
  (job) =>
    runOnce(`${job.queueName}/${job.id}`, { journal }, async () => {
      const { order, amount } = job.data
      const charge = await post('/charges', { order, amount }, 'charge')
      return post('/shipments', { order, charge }, 'ship')
    }),
  { connection: redis, concurrency: 4, lockDuration, stalledInterval: 1_000, maxStalledCount: 100 },
)
worker.on('error', (error) => console.error(error.message))
await worker.waitUntilReady()
console.log('ready')

process.once('SIGTERM', async () => {
  await worker.close()
  await journal.close()
  redis.disconnect()
})
