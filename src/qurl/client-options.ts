import { clampTimer } from './clamp-timer.js'
import type { RetryBudget } from '../ky/index.js'
import { checkApiKey, type ApiKeySource } from './credential.js'
import { readEnvironment } from './environment.js'
import { checkKind, describeShape, invalid, isRecord, refuseUnknown } from './validate.js'

/** Writes a debug line. It never holds a credential, a body or a query. `data.level` tells how odd it is: `debug` or `warn`. */
export type DebugLog = (message: string, data?: Record<string, unknown>) => void

/** `debug` is what happens in every call. `warn` is an answer that was used or refused although it was not as documented. */
export type DebugLevel = 'debug' | 'warn'

/** How long to wait before retry number `retry` (1 for the first), in milliseconds. */
export type RetryDelay = (retry: number) => number

/** Options of {@link QURLClient}. */
export interface ClientOptions {
  /**
   * API key or JWT. It is sent as a bearer token and shown nowhere else. A function is asked before every call, so that a
   * credential can be replaced while the client lives.
   *
   * @defaultValue the environment variable `QURL_API_KEY`, where there is one
   */
  readonly apiKey?: ApiKeySource | undefined
  /**
   * Where the API is: `https`, or `http` on this machine. A path prefix is kept.
   *
   * @defaultValue the environment variable `QURL_ENDPOINT`, else `'https://api.layerv.ai'`
   */
  readonly baseUrl?: string | undefined
  /** The `fetch` to send with, called with a URL string and plain options. @defaultValue `globalThis.fetch`, as it is at construction */
  readonly fetch?: typeof fetch | undefined
  /**
   * Retries after the first attempt. As with the official client, less than none is none, a fraction is cut off, and `NaN` or
   * `Infinity` is the default.
   *
   * @defaultValue `3`
   */
  readonly maxRetries?: number | undefined
  /**
   * Time for one attempt, from the connection to the last byte of the answer, in milliseconds. As with the official client,
   * what is not above 0 or not finite is the default; the `timeout` of one call, which is new here, has to be above 0.
   *
   * @defaultValue `30_000`
   */
  readonly timeout?: number | undefined
  /**
   * Time for a whole call, its attempts and waits together, in milliseconds. A wait that would pass it is not begun.
   *
   * @defaultValue none: a call ends with its last attempt, each bounded by `timeout`, each wait by `maxRetryAfterMs`
   */
  readonly deadlineMs?: number | undefined
  /**
   * Longest wait that the service may ask for, in milliseconds. A longer `Retry-After` ends the call with an error that tells it.
   *
   * @defaultValue `60_000`
   */
  readonly maxRetryAfterMs?: number | undefined
  /** @defaultValue `'fetch-idempotency-qurl/<version>'` */
  readonly userAgent?: string | undefined
  /**
   * `true` writes what happens to `console.debug`, and what is odd to `console.warn`; `'warn'` only what is odd. A function
   * gets both, with the level in its data.
   *
   * @defaultValue `false`
   */
  readonly debug?: boolean | DebugLevel | DebugLog | undefined
  /**
   * How long to wait when the service does not say.
   *
   * @defaultValue anything up to half a second, doubling to 30 s
   */
  readonly retryDelay?: RetryDelay | undefined
  /**
   * What retries of writes are paid from, so that an outage is not answered with a storm of them. Give several clients of one service
   * the same budget: `createRetryBudget()`.
   *
   * @defaultValue one for this client: 500 tokens, of which a retry costs 14 after a lost answer or a 5xx and 5 after a 429,
   * and a success gives some back
   */
  readonly retryBudget?: RetryBudget | undefined
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
  readonly debug: ((level: DebugLevel, message: string, data: Record<string, unknown>) => void) | undefined
  readonly retryBudget: RetryBudget | undefined
  readonly retryDelay: RetryDelay | undefined
}

/** Two loops of retries around each other would multiply. The mark is the one of `createIdempotentFetch`. */
const isIdempotentFetch = (fetch: unknown): boolean =>
  (fetch as Record<symbol, unknown>)[Symbol.for('fetch-idempotency.fetch')] === true

const clientOptionNames = [
  'apiKey',
  'baseUrl',
  'fetch',
  'maxRetries',
  'timeout',
  'deadlineMs',
  'maxRetryAfterMs',
  'userAgent',
  'debug',
  'retryDelay',
  'retryBudget',
]

