import { isCutBody } from './cut-body.js'
import { decideReading, type BodyReading } from './decide-reading.js'
import { canReadInto, createByteStream, join, readStream } from './read-stream.js'
import { rebuild } from './rebuild-response.js'
import { markSettled, overlay, settledBytes } from './response-overlay.js'
import { isByteSource, isBytes, isNodeStream, isWebStream, viewBytes, type ByteSource } from './web-shapes.js'

/** A response whose body can no longer fail, and its bytes; no bytes when the body was left to stream. */
export interface SettledBody {
  readonly response: Response
  readonly bytes: Uint8Array | undefined
  /** The body of a success broke off: `bytes` are what came of it. */
  readonly cut?: { readonly error: unknown }
  /** The body has arrived, and no response could be made of it. */
  readonly failure?: { readonly error: unknown }
}

/** Whether somebody else reads the body, or has. */
export function isTaken({ body, bodyUsed }: Pick<Response, 'body' | 'bodyUsed'>): boolean {
  return bodyUsed || body?.locked === true
}

/**
 * Reads the body of a response, so that what the caller gets cannot fail any more, or leaves it to stream, as
 * {@link decideReading} says. A body that turns out longer than `maxBytes` streams.
 *
 * What the connection throws while the body arrives is given: with what came of a success, or with the status of an error.
 */
export function settleResponse(
  response: Response,
  maxBytes: number,
  choice?: BodyReading | undefined,
): SettledBody | Promise<SettledBody> {
  const known = settledBytes(response)
  if (known !== undefined) return { response, bytes: known }
  const { body, bodyUsed } = response
  if (body === null || isTaken({ body, bodyUsed })) return { response, bytes: undefined }
  if (decideReading(response, maxBytes, choice) === 'stream') {
    // Facts cannot be tied to what is frozen.
    const given = Object.isExtensible(response) ? response : rebuild(response, body)
    return { response: given, bytes: undefined }
  }
  // Read by hand, not with `arrayBuffer()`: that has no limit, and in Node it is slower too.
  if (isByteSource(body) && !hasOwnReader(response)) return readWhole(response, body, maxBytes)
  return body === undefined || isByteSource(body)
    ? readCopy(response, maxBytes)
    : { response, bytes: undefined }
}

/** Whether somebody has put a way to read the body on the response itself, as mocks and wrappers do. */
function hasOwnReader(response: Response): boolean {
  const isOwn = Object.hasOwn(response, 'json') || Object.hasOwn(response, 'text')
  // Facts cannot be tied to what is frozen.
  return isOwn && Object.isExtensible(response)
}

function readWhole(response: Response, body: ByteSource, maxBytes: number): Promise<SettledBody> {
  const isNode = !isWebStream(body) && isNodeStream(body)
  const use = (read: Uint8Array | ReadableStream<Uint8Array>): SettledBody => {
    if (!isBytes(read)) return { response: overlay(response, undefined, () => read), bytes: undefined }
    // A definite status does not hang on its body.
    if (response.status < 400 && isCutBody(response, read)) {
      const error = new TypeError('terminated', { cause: new Error('the JSON body breaks off') })
      return { response, bytes: read, cut: { error } }
    }
    try {
      return { response: overlay(response, read, () => (isNode ? toNodeStream(read) : read)), bytes: read }
    } catch (error) {
      return { response, bytes: read, failure: { error } }
    }
  }
  const keepStatus = (error: unknown, chunks: readonly Uint8Array[], length: number): SettledBody => {
    if (response.status < 400) return { response, bytes: join(chunks, length), cut: { error } }
    return {
      response: overlay(response, undefined, () =>
        failAfter(chunks, error, isWebStream(body) && canReadInto(body)),
      ),
      bytes: undefined,
    }
  }
  return readStream<SettledBody>(body, maxBytes, use, undefined, keepStatus)
}

/** What was read, then the failure. */
function failAfter(
  chunks: readonly Uint8Array[],
  error: unknown,
  isByteStream: boolean,
): ReadableStream<Uint8Array> {
  let next = 0
  return createByteStream(isByteStream, {
    async read() {
      const chunk = chunks[next]
      next += 1
      if (chunk === undefined) throw error
      return chunk
    },
    cancel: async () => undefined,
  })
}

/**
 * Reads a copy, and leaves the response itself as it is: where it has its own way to read its body, and where it does not show it
 * as a stream, as in React Native: there the body has arrived as a whole. A mock that has no copies is not read.
 */
async function readCopy(response: Response, maxBytes: number): Promise<SettledBody> {
  const copy = (response as Partial<Response>).clone?.()
  if (copy === response || typeof copy?.arrayBuffer !== 'function') return { response, bytes: undefined }
  const { body } = copy as { body: unknown }
  const read = isByteSource(body)
    ? await readWhole(copy, body, maxBytes)
    : { response: copy, bytes: viewBytes(await copy.arrayBuffer()) }
  discard(read.response)
  markSettled(response, read.bytes)
  return { ...read, response }
}

interface NodeStreams {
  readonly Readable: { from(chunks: Iterable<unknown>, options: { objectMode: boolean }): unknown }
}

/** The body of a class of responses that has Node streams, such as that of node-fetch. */
function toNodeStream(bytes: Uint8Array): unknown {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => NodeStreams } }
  const streams = process?.getBuiltinModule?.('node:stream')
  return streams === undefined ? bytes : streams.Readable.from([bytes], { objectMode: false })
}

/** Whether the body of a response has been read to its end. */
export function isSettled(response: Response): boolean {
  return settledBytes(response) !== undefined
}

/** Lets go of a copy that nobody has begun to read, where the original's body streams and could not end without it. */
export function releaseCopy(copy: Response, original: Response, result?: unknown): void {
  if (isSettled(original) || isTaken(copy) || copy.body === null) return
  // One that was made of the copy has its body.
  if ((result as Partial<Response> | undefined)?.body === copy.body) return
  discard(copy)
}

/** Frees the connection of an answer that nobody will read. */
export function discard(response: Response | undefined): void {
  if (!response || isTaken(response)) return
  const { body } = response as { body: unknown }
  if (isWebStream(body)) void body.cancel().catch(() => undefined)
  else if (isNodeStream(body)) body.destroy?.()
}
