import ky1 from 'ky'
import ky2 from 'ky2'
import {
  createIdempotentFetch,
  idempotencyOf,
  type IdempotencyEvent,
  type IdempotentFetchOptions,
  type RetryOptions,
  type WritePolicy,
} from 'fetch-idempotency'
import { idempotency } from 'fetch-idempotency/ky'
import type { Outcome } from '../../src/errors/idempotency-error.js'
import { createNodeHost, NodeAnswer } from '../loop/node-host.js'

export type Ky = typeof ky1

/** What can be set of every host. */
export interface HostOptions
  extends
    Pick<
      IdempotentFetchOptions,
      | 'contract'
      | 'methods'
      | 'generateKey'
      | 'writes'
      | 'aroundAttempt'
      | 'clock'
      | 'random'
      | 'match'
      | 'whenKeyStoreDown'
      // Of the hosts that send by a `fetch` alone.
      | 'fetch'
      | 'journal'
      | 'maxRequestBytes'
      | 'maxResponseBytes'
    >,
    RetryOptions {
  readonly onEvent?: ((event: IdempotencyEvent) => void) | undefined
  /** Runs before each retry, where the host has hooks. */
  readonly beforeRetry?: (() => unknown) | undefined
  /** Whether the host's user lets it retry, where the host asks. */
  readonly mayRetry?: boolean | undefined
  /** A word, or the result that was found. */
  readonly reconcile?: (() => Outcome | Found) | undefined
  readonly resolve?: (() => Found | undefined) | undefined
}

/** An answer that a look-up has brought. */
export interface Found {
  readonly status: number
  readonly body: string
}

/** One call, as every host can make it. */
export interface Write {
  readonly url: string
  readonly method: string
  /** Text, or for the hosts that send by a `fetch` whatever that takes. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly key?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly writes?: WritePolicy | undefined
  /** When an earlier call may have sent the key. */
  readonly firstSentAt?: number | undefined
  readonly redirect?: RequestRedirect | undefined
  /** Whether the body of a success is read. @defaultValue true */
  readonly reads?: boolean
}

/** What the caller of a write was told, in the words of no host. */
export interface Told {
  /** The answer or the error itself. */
  readonly end: unknown
  /** The status of an answer, the `code` of an error of ours, or else the error's name. */
  readonly what: number | string
  /** The body of a success. */
  readonly body: string | undefined
  readonly facts: ReturnType<typeof idempotencyOf>
}

export type Send = (write: Write) => Promise<Told>
export type HostName = 'fetch' | 'ky 1' | 'ky 2' | 'node:http'

export interface Host {
  readonly name: HostName
  /** What errors are called here, where the host has classes of its own, by the code that they have elsewhere. */
  readonly words: Readonly<Record<string, string>>
  /** Opens one client that sends many writes. */
  readonly open: (options?: HostOptions) => Send
}

function splitRetry(options: HostOptions) {
  const { maxAttempts, attemptTimeoutMs, deadlineMs, backoff, maxRetryAfterMs, budget, ...rest } = options
  const {
    whenBudgetIsEmpty,
    reconcile,
    resolve,
    beforeRetry,
    mayRetry,
    fetch,
    maxRequestBytes,
    maxResponseBytes,
    ...operation
  } = rest
  const retry = { maxAttempts, deadlineMs, backoff, maxRetryAfterMs, budget, whenBudgetIsEmpty }
  const ofFetch = { fetch, maxRequestBytes, maxResponseBytes }
  return {
    retry,
    attemptTimeoutMs,
    ends: { reconcile, resolve },
    user: { beforeRetry, mayRetry },
    ofFetch,
    operation,
  }
}

type Ends = Pick<HostOptions, 'reconcile' | 'resolve'>

/** The look-ups of a host whose answers `make` makes. */
function endsOf<Answer extends object>({ reconcile, resolve }: Ends, make: (found: Found) => Answer) {
  const toAnswer = <T>(found: T | Found) =>
    typeof found === 'object' && found !== null ? make(found as Found) : (found as Exclude<T, Found>)
  return {
    ...(reconcile && { reconcile: () => toAnswer(reconcile()) }),
    ...(resolve && { resolve: () => toAnswer(resolve()) }),
  }
}

