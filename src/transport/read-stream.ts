import { onAbort } from './on-abort.js'
import {
  isAsyncIterable,
  isBytes,
  isWebStream,
  viewBytes,
  type ByteSource,
  type NodeStream,
} from './web-shapes.js'

/** What gives the chunks of a body, one at a time. */
interface ChunkReader {
  read(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>
  cancel(reason?: unknown): Promise<unknown>
}

/** The bytes of chunks that have this length in all; those of the only chunk are not copied. */
export function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = chunks
  if (first?.length === length) return first
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/** A Node stream may give strings. */
function toBytes(value: unknown): Uint8Array {
  if (typeof value === 'string') return new TextEncoder().encode(value)
  if (!isBytes(value)) throw new TypeError('a body that streams must give bytes')
  return viewBytes(value)
}

function openReader(source: ByteSource): ChunkReader {
  if (isWebStream(source)) return source.getReader()
  if (!isAsyncIterable(source)) return listenTo(source)
  const iterator = source[Symbol.asyncIterator]()
  return {
    read: async () => iterator.next(),
    cancel: async (reason) => iterator.return?.(reason),
  }
}

/** Reads a stream of Node that is too old to be iterated, such as that of the package `form-data`. */
function listenTo(stream: NodeStream): ChunkReader {
  const chunks: unknown[] = []
  let end: { readonly error?: unknown } | undefined
  let wake: (() => void) | undefined
  const tell = () => wake?.()
  const finish = (how: { readonly error?: unknown }) => {
    end ??= how
    tell()
  }
  stream.on('data', (chunk) => {
    chunks.push(chunk)
    stream.pause()
    tell()
  })
  stream.on('end', () => finish({}))
  stream.on('close', () => finish({ error: new TypeError('the stream was closed before its end') }))
  stream.on('error', (error) => finish({ error }))
  return {
    async read() {
      if (chunks.length === 0 && end === undefined)
        await new Promise<void>((resolve) => {
          wake = resolve
          stream.resume()
        })
      if (chunks.length > 0) return { value: chunks.shift() }
      if (end !== undefined && 'error' in end) throw end.error
      return { done: true }
    },
    cancel: async (reason) => stream.destroy?.(reason),
  }
}

/** What is read of a source: all of its bytes, or a stream of what is too much to keep. */
export type ReadResult = Uint8Array | ReadableStream<Uint8Array>

/**
 * Reads a stream up to a limit and hands on its bytes, which may be those of its only chunk. Past the limit, what was
 * read and what is still to come are put together again as a stream, so that nothing is lost.
 *
 * Of a stream that is the `caller`'s each chunk is copied, as the next one may come in the same memory; it is let go of
 * when the caller's signal aborts before all is read. `onFailure` is given what was read before the source failed; what it
 * returns takes the place of the failure.
 *
 * @throws what the stream and `use` throw, and `TypeError` for a chunk that is not bytes.
 */
export async function readStream<T>(
  source: ByteSource,
  maxBytes: number,
  use: (read: ReadResult) => T | Promise<T>,
  caller?: { readonly signal?: AbortSignal | undefined },
  onFailure?: (error: unknown, read: readonly Uint8Array[], length: number) => T,
): Promise<T> {
  const reader = openReader(source)
  const take = caller === undefined ? toBytes : (value: unknown) => new Uint8Array(toBytes(value))
  const stopListening = caller?.signal && cancelOnAbort(caller.signal, reader)
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    while (length <= maxBytes) {
      const { done, value } = await reader.read()
      if (done) break
      const chunk = take(value)
      chunks.push(chunk)
      length += chunk.length
    }
  } catch (error) {
    if (onFailure === undefined) throw error
    ;(reader as Partial<ReadableStreamDefaultReader>).releaseLock?.()
    return onFailure(error, chunks, length)
  } finally {
    stopListening?.()
  }
  return use(length <= maxBytes ? join(chunks, length) : putTogether(source, reader, chunks, take))
}

/** What was read, then what is still to come. It can be read into the caller's memory where the source can. */
function putTogether(
  source: ByteSource,
  reader: ChunkReader,
  chunks: Uint8Array[],
  take: (value: unknown) => Uint8Array,
): ReadableStream<Uint8Array> {
  const goOn = reopen(source, reader)
  return createByteStream(goOn.isByteStream, {
    async read() {
      const chunk = chunks.shift()
      if (chunk !== undefined) return chunk
      const { done, value } = await goOn.reader.read()
      return done ? undefined : take(value)
    },
    cancel: (reason) => goOn.reader.cancel(reason),
  })
}

/** Whether a stream is one of bytes shows only while nobody reads it. */
function reopen(source: ByteSource, reader: ChunkReader): { reader: ChunkReader; isByteStream: boolean } {
  if (!isWebStream(source)) return { reader, isByteStream: false }
  ;(reader as ReadableStreamDefaultReader).releaseLock()
  const isByteStream = canReadInto(source)
  return { reader: source.getReader(), isByteStream }
}

/** Whether a stream can be read into memory of the reader's, as the bodies that fetch gives can. */
export function canReadInto(stream: ReadableStream): boolean {
  try {
    stream.getReader({ mode: 'byob' }).releaseLock()
    return true
  } catch {
    return false
  }
}

/** What a stream of ours reads from. */
export interface StreamedBytes {
  /** The next bytes, `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>
  cancel(reason: unknown): Promise<unknown>
}

/** A stream that asks for bytes only when somebody reads it. `control` is given what ends it from outside. */
export function createByteStream(
  isByteStream: boolean,
  { read, cancel }: StreamedBytes,
  control?: (controller: { error(reason: unknown): void }) => void,
): ReadableStream<Uint8Array> {
  type Controller = ReadableStreamDefaultController<Uint8Array> | ReadableByteStreamController
  const underlying = {
    start: (controller: Controller) => control?.(controller),
    async pull(controller: Controller) {
      let chunk = await read()
      // A stream of bytes does not take empty ones.
      while (chunk?.byteLength === 0) chunk = await read()
      if (chunk !== undefined) return controller.enqueue(chunk as Uint8Array<ArrayBuffer>)
      controller.close()
      // Somebody who reads into memory of theirs has to be told of the end.
      if ('byobRequest' in controller) controller.byobRequest?.respond(0)
    },
    cancel: async (reason: unknown) => void (await cancel(reason)),
  }
  return isByteStream
    ? new ReadableStream({ ...underlying, type: 'bytes' })
    : new ReadableStream<Uint8Array>(underlying, { highWaterMark: 0 })
}

/** Cancels when a signal aborts, or has. Gives the function that ends it. */
function cancelOnAbort(signal: AbortSignal, reader: ChunkReader): () => void {
  const stop = () => void reader.cancel(signal.reason).catch(() => undefined)
  if (signal.aborted) stop()
  return onAbort(signal, stop)
}
