import ky from 'ky'
import ky2 from 'ky2'
import {
  createIdempotentFetch,
  idempotencyOf,
  type Clock,
  type IdempotencyEvent,
  type IdempotentRequestInit,
} from 'fetch-idempotency'
import { idempotency } from 'fetch-idempotency/ky'

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
  readonly error: unknown
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
  readonly name: string
  /** Opens one client that sends many writes. */
  readonly open: (settings: HostSettings) => (write: Write) => Promise<Told>
}

/** Retries are free, for these tests fail far more attempts than any budget should pay for. */
const freeRetries = { transientCost: 0, throttledCost: 0 }

/** Every kind of body that can hold the batch, one after the other. */
const bodies: ((text: string) => Pick<IdempotentRequestInit, 'body' | 'duplex'>)[] = [
  (text) => ({ body: text }),
  (text) => ({ body: new TextEncoder().encode(text) }),
  (text) => ({ body: new Blob([text]) }),
  (text) => ({ body: new Blob([text]).stream(), duplex: 'half' }),
  (text) => ({ body: () => new Blob([text]).stream(), duplex: 'half' }),
]

export const fetchHost: Host = {
  name: 'createIdempotentFetch',
  open({ maxAttempts, attemptTimeoutMs, backoffMs, ...guard }) {
    const send = createIdempotentFetch({
      retry: { maxAttempts, attemptTimeoutMs, backoff: () => backoffMs, budget: freeRetries },
      ...guard,
    })
    let calls = 0
    return ({ operation, url, method, batch, key }) => {
      const body = bodies[calls++ % bodies.length]!(JSON.stringify(batch))
      const headers = { 'content-type': 'application/json', 'x-operation': operation }
      return tell(send(url, { method, headers, ...body, idempotencyKey: key }))
    }
  },
}

function kyHost(name: string, instance: typeof ky): Host {
  return {
    name,
    open({ maxAttempts, attemptTimeoutMs, backoffMs, ...guard }) {
      const api = instance
        .create({ retry: { limit: maxAttempts - 1, delay: () => backoffMs }, timeout: attemptTimeoutMs })
        .extend(idempotency({ budget: freeRetries, backoff: () => backoffMs, ...guard }))
      return ({ operation, url, method, batch, key }) =>
        tell(
          api(url, {
            method,
            json: batch,
            headers: { 'x-operation': operation },
            ...(key !== undefined && { context: { idempotencyKey: key } }),
          }),
        )
    },
  }
}

export const hosts: readonly Host[] = [
  fetchHost,
  kyHost('ky 1', ky),
  kyHost('ky 2', ky2 as unknown as typeof ky),
]

async function tell(sent: Promise<Response>): Promise<Told> {
  try {
    const response = await sent
    const { created } = response.ok ? await response.json() : { created: undefined }
    return {
      ...factsOf(response),
      isSuccess: response.ok,
      created,
      status: response.status,
      error: undefined,
    }
  } catch (error) {
    const { response } = error as { response?: Response }
    return { ...factsOf(error), isSuccess: false, created: undefined, status: response?.status, error }
  }
}

function factsOf(end: unknown) {
  const { outcome, key, attempts, replayed } = idempotencyOf(end) ?? {}
  return { outcome, key, attempts, replayed }
}
