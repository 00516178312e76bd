import type { RetryBudget } from '../ky/index.js'
import type { ApiKeySource } from './credential.js'
import type { Debug, DebugLevel, DebugLog } from './debug-log.js'

/** How long to wait before retry number `retry` (1 for the first), in milliseconds. */
export type RetryDelay = (retry: number) => number

/** Options of {@link QURLClient}. */
export interface ClientOptions {
  /**
   * API key or JWT. It is sent as a bearer token and shown nowhere else. A function is asked before every call, so that a
   * credential can be replaced while the client lives, and has the `timeout` of an attempt to answer.
   *
   * @defaultValue the environment variable `QURL_API_KEY`, where there is one
   */
  apiKey?: ApiKeySource | undefined
  /**
   * Where the API is: `https`, or `http` on this machine. A path prefix is kept.
   *
   * @defaultValue the environment variable `QURL_ENDPOINT`, else `'https://api.layerv.ai'`
   */
  baseUrl?: string | undefined
  /** The `fetch` to send with, called with a URL string and plain options. @defaultValue `globalThis.fetch`, as it is at construction */
  fetch?: typeof fetch | undefined
  /**
   * Retries after the first attempt. As with the official client, less than none is none, a fraction is cut off, and `NaN` or
   * `Infinity` is the default.
   *
   * @defaultValue `3`
   */
  maxRetries?: number | undefined
  /**
   * Time for one attempt, from the connection to the last byte of the answer, in milliseconds. As with the official client,
   * what is not above 0 or not finite is the default; the `timeout` of one call, which is new here, has to be above 0.
   *
   * @defaultValue `30_000`
   */
  timeout?: number | undefined
  /**
   * Time for a whole call, its attempts and waits together, in milliseconds. A wait that would pass it is not begun.
   *
   * @defaultValue none: a call ends with its last attempt, each bounded by `timeout`, each wait by `maxRetryAfterMs`
   */
  deadlineMs?: number | undefined
  /**
   * Longest wait that the service may ask for, in milliseconds. A longer `Retry-After` ends the call with an error that tells it.
   *
   * @defaultValue `60_000`
   */
  maxRetryAfterMs?: number | undefined
  /** @defaultValue `'fetch-idempotency-qurl/<version>'` */
  userAgent?: string | undefined
  /**
   * `true` writes what happens to `console.debug`, and what is odd to `console.warn`; `'warn'` only what is odd. A function
   * gets both, with the level in its data.
   *
   * @defaultValue `false`
   */
  debug?: boolean | DebugLevel | DebugLog | undefined
  /**
   * How long to wait when the service does not say.
   *
   * @defaultValue anything up to half a second, doubling to 30 s
   */
  retryDelay?: RetryDelay | undefined
  /**
   * What retries of writes are paid from, so that an outage is not answered with a storm of them. Give several clients of one service
   * the same budget: `createRetryBudget()`.
   *
   * @defaultValue one for this client: 500 tokens, of which a retry costs 14 after a lost answer or a 5xx and 5 after a 429,
   * and a success gives some back
   */
  retryBudget?: RetryBudget | undefined
}

/** {@link ClientOptions}, checked and copied, with every default in place. */
export interface ResolvedOptions {
  readonly apiKey: ApiKeySource
  readonly baseUrl: string
  readonly fetch: typeof fetch
  readonly maxRetries: number
  readonly timeoutMs: number
  readonly deadlineMs: number | undefined
  readonly maxRetryAfterMs: number
  readonly userAgent: string
  /** `undefined` when nobody listens. */
  readonly debug: Debug | undefined
  readonly retryBudget: RetryBudget | undefined
  readonly retryDelay: RetryDelay | undefined
}
