import { startTimer } from '../clock/start-timer.js'
import type { OperationSummary } from '../guard/conclude.js'

type Callback<Result> = (operation: OperationSummary) => Result | Promise<Result>

/** A callback that counts as having brought nothing once `limitMs` are over; `expire` may end what it has begun. */
export function limitTime<Result>(
  callback: Callback<Result> | undefined,
  limitMs: number,
  expire: (reason: unknown) => void,
): Callback<Result | undefined> | undefined {
  if (callback === undefined) return callback
  return (operation) =>
    new Promise((resolve, reject) => {
      const end = () => {
        resolve(undefined)
        expire(new DOMException(`no answer within ${limitMs} ms`, 'TimeoutError'))
      }
      const timer = startTimer(end, limitMs)
      const stop = () => clearTimeout(timer)
      operation.signal?.addEventListener('abort', stop)
      Promise.resolve(operation).then(callback).then(resolve, reject).finally(stop)
    })
}
