import { describeShape, invalid, isRecord } from './validate.js'

/** Writes a debug line. It never holds a credential, a body or a query. */
export type DebugLog = (message: string, data?: Readonly<Record<string, unknown>>) => void

/** How long to wait before retry number `retry` (1 for the first), in milliseconds. */
export type RetryDelay = (retry: number) => number

/** Options of {@link QURLClient}. */
export interface ClientOptions {
  /** API key or JWT. It is sent as a bearer token and shown nowhere else. */
  readonly apiKey: string
  /** Where the API is: `https`, or `http` on this machine. A path prefix is kept. @defaultValue `'https://api.layerv.ai'` */
  readonly baseUrl?: string
  /** The `fetch` to send with, called with a URL string and plain options. @defaultValue `globalThis.fetch`, as it is at construction */
  readonly fetch?: typeof fetch
  /** Retries after the first attempt. @defaultValue `3` */
  readonly maxRetries?: number
  /** Time for one attempt, from the connection to the last byte of the answer, in milliseconds. @defaultValue `30_000` */
  readonly timeout?: number
  /**
   * Time for a whole call, its attempts and waits together, in milliseconds.
   *
   * @defaultValue every attempt's `timeout`, and a minute for the waits
   */
  readonly deadlineMs?: number
  /**
   * Longest wait that the service may ask for, in milliseconds. A longer `Retry-After` ends the call with an error that tells it.
   *
   * @defaultValue `60_000`
   */
  readonly maxRetryAfterMs?: number
  /** @defaultValue `'fetch-idempotency-qurl/<version>'` */
  readonly userAgent?: string
  /** `true` writes to `console.debug`. @defaultValue `false` */
  readonly debug?: boolean | DebugLog
  /**
   * How long to wait when the service does not say.
   *
   * @defaultValue anything up to half a second, doubling to 30 s
   */
  readonly retryDelay?: RetryDelay
}

/** Options of one call that reads or deletes. */
export interface ReadOptions {
  /** Ends the call at once, also while it waits; the call rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Time for one attempt of this call, in milliseconds. */
  readonly timeout?: number
  /** More headers for this call. */
  readonly headers?: HeadersInit
}

/** Options of one call that writes. */
export interface RequestOptions extends ReadOptions {
  /**
   * The `Idempotency-Key` of this write: 1 to 256 printable ASCII characters, for `createApiKey` at least 32. Give the same key
   * again, with the same input, to finish a write whose outcome is unknown.
   *
   * @defaultValue a new UUIDv7 per call
   */
  readonly idempotencyKey?: string
}

/** {@link ClientOptions}, checked and copied, with every default in place. */
export interface ResolvedOptions {
  readonly apiKey: string
  readonly baseUrl: string
  readonly fetch: typeof fetch
  readonly maxRetries: number
  readonly timeoutMs: number
  readonly deadlineMs: number | undefined
  readonly maxRetryAfterMs: number
  readonly userAgent: string
  readonly debug: DebugLog
  readonly retryDelay: RetryDelay | undefined
}

/** {@link RequestOptions}, checked and copied. */
export interface ResolvedCall {
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number | undefined
  readonly headers: Headers
  readonly key: string | undefined
}

const defaultTimeoutMs = 30_000
/** Two loops of retries around each other would multiply. The mark is the one of `createIdempotentFetch`. */
const isIdempotentFetch = (fetch: unknown): boolean =>
  (fetch as Record<symbol, unknown>)[Symbol.for('fetch-idempotency.fetch')] === true

