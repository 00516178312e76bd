// Puts jobs into the queue, waits for them, and prints how many have ended well. Needs REDIS_URL; takes the number of jobs.
import { Queue, QueueEvents } from 'bullmq'
import { Redis } from 'ioredis'

const count = Number(process.argv[2] ?? 10)
const connection = () =>
  new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', { maxRetriesPerRequest: null })
const queue = new Queue('orders', { connection: connection() })
const events = new QueueEvents('orders', { connection: connection() })
await events.waitUntilReady()

// The job's id follows from the order, so that adding it twice is one job.
const jobs = await Promise.all(
  Array.from({ length: count }, (_, index) =>
    queue.add(
      'order',
      { order: `order-${index}`, amount: 100 + index },
      { jobId: `order-${index}`, attempts: 50, backoff: { type: 'fixed', delay: 200 } },
    ),
  ),
)
const ends = await Promise.allSettled(jobs.map((job) => job.waitUntilFinished(events)))
console.log(JSON.stringify({ completed: ends.filter(({ status }) => status === 'fulfilled').length }))
process.exit()