const toResponse = ({ status, body }: Found) => new Response(body, { status })

const fetchHost: Host = {
  name: 'fetch',
  words: {},
  open(options = {}) {
    const { retry, attemptTimeoutMs, ends, user, ofFetch, operation } = splitRetry(options)
    const { beforeRetry = user.mayRetry === false ? () => Symbol('stop') : undefined } = user
    const send = createIdempotentFetch({
      ...operation,
      ...endsOf(ends, toResponse),
      ...ofFetch,
      ...(beforeRetry && { hooks: { beforeRetry: [beforeRetry as never] } }),
      retry: { ...retry, attemptTimeoutMs },
    })
    return ({ url, key, writes, firstSentAt, reads, ...init }) =>
      tell(
        send(url, { ...init, idempotencyKey: key, idempotency: { writes, firstSentAt } } as RequestInit),
        reads,
      )
  },
}

function kyHost(name: HostName, ky: Ky): Host {
  const lost = name === 'ky 1' ? 'TypeError' : 'NetworkError'
  return {
    name,
    words: { outcome_unknown: lost, not_applied: lost, unsendable: lost },
    open(options = {}) {
      const { retry, attemptTimeoutMs, ends, user, ofFetch, operation } = splitRetry(options)
      const { beforeRetry, mayRetry } = user
      const api = ky
        .create({
          ...(attemptTimeoutMs !== undefined && { timeout: attemptTimeoutMs }),
          ...(beforeRetry && { hooks: { beforeRetry: [beforeRetry as never] } }),
          ...(mayRetry !== undefined && { retry: { shouldRetry: () => mayRetry } }),
        })
        .extend(idempotency({ ...operation, ...retry, ...endsOf(ends, toResponse), ...ofFetch }))
      return ({ url, key, writes, firstSentAt, reads, ...init }) => {
        const context = {
          ...(key !== undefined && { idempotencyKey: key }),
          idempotency: { writes, firstSentAt },
        }
        // What ky throws at once, such as for an illegal header, ends the call, too.
        return tell(
          Promise.resolve().then(() => api(url, { ...init, context } as object)),
          reads,
        )
      }
    },
  }
}

const nodeHost: Host = {
  name: 'node:http',
  words: {},
  open(options = {}) {
    const { retry, attemptTimeoutMs, ends, operation } = splitRetry(options)
    const toAnswer = ({ status, body }: Found) => new NodeAnswer(status, {}, Buffer.from(body))
    const send = createNodeHost({
      ...operation,
      retry: { ...retry, attemptTimeoutMs },
      ends: endsOf(ends, toAnswer),
    })
    return ({ url, firstSentAt, ...call }) => tell(send(url, { ...call, firstSentMs: firstSentAt } as never))
  },
}

/** Both majors of ky. */
export const majors: readonly (readonly ['ky 1' | 'ky 2', Ky])[] = [
  ['ky 1', ky1],
  ['ky 2', ky2 as unknown as Ky],
]

/** The hosts that send by a `fetch`, and whose answers are a `Response`. */
export const fetchHosts: readonly Host[] = [fetchHost, ...majors.map(([name, ky]) => kyHost(name, ky))]

/** Everything that sends writes on the one loop. */
export const hosts: readonly Host[] = [...fetchHosts, nodeHost]

async function tell(sending: Promise<Response | NodeAnswer>, reads = true): Promise<Told> {
  const end: unknown = await sending.catch((error: unknown) => error)
  const facts = idempotencyOf(end)
  const { name, response, code, status } = end as Partial<Error> & {
    readonly status?: number
    readonly response?: { readonly status: number }
    readonly code?: unknown
  }
  // ky throws an answer that is no success.
  const answered = status ?? (name === 'HTTPError' ? response?.status : undefined)
  const what = answered ?? (typeof code === 'string' ? code : (name ?? String(end)))
  return { end, what, body: reads ? await readBody(end) : undefined, facts }
}

async function readBody(end: unknown): Promise<string | undefined> {
  if (end instanceof NodeAnswer) return end.body.toString()
  return end instanceof Response && end.ok ? end.text() : undefined
}
