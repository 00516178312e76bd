import { canReadInto, createByteStream } from './read-stream.js'
import { overlay } from './response-overlay.js'

/**
 * A response whose body still streams: `over` is called when it ends in any way, and `fail` ends it from outside. Until it
 * is read, the given one is not: runtimes free the connection of a response that nobody has any more.
 */
export function watchBody(
  response: Response,
  over: () => void,
): { answer: Response; fail: (reason: unknown) => void } {
  const body = response.body as ReadableStream<Uint8Array>
  let opened: ReadableStreamDefaultReader<Uint8Array> | undefined
  const open = () => (opened ??= body.getReader())
  let end: ((reason: unknown) => void) | undefined
  const stream = createByteStream(
    canReadInto(body),
    {
      async read() {
        try {
          const { done, value } = await open().read()
          if (done) over()
          return value
        } catch (error) {
          over()
          throw error
        }
      },
      cancel(reason) {
        over()
        return open().cancel(reason)
      },
    },
    (controller) => (end = (reason) => controller.error(reason)),
  )
  const fail = (reason: unknown) => {
    end?.(reason)
    open()
      .cancel(reason)
      .catch(() => undefined)
  }
  return { answer: overlay(response, undefined, () => stream), fail }
}
