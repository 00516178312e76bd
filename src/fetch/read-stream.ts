/** What was read of a stream: all of it, or as much as the limit allows and a stream of the whole. */
export type ReadStream =
  | { readonly isWhole: true; readonly bytes: Uint8Array }
  | { readonly isWhole: false; readonly stream: ReadableStream<Uint8Array> }

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/**
 * Reads a stream up to a limit. Past it, what was read and what is still to come are put together again as a stream,
 * so that nothing is lost.
 *
 * @throws what the stream throws, and `TypeError` for a chunk that is not bytes.
 */
export async function readStream(
  source: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<ReadStream> {
  const iterator = chunksOf(source)
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await iterator.next()
    if (done) return { isWhole: true, bytes: join(chunks, length) }
    const chunk = typeof value === 'string' ? new TextEncoder().encode(value) : value
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a body that streams must give bytes')
    chunks.push(chunk)
    length += chunk.length
    if (length > maxBytes) break
  }
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = chunks.shift()
      if (chunk !== undefined) return controller.enqueue(chunk)
      const { done, value } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel(reason) {
      await iterator.stop(reason)
    },
  })
  return { isWhole: false, stream }
}

function chunksOf(source: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>) {
  if (source instanceof ReadableStream) {
    const reader = source.getReader()
    return {
      next: () => reader.read() as Promise<{ done: boolean; value: Uint8Array }>,
      stop: (reason: unknown) => reader.cancel(reason),
    }
  }
  const iterator = source[Symbol.asyncIterator]()
  return {
    next: () => iterator.next() as Promise<{ done: boolean; value: Uint8Array }>,
    stop: async (reason: unknown) => iterator.return?.(reason),
  }
}
