import { factsTag, type Tagged } from '../operation/facts.js'
import { readStream } from './read-stream.js'

/** A response whose body can no longer fail, and its bytes; no bytes when the body was left to stream. */
export interface SettledBody {
  readonly response: Response
  readonly bytes: Uint8Array | undefined
}

/** No response can be made with one of these and a body, though Chromium gives them an empty one. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/** A native response with another body, and everything else as the wrapped fetch gave it. */
export function rebuild(original: Response, content: BodyInit): Response {
  const { status, headers } = original
  const body = bodiless.has(status) ? null : content
  // A server may send a status that no response can be made with.
  const response = new Response(body, { status: status > 599 ? 500 : status, headers })
  return resemble(response, original)
}

/** What no response can be made with, for a response and its clones. */
function resemble(response: Response, { status, statusText, url, redirected, type }: Response): Response {
  const as = (value: unknown) => ({ value, configurable: true })
  return Object.defineProperties(response, {
    // Neither can one be made with every reason phrase that may arrive.
    statusText: as(statusText),
    url: as(url),
    redirected: as(redirected),
    type: as(type),
    ...(status > 599 && { status: as(status) }),
    clone: {
      ...as(() => resemble(Response.prototype.clone.call(response), response)),
      // As that of any response, it may be replaced.
      writable: true,
    },
  })
}

interface Settled {
  readonly bytes: Uint8Array
  isUsed: boolean
  native: Response | undefined
  facts: Tagged[typeof factsTag]
}

const decoder = new TextDecoder()

const state = Symbol('settled body')

/**
 * The methods of a response whose bytes are here. Node's `Response` is plain JavaScript that reaches its body through
 * these alone, so that giving them to the original is as good as making a new one, and several times faster.
 */
class SettledResponse extends Response {
  declare [state]: Settled

  get [factsTag](): Tagged[typeof factsTag] {
    return this[state].facts
  }

  set [factsTag](facts: Tagged[typeof factsTag]) {
    this[state].facts = facts
  }

  override get bodyUsed(): boolean {
    return this[state].isUsed || this[state].native?.bodyUsed === true
  }

  override get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return nativeOf(this).body
  }

  override async text(): Promise<string> {
    const bytes = take(this)
    return bytes === undefined ? nativeOf(this).text() : decoder.decode(bytes)
  }

  override async json(): Promise<unknown> {
    const bytes = take(this)
    return bytes === undefined ? nativeOf(this).json() : JSON.parse(decoder.decode(bytes))
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = take(this)
    // Not `slice()`: that of a `Buffer` is no copy.
    return bytes === undefined ? nativeOf(this).arrayBuffer() : new Uint8Array(bytes).buffer
  }

  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer())
  }

  override blob(): Promise<Blob> {
    return nativeOf(this).blob()
  }

  override formData(): Promise<FormData> {
    return nativeOf(this).formData()
  }

  override clone(): Response {
    if (this.bodyUsed || this[state].native?.body?.locked)
      throw new TypeError('Response.clone: Body has already been consumed.')
    return rebuild(this, this[state].bytes as Uint8Array<ArrayBuffer>)
  }
}

/** The bytes, once. None when somebody has touched the native body: then both must agree on whether it is used. */
function take(response: SettledResponse): Uint8Array | undefined {
  const settled = response[state]
  if (settled.isUsed || settled.native !== undefined) return undefined
  settled.isUsed = true
  return settled.bytes
}

function nativeOf(response: SettledResponse): Response {
  const settled = response[state]
  if (settled.native === undefined) {
    settled.native = rebuild(response, settled.bytes as Uint8Array<ArrayBuffer>)
    if (settled.isUsed) void settled.native.arrayBuffer()
  }
  return settled.native
}

/** Where responses are handed back to native code (service workers, other runtimes), only a native body will do. */
const isPlainJavaScript = !('Deno' in globalThis) && !String(Response).includes('[native code]')

/** Whether nobody has made of a response something that other methods would break, as a `clone` of its own. */
function isAsMade(response: Response): boolean {
  return (
    Object.getPrototypeOf(response) === Response.prototype &&
    Object.isExtensible(response) &&
    !Object.hasOwn(response, 'clone')
  )
}

function settle(original: Response, bytes: Uint8Array): Response {
  if (!isPlainJavaScript || !isAsMade(original))
    return Object.defineProperty(rebuild(original, bytes as Uint8Array<ArrayBuffer>), state, {})
  const settled: Settled = { bytes, isUsed: false, native: undefined, facts: undefined }
  // In this order: V8 is slow to add to an object that has got another prototype.
  ;(original as SettledResponse)[state] = settled
  return Object.setPrototypeOf(original, SettledResponse.prototype) as Response
}

/** Whether a text is JSON without its end: a bracket is still open. JSON that is whole and wrong is none. */
function isOpenJson(text: string): boolean {
  // A body that is not JSON at all, such as one behind a guard prefix, may well be whole.
  if (!/^\s*[[{]/.test(text)) return false
  let depth = 0
  let isQuoted = false
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at]
    if (letter === '"') isQuoted = !isQuoted
    else if (isQuoted) at += letter === '\\' ? 1 : 0
    else if (letter === '{' || letter === '[') depth += 1
    else if (letter === '}' || letter === ']') depth -= 1
  }
  return depth > 0
}

/**
 * Whether a body breaks off in a place where the runtime does not notice: without a length, a connection that is closed
 * after the answer looks the same as one that was lost. So it does to Node where chunks have no end, if it was to be closed.
 *
 * HTTP/2 marks the end without any header, but cannot be told from HTTP/1.0: there, too, JSON without its end counts as cut.
 */
function isCutJson({ headers, type }: Response, contentType: string, bytes: Uint8Array): boolean {
  const has = (name: string, word: RegExp) => word.test(headers.get(name) ?? '')
  return (
    /^(?:application\/|[^;]*\+)json\s*(?:;|$)/i.test(contentType) &&
    (!has('transfer-encoding', /chunked/i) || has('connection', /\bclose\b/i)) &&
    // A browser shows few headers of another origin's answer.
    type !== 'cors' &&
    isOpenJson(decoder.decode(bytes))
  )
}

/** Whether the body of a response has been read to its end. */
export function isSettled(response: Response): boolean {
  return state in response
}

/** Lets go of a copy that nobody has begun to read, where the original's body streams and could not end without it. */
export function releaseCopy(copy: Response, original: Response, result?: unknown): void {
  if (state in original || copy.bodyUsed || copy.body?.locked !== false) return
  // One that was made of the copy has its body.
  if (result instanceof Response && result.body === copy.body) return
  copy.body.cancel().catch(() => undefined)
}

/**
 * Reads the body of a response, so that what the caller gets cannot fail any more. A body longer than `maxBytes` and a
 * `text/event-stream` are left to stream.
 *
 * @throws what the connection throws while the body arrives.
 */
export function settleResponse(response: Response, maxBytes: number): SettledBody | Promise<SettledBody> {
  const { body, headers } = response
  const length = headers.get('content-length')
  const type = headers.get('content-type') ?? ''
  if (!body || Number(length) > maxBytes || /^\s*text\/event-stream/i.test(type))
    return { response, bytes: undefined }
  // Read by hand, not with `arrayBuffer()`: that has no limit, and in Node it is slower too.
  return readStream<SettledBody>(body, maxBytes, (read) => {
    if (read instanceof ReadableStream) return { response: rebuild(response, read), bytes: undefined }
    if (length === null && isCutJson(response, type, read))
      throw new TypeError('terminated', { cause: new Error('the JSON body breaks off') })
    return { response: settle(response, read), bytes: read }
  })
}
