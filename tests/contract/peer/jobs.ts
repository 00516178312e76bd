import type { Executions } from '../servers/executions.js'
import { keyedService, keyInHeader } from './keyed-service.js'
import type { PeerAnswer, Service } from './peer.js'

interface Job {
  readonly id: number
  readonly header: string
  readonly final: string
  pollsLeft: number
}

/**
 * `POST /` answers 202; the job is polled. The body: `header` names the header that holds the job's URL
 * (`operation-location` by default), `polls` how often it is still running (`Infinity` as `-1`), `final` its last state.
 *
 * `Operation-Location`: 200 with `status`, Retry-After while it is not final, `resourceLocation` at the end.
 * `Location` and `Content-Location`: 202 until it is done, then 200 with the resource.
 */
export function jobs(executions: Executions): Service {
  const known = new Map<string, Job>()
  const status = (job: Job): PeerAnswer => {
    const pending = job.pollsLeft !== 0
    if (pending) job.pollsLeft--
    const waiting = { 'retry-after': '1' }
    if (job.header !== 'operation-location')
      return pending ? { status: 202, headers: waiting } : { status: 200, body: { id: `R${job.id}` } }
    if (pending) return { status: 200, headers: waiting, body: { status: 'Running' } }
    return { status: 200, body: { status: job.final, resourceLocation: `/jobs/results/${job.id}` } }
  }
  return keyedService({
    keyOf: keyInHeader('idempotency-key'),
    replay: (first) => first,
    work: async ({ body }) => {
      const id = await executions.run(body.item)
      const header = String(body['header'] ?? 'operation-location')
      const pollsLeft = Number(body['polls'] ?? 2)
      known.set(`/operations/${id}`, { id, header, pollsLeft, final: String(body['final'] ?? 'Succeeded') })
      const headers = { [header]: `/jobs/operations/${id}`, 'retry-after': '1' }
      return { status: 202, headers, body: { id: `J${id}`, status: 'NotStarted' } }
    },
    read: ({ path }) => {
      const job = known.get(path)
      if (job) return status(job)
      const result = /^\/results\/(\d+)$/.exec(path)
      return result ? { status: 200, body: { id: `R${result[1]}` } } : undefined
    },
  })
}
