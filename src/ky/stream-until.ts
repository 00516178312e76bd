import { watch } from '../fetch/flights.js'
import { follow } from './within.js'

/**
 * An answer whose body streams until `signals` abort: then it ends with their reason, though another reader of the same
 * answer may go on. Nothing is left on the signals once the body has ended.
 */
export function streamUntil(
  answer: Response,
  signals: readonly AbortSignal[],
  controller: AbortController,
): Response {
  if (!answer.body) return answer
  const { signal } = controller
  const unfollow = follow(signals, controller)
  const { response, fail } = watch(answer, unfollow)
  const stop = () => {
    unfollow()
    fail(signal.reason)
  }
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  return response
}
