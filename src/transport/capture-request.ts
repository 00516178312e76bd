import { captureBody, toSendable } from './capture-body.js'
import { copyHeaders } from './capture-headers.js'
import { isSentOnce, type BodyLimits, type CapturedBody } from './captured-body.js'
import { isBytes, isByteSource, isPromise, isOfClass, isRequest, webClass } from './web-shapes.js'

/** A request as it was at the call: nothing that the caller does later changes what an attempt sends. */
export interface CapturedRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: CapturedBody
  /** Makes the next body, where the caller gave a function that gives streams. */
  readonly remake: (() => CapturedBody | Promise<CapturedBody>) | undefined
  /** The rest of `init`, for the wrapped fetch. */
  readonly rest: RequestInit
  /** The caller's `Request`, whose other settings each attempt takes over. */
  readonly base: Request | undefined
  readonly signal: AbortSignal | undefined
  /** To send it twice does no harm, as with a key: a layer below may do so. @defaultValue `false` */
  readonly mayBeResent?: boolean | undefined
}

/** A body as `fetch` takes it. */
type Body = NonNullable<RequestInit['body']>

/**
 * What the fetch of this runtime takes. Those of Bun and Workers take more than a `RequestInit`: `proxy`, `tls`, `cf`. Under the types
 * of Bun, `fetch` is declared twice.
 */
type FetchInit = typeof globalThis.fetch extends {
  (input: never, init?: infer One): unknown
  (input: never, init?: infer Other): unknown
}
  ? NonNullable<One> & NonNullable<Other>
  : RequestInit

/** What `fetch` takes as its second argument, with a body that a function may make for each attempt. */
export interface CapturableInit extends Omit<FetchInit, 'body' | 'duplex'> {
  /** The body, or a function that makes it for each attempt (for streams too large to keep). It must give the same bytes each time. */
  body?: Body | null | undefined | (() => Body | Promise<Body>)
  /** For streams, as `fetch` wants it. */
  duplex?: 'half' | undefined
}

/** Whether the body is gone once it was sent. */
export function canBeSentOnce({ body, remake }: CapturedRequest): boolean {
  return isSentOnce(body) && remake === undefined
}

/** A `Request` to take the other settings from, where its body was used. */
export function unused(base: Request): Request {
  return base.bodyUsed ? new (classOf(base))(base, { method: 'POST', body: '' }) : base
}

/** The class that a `Request` was made with: another one may not know it, and read it as a URL. */
export function classOf(base: Request): typeof Request {
  const native = webClass('Request')
  return isOfClass(base, native) ? native : ((base as object).constructor as typeof Request)
}

/** Whether it may take time to capture a request: its body may be a stream, or a function that makes it. */
export function takesTime(input: string | URL | Request, { body }: { readonly body?: unknown }): boolean {
  if (body === undefined || body === null) return isRequest(input) && input.body !== null
  return typeof body === 'function' || (typeof body === 'object' && !isBytes(body))
}

/** The body of a `Request`; a runtime that does not show it as a stream gives it whole. */
function bodyOf(request: Request): unknown {
  if (request.body !== undefined) return request.body
  // Of a copy: that of whatwg-fetch makes no other request of one that was read.
  return request
    .clone()
    .arrayBuffer()
    .then((bytes) => (bytes.byteLength === 0 ? null : bytes))
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] }

/** Everything but the body, as it is now. */
function fix(input: string | URL | Request, init: CapturableInit): Writable<CapturedRequest> {
  // One pattern, which leaves out the options of ours as well: V8 takes long for each.
  const own: CapturableInit & { idempotencyKey?: unknown; idempotency?: unknown } = init
  const {
    method,
    headers,
    body: _,
    signal,
    duplex: __,
    idempotencyKey: ___,
    idempotency: ____,
    ...rest
  } = own
  const base = isRequest(input) ? input : undefined
  return {
    method: method ?? base?.method ?? 'GET',
    url: base?.url ?? String(input),
    headers: copyHeaders(headers ?? base?.headers),
    body: undefined,
    remake: undefined,
    rest,
    base,
    // That of a `Request` of node-fetch is `null`.
    signal: (signal === undefined ? base?.signal : signal) ?? undefined,
  }
}

/**
 * Takes a request as it is now, in a form that can be sent again. At once, unless its body has to be read. `init` has members of
 * its own alone, as `readInit` gives them. `stop` ends the reading of a stream, in place of the request's own signal.
 *
 * @throws `TypeError` for a body that was used before or that is none, {@link OversizedBody} for a stream past the limit, and
 * what a stream or a body function throws.
 */
export function captureRequest(
  input: string | URL | Request,
  init: CapturableInit,
  limits: BodyLimits,
  stop?: AbortSignal,
): CapturedRequest | Promise<CapturedRequest> {
  const request = fix(input, init)
  const { base } = request
  const { body: given } = init
  if (typeof given === 'function') return captureMade(request, given, limits, stop)
  const isOfBase = base !== undefined && (given === undefined || given === null)
  if (isOfBase && base.bodyUsed) throw new TypeError('the body of the Request was used before')
  const source = isOfBase ? bodyOf(base) : given
  return isOfBase && isPromise(source)
    ? Promise.resolve(source).then((body) => withBody(request, body, limits, stop))
    : withBody(request, source, limits, stop)
}

/** Fills in the body of a request that nobody else has seen yet. */
function withBody(
  request: Writable<CapturedRequest>,
  source: unknown,
  limits: BodyLimits,
  stop: AbortSignal | undefined,
): CapturedRequest | Promise<CapturedRequest> {
  const { headers, signal } = request
  const fill = (body: CapturedBody) => {
    request.body = body
    return request
  }
  const body = captureBody(source, headers as Record<string, string>, limits, stop ?? signal)
  return isPromise(body) ? body.then(fill) : fill(body)
}

async function captureMade(
  request: CapturedRequest,
  make: () => unknown,
  limits: BodyLimits,
  stop: AbortSignal | undefined,
): Promise<CapturedRequest> {
  const made = await make()
  if (!isByteSource(made)) return withBody(request, made, limits, stop)
  const body = await toSendable(made)
  const left = stop?.aborted ? stop : request.signal
  if (left?.aborted && isSentOnce(body)) body.cancel(left.reason).catch(() => undefined)
  const remake = async () => {
    const next = await make()
    if (!isByteSource(next)) throw new TypeError('the body function must give streams each time')
    return toSendable(next)
  }
  return { ...request, body, remake }
}
