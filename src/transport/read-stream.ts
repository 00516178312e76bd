import { onAbort } from './on-abort.js'

/** Where the chunks of a body come from. */
type Source = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
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
  const chunk = typeof value === 'string' ? new TextEncoder().encode(value) : value
  if (!(chunk instanceof Uint8Array)) throw new TypeError('a body that streams must give bytes')
  return chunk
}

function openReader(source: Source) {
  if (source instanceof ReadableStream) return source.getReader()
  const iterator = source[Symbol.asyncIterator]()
  return { read: () => iterator.next(), cancel: async (reason: unknown) => iterator.return?.(reason) }
}

/**
 * Reads a stream up to a limit and hands on its bytes, which may be those of its only chunk. Past the limit, what was
 * read and what is still to come are put together again as a stream, so that nothing is lost.
 *
 * Of a stream that is the `caller`'s each chunk is copied, as the next one may come in the same memory; it is let go of
 * when the caller's signal aborts before all is read.
 *
 * @throws what the stream and `use` throw, and `TypeError` for a chunk that is not bytes.
 */
export async function readStream<T>(
  source: Source,
  maxBytes: number,
  use: (read: Uint8Array | ReadableStream<Uint8Array>) => T | Promise<T>,
  caller?: { readonly signal?: AbortSignal | undefined },
): Promise<T> {
  const reader = openReader(source)
  const take = caller === undefined ? toBytes : (value: unknown) => new Uint8Array(toBytes(value))
  const stopListening = caller?.signal && follow(caller.signal, reader.cancel.bind(reader))
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    while (length <= maxBytes) {
      const { done, value } = await reader.read()
      if (done) return use(join(chunks, length))
      const chunk = take(value)
      chunks.push(chunk)
      length += chunk.length
    }
  } finally {
    stopListening?.()
  }
  const whole = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = chunks.shift()
      if (chunk !== undefined) return controller.enqueue(chunk)
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(take(value))
    },
    cancel: async (reason) => void (await reader.cancel(reason)),
  })
  return use(whole)
}

/** Cancels when a signal aborts, or has. Gives the function that ends it. */
function follow(signal: AbortSignal, cancel: (reason: unknown) => Promise<unknown>): () => void {
  const stop = () => void cancel(signal.reason).catch(() => undefined)
  if (signal.aborted) stop()
  return onAbort(signal, stop)
}
