// A queue gives a job to a worker, the worker dies after its request was sent, and the job runs again. Its key is made of the job's id, so
// that the server does it once. Run it with `npm run build && node examples/job-queue.mjs`. For a queue of yours take `examples/jobs`.
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { startFaultyServer } from 'fetch-idempotency/testing/server'

const server = await startFaultyServer()
const send = createIdempotentFetch()

/** What a queue does: a job that fails is run again, by this process or by another one. */
async function runAgainUntilDone(job, work) {
  for (let run = 1; ; run += 1) {
    try {
      return await work({ ...job, run })
    } catch (error) {
      console.log(`${job.id}, run ${run}: ${error.message}`)
    }
  }
}

async function charge(job) {
  const response = await send(`${server.url}/charges`, {
    method: 'POST',
    body: JSON.stringify({ order: job.order, amount: job.amount }),
    // The job and the write, never the number of the run.
    idempotencyKey: `${job.id}:charge`,
    // An earlier run may have sent it: a refusal now is no proof that nothing was charged.
    idempotency: { firstSentAt: job.queuedAt },
  })
  if (!response.ok) throw new Error(`the server said ${response.status}`)
  if (job.run === 1) throw new Error('the worker died before it could note that it was done')
  const { replayed, outcome } = idempotencyOf(response)
  return `${job.id}, run ${job.run}: ${outcome}${replayed ? ', by an earlier run' : ''}`
}

const queuedAt = new Date()
for (const [id, order, amount] of [
  ['job-1', 'order-17', 4200],
  ['job-2', 'order-18', 900],
])
  console.log(await runAgainUntilDone({ id, order, amount, queuedAt }, charge))
console.log(`${server.requests.length} requests, ${server.executions.length} charges`)
await server.close()
