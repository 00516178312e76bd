import { clampTimer } from './clamp-timer.js'
import { describeShape, invalid, isRecord, refuseUnknown } from './validate.js'

/** Options of one call that reads or deletes. */
export interface ReadOptions {
  /** Ends the call at once, also while it waits; the call rejects with the signal's reason. */
  signal?: AbortSignal | undefined
  /** Time for one attempt of this call, in milliseconds. */
  timeout?: number | undefined
  /** More headers for this call. */
  headers?: RequestInit['headers']
  /**
   * Retries of this call after its first attempt; 0 sends it once.
   *
   * @defaultValue that of the client
   */
  maxRetries?: number | undefined
}

/** Options of one call that writes. */
export interface RequestOptions extends ReadOptions {
  /**
   * The `Idempotency-Key` of this write: 1 to 256 printable ASCII characters, for `createApiKey` at least 32. Where the method
   * honours keys, the same key with the same input finishes a write whose outcome is unknown. A method that does not says so:
   * there, look before you call again.
   *
   * @defaultValue a new UUIDv7 per call
   */
  idempotencyKey?: string | undefined
  /**
   * When this `idempotencyKey` was first sent, as a date or in milliseconds since the epoch. Give it when an earlier call,
   * maybe of another process, may have sent the key: no refusal then passes for `not-applied`, and a key older than the 24
   * hours that the service keeps it is not sent (`key_expired`). Where keys are not known to be honoured, nothing is sent and the outcome
   * stays `unknown`: look, and call again without it.
   *
   * @defaultValue the time inside a UUIDv7, which counts for the key's age only
   */
  firstSentAt?: Date | number | undefined
}

/** {@link RequestOptions}, checked and copied. */
export interface ResolvedCall {
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number | undefined
  /** `undefined` when none were given. */
  readonly headers: Headers | undefined
  readonly maxRetries: number | undefined
  readonly key: string | undefined
  readonly firstSentMs: number | undefined
}

const readOptionNames = ['signal', 'timeout', 'headers', 'maxRetries']
const writeOptionNames = [...readOptionNames, 'idempotencyKey', 'firstSentAt']
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

function checkFirstSentAt(firstSentAt: unknown, key: unknown): number {
  const ms =
    Object.prototype.toString.call(firstSentAt) === '[object Date]' ? Number(firstSentAt) : firstSentAt
  if (typeof ms !== 'number' || !(ms >= 0)) {
    const got = typeof ms === 'number' ? ms : describeShape(ms)
    throw invalid(`options.firstSentAt: must be a date or milliseconds since the epoch (got ${got})`)
  }
  if (key === undefined) throw invalid('options.firstSentAt: needs the idempotencyKey that was sent then')
  return ms
}

function checkMaxRetries(maxRetries: unknown): number {
  if (typeof maxRetries !== 'number' || !Number.isInteger(maxRetries) || maxRetries < 0) {
    throw invalid('options.maxRetries: must be a whole number of at least 0')
  }
  return maxRetries
}

const none: ResolvedCall = {
  signal: undefined,
  timeoutMs: undefined,
  headers: undefined,
  maxRetries: undefined,
  key: undefined,
  firstSentMs: undefined,
}

/**
 * Checks and copies the options of one call. A key of `null` is refused: it is a row without a key, and a new key for each
 * run would do the work once per run.
 *
 * @throws {@link ValidationError} for an unknown option or a value that cannot be used.
 */
export function resolveCallOptions(
  options: RequestOptions | undefined,
  takesKey: boolean,
  minKeyLength = 1,
  needsKey = false,
): ResolvedCall {
  if (options === undefined && !needsKey) return none
  const given: unknown = options ?? (options === null ? null : {})
  if (!isRecord(given)) throw invalid(`options: must be an object (got ${describeShape(given)})`)
  refuseUnknown('options', given, takesKey ? writeOptionNames : readOptionNames)
  const { signal, timeout, headers, maxRetries, idempotencyKey, firstSentAt } = given as RequestOptions
  if (signal != null && typeof signal.addEventListener !== 'function') {
    throw invalid(`options.signal: must be an AbortSignal (got ${describeShape(signal)})`)
  }
  if (timeout != null && !(typeof timeout === 'number' && timeout > 0)) {
    throw invalid('options.timeout: must be a number above 0')
  }
  if (needsKey && idempotencyKey === undefined) {
    throw invalid('options.idempotencyKey: is required here, so that the same batch can be sent again')
  }
  return {
    signal: signal ?? undefined,
    timeoutMs: timeout == null ? undefined : clampTimer(timeout),
    headers: headers == null ? undefined : checkHeaders(headers),
    maxRetries: maxRetries === undefined ? undefined : checkMaxRetries(maxRetries),
    key: idempotencyKey === undefined ? undefined : checkKey(idempotencyKey, minKeyLength),
    firstSentMs: firstSentAt === undefined ? undefined : checkFirstSentAt(firstSentAt, idempotencyKey),
  }
}
