import { startTimer } from '../clock/start-timer.js'
import type { OperationSummary } from './end-options.js'

type Callback<Answer, Result> = (operation: OperationSummary<Answer>) => Result | Promise<Result>

/**
 * A callback that counts as having brought nothing once `limitMs` are over: the signal that it is given aborts then. `read`
 * takes what it brings, within that time.
 */
export function limitTime<Answer, Result, Settled = Result>(
  callback: Callback<Answer, Result> | undefined,
  limitMs: number,
  read: (result: Result) => Promise<Settled>,
): Callback<Answer, Settled | undefined> | undefined {
  if (callback === undefined) return callback
  return (operation) =>
    new Promise((resolve, reject) => {
      const { signal } = operation
      const controller = new AbortController()
      const end = () => {
        resolve(undefined)
        controller.abort(new DOMException(`no answer within ${limitMs} ms`, 'TimeoutError'))
      }
      const timer = startTimer(end, limitMs)
      signal?.addEventListener('abort', () => {
        clearTimeout(timer)
        controller.abort(signal.reason)
      })
      Promise.resolve({ ...operation, signal: controller.signal })
        .then(callback)
        .then(read)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer))
    })
}
