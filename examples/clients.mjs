// @ts-check
import ky from 'ky'
import { createIdempotentFetch, exponentialBackoff, idempotencyOf } from 'fetch-idempotency'
import { idempotency } from 'fetch-idempotency/ky'

/** @typedef {import('fetch-idempotency').IdempotencyEvent} IdempotencyEvent */
/** @typedef {(text: string) => void} Note */

/**
 * One way to send a batch.
 *
 * @typedef {object} Client
 * @property {string} name
 * @property {boolean} isOurs
 * @property {(url: string, batch: unknown, headers: Record<string, string>, note: Note) => Promise<string>} send
 *   resolves with what the caller is told
 */

/** The same retries for both ky clients: four attempts, short waits. */
const retry = { limit: 3, backoffLimit: 250 }

/** @type {Client[]} */
export const clients = [
  {
    name: 'fetch in a retry loop',
    isOurs: false,
    send: async (url, batch, headers, note) => {
      const send = narrated(fetch, note)
      for (let attempt = 1; ; attempt += 1) {
        try {
          const init = { method: 'POST', headers: { ...headers, ...json }, body: JSON.stringify(batch) }
          const response = await send(url, init)
          if (!response.ok) throw new Error(`status ${response.status}`)
          const { created } = await response.json()
          return `created ${created}`
        } catch (error) {
          if (attempt === 4) throw error
          await new Promise((resolve) => setTimeout(resolve, 150))
        }
      }
    },
  },
  {
    name: 'ky, POST retries on',
    isOurs: false,
    send: async (url, batch, headers, note) => {
      const api = ky.create({ fetch: narrated(fetch, note), retry: { ...retry, methods: ['post'] } })
      const { created } = await api.post(url, { json: batch, headers }).json()
      return `created ${created}`
    },
  },
  {
    name: 'createIdempotentFetch()',
    isOurs: true,
    send: async (url, batch, headers, note) => {
      const send = createIdempotentFetch({
        retry: { backoff: exponentialBackoff({ baseMs: 100 }) },
        onEvent: narratedEvents(note),
      })
      const init = { method: 'POST', headers: { ...headers, ...json }, body: JSON.stringify(batch) }
      const response = await send(url, init)
      const { created } = await response.json()
      return `${idempotencyOf(response)?.outcome}, created ${created}`
    },
  },
  {
    name: 'ky + idempotency()',
    isOurs: true,
    send: async (url, batch, headers, note) => {
      const api = ky.create({ retry }).extend(idempotency({ onEvent: narratedEvents(note) }))
      const response = await api.post(url, { json: batch, headers })
      const { created } = await response.json()
      return `${idempotencyOf(response)?.outcome}, created ${created}`
    },
  },
]

const json = { 'content-type': 'application/json' }

/**
 * A `fetch` that notes what comes back and how long the caller waits before it tries again.
 *
 * @param {typeof fetch} send
 * @param {Note} note
 * @returns {typeof fetch}
 */
function narrated(send, note) {
  let endedAt = 0
  return async (...request) => {
    if (endedAt > 0) note(`waits ${Math.round(performance.now() - endedAt)} ms`)
    try {
      const response = await send(...request)
      note(`${response.status}`)
      return response
    } catch (error) {
      note(lossOf(error))
      throw error
    } finally {
      endedAt = performance.now()
    }
  }
}

/**
 * A listener that notes each verdict, and how long the client waits before it tries again.
 *
 * @param {Note} note
 * @returns {(event: IdempotencyEvent) => void}
 */
function narratedEvents(note) {
  let endedAt = 0
  return (event) => {
    if (event.type === 'attempt-started' && endedAt > 0) {
      note(`waits ${Math.round(performance.now() - endedAt)} ms`)
    } else if (event.type === 'attempt-ended') {
      endedAt = performance.now()
      const verdict = event.replayed ? `${event.verdict}, replayed` : event.verdict
      note(`${event.status ?? lossOf(event.error)} ${verdict}`)
    }
  }
}

/**
 * How an answer was lost, in one word.
 *
 * @param {unknown} error
 * @returns {string}
 */
function lossOf(error) {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if (at.message === 'terminated') return 'body cut'
    if ('code' in at && at.code === 'ECONNRESET') return 'reset'
  }
  return error instanceof Error ? error.name : 'lost'
}
