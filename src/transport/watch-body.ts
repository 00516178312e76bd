import { rebuild } from './settled-response.js'

/**
 * A response whose body still streams: `over` is called when it ends in any way, and `fail` ends it from outside. Until it
 * is read, the given one is not: runtimes free the connection of a response that nobody has any more.
 */
export function watchBody(
  response: Response,
  over: () => void,
): { answer: Response; fail: (reason: unknown) => void } {
  let opened: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined
  const open = () => (opened ??= (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader())
  let controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(own) {
        controller = own
      },
      async pull() {
        try {
          const { done, value } = await open().read()
          if (!done) return controller.enqueue(value)
          controller.close()
        } catch (error) {
          controller.error(error)
        }
        over()
      },
      cancel(reason) {
        over()
        return open().cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  const fail = (reason: unknown) => {
    controller.error(reason)
    open()
      .cancel(reason)
      .catch(() => undefined)
  }
  return { answer: rebuild(response, stream), fail }
}