/** The longest delay a timer can hold; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1

export const clampTimer = (ms: number): number => Math.min(Math.max(Math.ceil(ms), 1), longestTimerMs)

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
]

function refuseUnknown(where: string, given: object, names: readonly string[]): void {
  const unknown = Object.keys(given).filter((name) => !names.includes(name))
  if (unknown.length > 0)
    throw invalid(`${where}: unknown option ${unknown.map((name) => `"${name}"`).join(', ')}`)
}

function checkKind(name: string, value: unknown, kind: 'function' | 'number' | 'string'): void {
  if (value !== undefined && typeof value !== kind)
    throw invalid(`${name}: must be a ${kind} (got ${describeShape(value)})`)
}

/** A credential that can stand in a header as it is. The text of the error must not show any of it. */
function checkApiKey(apiKey: unknown): string {
  if (typeof apiKey !== 'string' || apiKey === '') {
    throw invalid(
      `apiKey: must be a non-empty string (got ${apiKey === '' ? 'an empty one' : describeShape(apiKey)})`,
    )
  }
  if (!/^[\x21-\x7e]+$/.test(apiKey)) throw invalid('apiKey: must be printable ASCII without spaces')
  return apiKey
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

function checkDebug(debug: unknown): DebugLog {
  if (typeof debug === 'function') return debug as DebugLog
  if (typeof debug !== 'boolean')
    throw invalid(`debug: must be a boolean or a function (got ${describeShape(debug)})`)
  return debug ? (message, data) => console.debug(message, data) : () => {}
}

const isPositive = (value: number | undefined): value is number =>
  value !== undefined && Number.isFinite(value) && value > 0

/**
 * Checks and copies the options of a client.
 *
 * @throws {@link ValidationError} that names the option and never shows the credential.
 */
export function resolveClientOptions(options: ClientOptions, defaultUserAgent: string): ResolvedOptions {
  if (!isRecord(options)) throw invalid(`options: must be an object (got ${describeShape(options)})`)
  refuseUnknown('options', options, clientOptionNames)
  const { maxRetries = 3, timeout, deadlineMs, maxRetryAfterMs = 60_000, fetch = globalThis.fetch } = options
  for (const [name, value] of Object.entries({ maxRetries, timeout, deadlineMs, maxRetryAfterMs })) {
    checkKind(name, value, 'number')
  }
  checkKind('retryDelay', options.retryDelay, 'function')
  if (typeof fetch !== 'function') throw invalid(`fetch: must be a function (got ${describeShape(fetch)})`)
  if (isIdempotentFetch(fetch)) throw invalid('fetch: retries already; give the fetch that it wraps')
  if (deadlineMs !== undefined && !(deadlineMs > 0)) throw invalid('deadlineMs: must be above 0')
  if (!(maxRetryAfterMs >= 0)) throw invalid('maxRetryAfterMs: must be at least 0')
  return {
    apiKey: checkApiKey(options.apiKey),
    baseUrl: checkBaseUrl(options.baseUrl ?? 'https://api.layerv.ai'),
    fetch,
    maxRetries: Number.isFinite(maxRetries) ? Math.max(0, Math.floor(maxRetries)) : 3,
    timeoutMs: clampTimer(isPositive(timeout) ? timeout : defaultTimeoutMs),
    deadlineMs: deadlineMs === undefined ? undefined : clampTimer(deadlineMs),
    maxRetryAfterMs,
    userAgent: checkUserAgent(options.userAgent ?? defaultUserAgent),
    debug: checkDebug(options.debug ?? false),
    retryDelay: options.retryDelay,
  }
}

const readOptionNames = ['signal', 'timeout', 'headers']
const writeOptionNames = [...readOptionNames, 'idempotencyKey']
/** What the client says about a request's body and key is not to be contradicted. */
const ownHeaders = ['accept', 'content-length', 'content-type', 'host', 'idempotency-key']

function checkHeaders(given: unknown): Headers {
  let headers: Headers
  try {
    headers = new Headers(given as HeadersInit)
  } catch {
    // The runtime's own message would show the value.
    throw invalid('options.headers: must be valid header names and values')
  }
  const own = ownHeaders.filter((name) => headers.has(name))
  if (own.length > 0) {
    const advice = own.includes('idempotency-key') ? '; give the key as options.idempotencyKey' : ''
    throw invalid(`options.headers: ${own.join(', ')} cannot be set here${advice}`)
  }
  return headers
}

function checkKey(key: unknown, minLength: number): string {
  if (typeof key !== 'string')
    throw invalid(`options.idempotencyKey: must be a string (got ${describeShape(key)})`)
  if (key.length < minLength || key.length > 256) {
    throw invalid(`options.idempotencyKey: must be ${minLength} to 256 characters (got ${key.length})`)
  }
  if (!/^[\x20-\x7e]+$/.test(key)) throw invalid('options.idempotencyKey: must be printable ASCII')
  if (key.trim() !== key) throw invalid('options.idempotencyKey: must not have surrounding whitespace')
  return key
}

/**
 * Checks and copies the options of one call.
 *
 * @throws {@link ValidationError} for an unknown option or a value that cannot be used.
 */
export function resolveCallOptions(
  options: RequestOptions | undefined,
  takesKey: boolean,
  minKeyLength = 1,
): ResolvedCall {
  const given = options ?? {}
  if (!isRecord(given)) throw invalid(`options: must be an object (got ${describeShape(given)})`)
  refuseUnknown('options', given, takesKey ? writeOptionNames : readOptionNames)
  const { signal, timeout, headers, idempotencyKey } = given as RequestOptions
  if (signal != null && typeof signal.addEventListener !== 'function') {
    throw invalid(`options.signal: must be an AbortSignal (got ${describeShape(signal)})`)
  }
  if (timeout != null && !isPositive(timeout)) throw invalid('options.timeout: must be a number above 0')
  return {
    signal: signal ?? undefined,
    timeoutMs: timeout == null ? undefined : clampTimer(timeout),
    headers: checkHeaders(headers ?? {}),
    key: idempotencyKey == null ? undefined : checkKey(idempotencyKey, minKeyLength),
  }
}

/** First and last four characters, or nothing of a short key. */
export const maskApiKey = (apiKey: string): string =>
  apiKey.length > 8 ? `${apiKey.slice(0, 4)}***${apiKey.slice(-4)}` : '***'
