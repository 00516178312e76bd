import { QURLError, idempotencyOf, type QURLClient } from 'fetch-idempotency/qurl'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isWhole } from '../whole.js'
import { startFaultProxy, type Fault } from '../wire/fault-proxy.js'
import { clientFor } from './client-for.js'
import { startServer } from './start-server.js'

/** Mulberry32: small, and the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const faults: Fault[] = [
  'reset-before',
  'commit-reset',
  'cut-head',
  'cut-body',
  { instead: { status: 503 } },
  { instead: { status: 500 } },
  { after: { status: 504 } },
  { after: { status: 503 } },
  { after: { status: 502, body: '<h1>Bad gateway</h1>' } },
  { instead: { status: 429, headers: { 'retry-after': '0' } } },
]

interface Job {
  readonly name: string
  readonly isKeyed: boolean
  readonly run: (client: QURLClient, at: number) => Promise<unknown>
  /** Recognizes the requests of the job's call number `at`. */
  readonly isMine: (request: { method: string; path: string; text: string }, at: number) => boolean
}

/** What each job adds can be told from what the others add. */
const jobs: Job[] = [
  {
    name: 'create',
    isKeyed: true,
    run: (client, at) => client.create({ target_url: `https://app.example/create/${at}/` }),
    isMine: ({ path, text }, at) => path === '/v1/qurls' && text.includes(`/create/${at}/`),
  },
  {
    name: 'batchCreate',
    isKeyed: true,
    run: (client, at) =>
      client.batchCreate({
        items: [1, 2, 3].map((part) => ({ target_url: `https://app.example/batch/${at}/${part}` })),
      }),
    isMine: ({ path, text }, at) => path === '/v1/qurls/batch' && text.includes(`/batch/${at}/`),
  },
  {
    name: 'registerDomain',
    isKeyed: true,
    run: (client, at) => client.registerDomain({ domain: `d${at}.example` }),
    isMine: ({ path, text }, at) => path === '/v1/domains' && text.includes(`"d${at}.example"`),
  },
  {
    name: 'createWebhook',
    isKeyed: true,
    run: (client, at) => client.createWebhook({ url: `http://127.0.0.1:9/${at}/`, events: ['qurl.expired'] }),
    isMine: ({ method, path, text }, at) =>
      method === 'POST' && path === '/v1/webhooks' && text.includes(`:9/${at}/`),
  },
  {
    name: 'regenerateWebhookSecret',
    isKeyed: false,
    run: (client, at) => client.regenerateWebhookSecret(`wh_${at}`),
    isMine: ({ path }, at) => path === `/v1/webhooks/wh_${at}/secret`,
  },
  {
    name: 'deleteWebhook',
    isKeyed: true,
    run: (client, at) => client.deleteWebhook(`wh_${at}`),
    isMine: ({ method, path }, at) => method === 'DELETE' && path === `/v1/webhooks/wh_${at}`,
  },
]

describe('any mix of faults', () => {
  it.each(isWhole ? [1, 20, 300, 4000] : [1])(
    'leaves no duplicate and no false word behind (seed %i)',
    async (seed) => {
      const random = seeded(seed)
      const server = await startServer()
      for (let at = 0; at < 120; at++) {
        server.account.webhooks.push({
          webhook_id: `wh_${at}`,
          owner_id: 'own_1',
          status: 'active',
          events: [],
        })
      }
      // Three faults at most for one call, so that its fourth attempt passes.
      const met = new Map<string, number>()
      const proxy = await startFaultProxy({
        port: server.port,
        choose: ({ method, path, headers }) => {
          const name = headers['idempotency-key'] ?? `${method} ${path}`
          const count = met.get(name) ?? 0
          if (count >= 3 || random() < 0.5) return 'pass'
          met.set(name, count + 1)
          return faults[Math.floor(random() * faults.length)] ?? 'pass'
        },
      })
      onTestFinished(() => proxy.close())
      const client = clientFor(server, 'api-key', { baseUrl: proxy.url })

      const wrong: string[] = []
      const outcomes = { ok: 0, unknown: 0 }
      const call = async (at: number): Promise<void> => {
        const job = jobs[at % jobs.length] as Job
        const say = (what: string) => wrong.push(`${job.name} ${at}: ${what}`)
        const done = () =>
          server.requests.filter((one) => job.isMine(one, at) && one.status < 300 && !one.replayed).length
        try {
          const result = await job.run(client, at)
          outcomes.ok++
          if (done() !== 1) say(`succeeded, done ${done()} times`)
          if (result !== undefined && idempotencyOf(result)?.outcome !== 'applied')
            say('success without its outcome')
        } catch (error) {
          if (!(error instanceof QURLError)) throw error
          if (done() > 1) say(`failed, done ${done()} times`)
          if (job.isKeyed) say(`failed although its faults had ended: ${error.message}`)
          else if (error.outcome !== 'unknown') say(`outcome ${error.outcome}, done ${done()} times`)
          outcomes.unknown++
        }
      }
      let next = 0
      const worker = async () => {
        while (next < 120) await call(next++)
      }
      await Promise.all(Array.from({ length: 6 }, worker))

      expect(wrong).toEqual([])
      expect(outcomes.ok).toBeGreaterThan(100)
      expect(proxy.injected).toBeGreaterThan(60)
    },
  )
})