function checkSource(source: unknown): ApiKeySource {
  if (typeof source === 'function') return source as ApiKeySource
  if (source === undefined) throw invalid('apiKey: is missing, and the environment has no QURL_API_KEY')
  return checkApiKey(source)
}

const localHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

function checkBaseUrl(baseUrl: unknown): string {
  checkKind('baseUrl', baseUrl, 'string')
  let url: URL
  try {
    url = new URL(baseUrl as string)
  } catch {
    throw invalid('baseUrl: must be an absolute URL')
  }
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && localHosts.includes(url.hostname))
  if (!isSafe) throw invalid('baseUrl: must be https, or http on localhost, 127.0.0.1 or [::1]')
  if (url.username !== '' || url.password !== '')
    throw invalid('baseUrl: must not hold a user name or password')
  if (/[?#]/.test(baseUrl as string)) throw invalid('baseUrl: must not have a query or fragment')
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

function checkUserAgent(userAgent: unknown): string {
  checkKind('userAgent', userAgent, 'string')
  if (!/^[\x20-\x7e]+$/.test(userAgent as string)) throw invalid('userAgent: must be printable ASCII')
  return userAgent as string
}

function checkDebug(debug: unknown): ResolvedOptions['debug'] {
  if (typeof debug === 'function') {
    return (level, message, data) => tell(debug as DebugLog, message, { level, ...data })
  }
  if (typeof debug !== 'boolean' && debug !== 'debug' && debug !== 'warn')
    throw invalid(`debug: must be a boolean, 'debug', 'warn' or a function (got ${describeShape(debug)})`)
  if (debug === false) return undefined
  return (level, message, data) => {
    if (level === 'warn') console.warn(message, data)
    else if (debug !== 'warn') console.debug(message, data)
  }
}

/** Calls a listener whose failure, thrown or by a rejected promise, is none of the call that it is told of. */
function tell(listener: DebugLog, message: string, data: Record<string, unknown>): void {
  try {
    const told: unknown = listener(message, data)
    if (isPromiseLike(told)) told.then(undefined, () => undefined)
  } catch {
    // As above.
  }
}

const isPromiseLike = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function'

function checkRetryBudget(budget: unknown): RetryBudget | undefined {
  if (budget === undefined || (typeof budget === 'object' && budget !== null))
    return budget as RetryBudget | undefined
  throw invalid(`retryBudget: must be what createRetryBudget() gives (got ${describeShape(budget)})`)
}

/**
 * Checks and copies the options of a client.
 *
 * @throws {@link ValidationError} that names the option and never shows the credential.
 */
export function resolveClientOptions(options: ClientOptions, defaultUserAgent: string): ResolvedOptions {
  if (!isRecord(options as unknown))
    throw invalid(`options: must be an object (got ${describeShape(options)})`)
  refuseUnknown('options', options, clientOptionNames)
  const {
    maxRetries = 3,
    timeout = 30_000,
    deadlineMs,
    maxRetryAfterMs = 60_000,
    fetch = globalThis.fetch,
  } = options
  for (const [name, value] of Object.entries({ maxRetries, timeout, deadlineMs, maxRetryAfterMs })) {
    checkKind(name, value, 'number')
  }
  checkKind('retryDelay', options.retryDelay, 'function')
  if (typeof fetch !== 'function') throw invalid(`fetch: must be a function (got ${describeShape(fetch)})`)
  if (isIdempotentFetch(fetch)) throw invalid('fetch: retries already; give the fetch that it wraps')
  if (deadlineMs !== undefined && !(deadlineMs > 0)) throw invalid('deadlineMs: must be above 0')
  if (!(maxRetryAfterMs >= 0)) throw invalid('maxRetryAfterMs: must be at least 0')
  const environment = readEnvironment()
  return {
    apiKey: checkSource(options.apiKey ?? environment.apiKey),
    baseUrl: checkBaseUrl(options.baseUrl ?? environment.baseUrl ?? 'https://api.layerv.ai'),
    fetch,
    maxRetries: Number.isFinite(maxRetries) ? Math.max(0, Math.floor(maxRetries)) : 3,
    timeoutMs: clampTimer(timeout > 0 && Number.isFinite(timeout) ? timeout : 30_000),
    deadlineMs: deadlineMs === undefined ? undefined : clampTimer(deadlineMs),
    maxRetryAfterMs,
    userAgent: checkUserAgent(options.userAgent ?? defaultUserAgent),
    debug: checkDebug(options.debug ?? false),
    retryDelay: options.retryDelay,
    retryBudget: checkRetryBudget(options.retryBudget),
  }
}
