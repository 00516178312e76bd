import { clampTimer } from './clamp-timer.js'
import type { RetryBudget } from '../ky/index.js'
import type { ClientOptions, ResolvedOptions } from './client-options.js'
import { checkApiKey, type ApiKeySource } from './credential.js'
import { checkDebug } from './debug-log.js'
import { readEnvironment } from './environment.js'
import { checkKind, describeShape, invalid, isRecord, refuseUnknown } from './validate.js'

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
