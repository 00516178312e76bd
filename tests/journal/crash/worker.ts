// A worker that is killed at any moment: it finishes what was left open, sends what has not been sent, and says so.
// Arguments: the store's address and name, the server, the name of the batch, the number of operations, the time of a lease.
import { createIdempotentFetch } from 'fetch-idempotency'
import { createJournal, isJournalError } from 'fetch-idempotency/journal'
import { openStore } from './open-store.js'

const [address = '', name = '', origin = '', batch = '', count = '0', leaseMs = '300'] = process.argv.slice(2)

const { store, end } = await openStore(address, name)
const journal = createJournal({
  store,
  keepRequests: true,
  leaseMs: Number(leaseMs),
  waitMs: 60_000,
})
const send = createIdempotentFetch({
  journal,
  retry: { backoff: () => 5, deadlineMs: 60_000, maxAttempts: 20 },
})

process.stdout.write('ready\n')
await journal.recover({ fetch: send, concurrency: 16 })
const ids = Array.from({ length: Number(count) }, (_, index) => `${batch}-${index}`)
const next = ids[Symbol.iterator]()
const sendOnce = async (id: string): Promise<Response> => {
  try {
    return await send(`${origin}/orders`, { method: 'POST', body: id, idempotency: { operationId: id } })
  } catch (error) {
    // This process stood still for so long that another one has taken the operation over.
    if (isJournalError(error) && error.problem === 'lease-lost') return sendOnce(id)
    throw error
  }
}
const work = async () => {
  for (const id of next) {
    const response = await sendOnce(id)
    if (response.status !== 201) throw new Error(`${id} was answered with ${response.status}`)
  }
}
await Promise.all(Array.from({ length: 16 }, work))
await journal.close()
await end()
process.stdout.write('done\n')
