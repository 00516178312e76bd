import { rebuild } from '../fetch/settled-response.js'
import { follow } from './within.js'

/**
 * An answer whose body streams until `signals` abort: then it ends with their reason, though another reader of the same
 * answer may go on. Nothing is left on the signals once the body has ended.
 */
export function streamUntil(
  response: Response,
  signals: readonly AbortSignal[],
  controller: AbortController,
): Response {
  if (!response.body) return response
  const { signal } = controller
  const reader = response.body.getReader()
  const unfollow = follow(signals, controller)
  const gone = signals.find(({ aborted }) => aborted)
  if (gone !== undefined) controller.abort(gone.reason)
  const body = new ReadableStream<Uint8Array>(
    {
      start(stream) {
        const stop = () => {
          unfollow()
          stream.error(signal.reason)
          reader.cancel(signal.reason).catch(() => undefined)
        }
        signal.addEventListener('abort', stop)
        if (signal.aborted) stop()
      },
      async pull(stream) {
        const { done, value } = await reader.read().catch((error: unknown) => {
          unfollow()
          throw error
        })
        if (!done) return stream.enqueue(value)
        unfollow()
        stream.close()
      },
      async cancel(reason) {
        unfollow()
        await reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  return rebuild(response, body)
}
