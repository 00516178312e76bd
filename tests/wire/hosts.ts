import type { Clock, IdempotencyEvent, IdempotentRequestInit } from 'fetch-idempotency'
import { hosts as all, type HostName } from '../promises/hosts.js'

/** One write as a test asks for it. */
export interface Write {
  /** The server counts executions under this name. */
  readonly operation: string
  readonly url: string
  readonly method: 'POST' | 'PUT' | 'PATCH'
  readonly batch: { readonly items: readonly string[] }
  /** The caller's own key; without it one is made. */
  readonly key?: string | undefined
}

/** What the caller of a write was told. */
export interface Told {
  /** An OK answer, and its body could be read. */
  readonly isSuccess: boolean
  readonly created: number | undefined
  readonly status: number | undefined
  readonly outcome: string | undefined
  readonly key: string | undefined
  readonly attempts: number | undefined
  readonly replayed: boolean | undefined
}

export interface HostSettings {
  /** Requests per operation, the first one included. */
  readonly maxAttempts: number
  readonly attemptTimeoutMs: number
  /** The wait before each retry when the server does not say. */
  readonly backoffMs: number
  readonly onEvent?: (event: IdempotencyEvent) => void
  readonly clock?: Clock
}

export interface Host {
  readonly name: HostName
  /** Opens one client that sends many writes. */
  readonly open: (settings: HostSettings) => (write: Write) => Promise<Told>
}

/** Retries are free, for these tests fail far more attempts than any budget should pay for. */
const budget = { transientCost: 0, throttledCost: 0 }

type Body = Pick<IdempotentRequestInit, 'body' | 'duplex'>

/** Every kind of body that can hold the batch, one after the other. ky takes no function, and `node:http` text alone. */
const bodies: ((text: string) => Body)[] = [
  (text) => ({ body: text }),
  (text) => ({ body: new TextEncoder().encode(text) }),
  (text) => ({ body: new Blob([text]) }),
  (text) => ({ body: new Blob([text]).stream(), duplex: 'half' }),
  (text) => ({ body: () => new Blob([text]).stream(), duplex: 'half' }),
]
const kinds: Readonly<Record<HostName, number>> = { fetch: 5, 'ky 1': 4, 'ky 2': 4, 'node:http': 1 }

export const hosts: readonly Host[] = all.map(({ name, open }) => ({
  name,
  open({ backoffMs, ...settings }) {
    const send = open({ ...settings, backoff: () => backoffMs, budget })
    let calls = 0
    return async ({ operation, url, method, batch, key }) => {
      const body = bodies[calls++ % kinds[name]]!(JSON.stringify(batch))
      const headers = { 'content-type': 'application/json', 'x-operation': operation }
      const { what, body: answer, facts } = await send({ url, method, headers, key, ...body })
      const isSuccess = typeof what === 'number' && what < 300
      const { outcome, key: sent, attempts, replayed } = facts ?? {}
      return {
        isSuccess,
        created: isSuccess ? (JSON.parse(answer ?? '') as { created: number }).created : undefined,
        status: typeof what === 'number' ? what : undefined,
        outcome,
        key: sent,
        attempts,
        replayed,
      }
    }
  },
}))
