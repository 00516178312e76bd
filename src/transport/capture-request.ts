import { readStream } from './read-stream.js'

/** A body that can be sent any number of times, except a stream, which can be sent once. */
export type CapturedBody = string | Uint8Array | Blob | ReadableStream<Uint8Array> | null | undefined

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
}

/** A body as `fetch` takes it. */
type Body = NonNullable<RequestInit['body']>

/** What `fetch` takes as its second argument, with a body that may be made anew for each attempt. */
export interface CapturableInit extends Omit<RequestInit, 'body' | 'duplex'> {
  /** The body, or a function that makes it anew for each attempt (for streams too large to keep). It must give the same bytes each time. */
  body?: Body | null | undefined | (() => Body | Promise<Body>)
  /** For streams, as `fetch` wants it. */
  duplex?: 'half' | undefined
}

/** Whether the body is gone once it was sent. */
export function canBeSentOnce({ body, remake }: CapturedRequest): boolean {
  return body instanceof ReadableStream && remake === undefined
}

/** How much of a streaming body is kept, and what to do with a longer one. */
export interface BodyLimits {
  readonly maxRequestBytes: number
  readonly oversizedBody: 'refuse' | 'send-once'
}

/** Thrown inside the host, which knows the operation that the error has to name. */
export class OversizedBody extends Error {}

/** The name under which a header is written, any case. */
export function findHeader(headers: Readonly<Record<string, string>>, lowerName: string): string | undefined {
  for (const name in headers)
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) return name
  return undefined
}

function copyHeaders(given: HeadersInit | undefined, base: Request | undefined): Record<string, string> {
  const source = given ?? base?.headers
  if (source === undefined) return {}
  if (Object.getPrototypeOf(source) !== Object.prototype)
    return Object.fromEntries(new Headers(source as HeadersInit))
  const headers: Record<string, string> = {}
  // `fetch` would do the same to a value that is no string.
  for (const name of Object.keys(source)) headers[name] = `${(source as Record<string, string>)[name]}`
  return headers
}

type Streaming = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>

function isStream(body: unknown): body is Streaming {
  return (
    typeof body === 'object' &&
    body !== null &&
    (body instanceof ReadableStream || Symbol.asyncIterator in body)
  )
}

function captureStream(
  source: Streaming,
  limits: BodyLimits,
  signal: AbortSignal | undefined,
): Promise<CapturedBody> {
  const { maxRequestBytes, oversizedBody } = limits
  // `Response` refuses a stream that was read from before, which would otherwise be sent as if it were empty.
  const fresh = source instanceof ReadableStream ? (new Response(source).body as typeof source) : source
  const use = async (read: Uint8Array | ReadableStream<Uint8Array>) => {
    if (read instanceof Uint8Array) return read
    if (oversizedBody === 'send-once') return checkStream(read)
    await read.cancel()
    throw new OversizedBody()
  }
  return readStream<CapturedBody>(fresh, maxRequestBytes, use, { signal })
}

/** @throws `TypeError` where streams cannot be sent: some browsers would send `[object ReadableStream]` in their place. */
async function checkStream(stream: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  const init = { method: 'POST', body: new ReadableStream(), duplex: 'half' }
  if (!new Request('http://a', init).headers.has('content-type')) return stream
  await stream.cancel()
  throw new TypeError('a body cannot be streamed here')
}

/** Not every `fetch` takes an iterable. */
async function toStream(source: Streaming): Promise<CapturedBody> {
  const stream =
    source instanceof ReadableStream ? source : await readStream<CapturedBody>(source, -1, (read) => read, {})
  return stream instanceof ReadableStream ? checkStream(stream) : stream
}

/** The body in a form that stays as it is, with the content type that `fetch` would have given it. */
function captureBody(
  body: unknown,
  headers: Record<string, string>,
  limits: BodyLimits,
  signal: AbortSignal | undefined,
): CapturedBody | Promise<CapturedBody> {
  if (typeof body === 'string' || body === null || body === undefined || body instanceof Blob)
    return body as CapturedBody
  // One of another realm is no instance of ours.
  if (Object.prototype.toString.call(body) === '[object ArrayBuffer]')
    return new Uint8Array(body as ArrayBuffer).slice()
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice()
  const setType = (type: string | null) => {
    if (type !== null && findHeader(headers, 'content-type') === undefined) headers['content-type'] = type
  }
  if (body instanceof URLSearchParams) {
    setType('application/x-www-form-urlencoded;charset=UTF-8')
    return body.toString()
  }
  if (body instanceof FormData) {
    // Written out once: each writing has another boundary, so other bytes.
    const form = new Response(body)
    setType(form.headers.get('content-type'))
    return form.arrayBuffer().then((bytes) => new Uint8Array(bytes))
  }
  if (isStream(body)) return captureStream(body, limits, signal)
  return String(body)
}

/** A `Request` to take the other settings from, where its body was used. */
export function unused(base: Request): Request {
  return base.bodyUsed ? new Request(base, { method: 'POST', body: '' }) : base
}

/** The body of a `Request`; a runtime that does not show it as a stream gives it whole. */
function bodyOf(request: Request): BodyInit | null | Promise<BodyInit | null> {
  if (request.body !== undefined) return request.body
  return request.arrayBuffer().then((bytes) => (bytes.byteLength === 0 ? null : bytes))
}

/** Everything but the body, as it is now. */
function fix(input: string | URL | Request, init: CapturableInit): CapturedRequest {
  const { method, headers, body, signal, duplex, ...rest } = init
  const base = input instanceof Request ? input : undefined
  return {
    method: method ?? base?.method ?? 'GET',
    url: base?.url ?? String(input),
    headers: copyHeaders(headers, base),
    body: undefined,
    remake: undefined,
    rest,
    base,
    signal: signal === null ? undefined : (signal ?? base?.signal),
  }
}

/**
 * Takes a request as it is now, in a form that can be sent again. At once, unless its body has to be read.
 *
 * @throws `TypeError` for a body that was used before, {@link OversizedBody} for a stream past the limit, and what a
 * stream or a body function throws.
 */
export function captureRequest(
  input: string | URL | Request,
  init: CapturableInit,
  limits: BodyLimits,
): CapturedRequest | Promise<CapturedRequest> {
  const request = fix(input, init)
  const { base } = request
  const { body: given } = init
  if (typeof given === 'function') return captureMade(request, given, limits)
  const source = base !== undefined && (given === undefined || given === null) ? bodyOf(base) : given
  return source instanceof Promise
    ? source.then((body) => withBody(request, body, limits))
    : withBody(request, source, limits)
}

function withBody(
  request: CapturedRequest,
  source: unknown,
  limits: BodyLimits,
): CapturedRequest | Promise<CapturedRequest> {
  const { headers, signal } = request
  const body = captureBody(source, headers as Record<string, string>, limits, signal)
  return body instanceof Promise ? body.then((whole) => ({ ...request, body: whole })) : { ...request, body }
}

async function captureMade(
  request: CapturedRequest,
  make: () => unknown,
  limits: BodyLimits,
): Promise<CapturedRequest> {
  const made = await make()
  if (!isStream(made)) return withBody(request, made, limits)
  const body = await toStream(made)
  const { signal } = request
  if (signal?.aborted && body instanceof ReadableStream) body.cancel(signal.reason).catch(() => undefined)
  return { ...request, body, remake: async () => toStream((await make()) as Streaming) }
}
