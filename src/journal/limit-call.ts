import { startTimer } from '../clock/start-timer.js'

/**
 * Waits for a store until `limitMs` are over or the signal aborts. Whether the call was carried out is not known then, as with
 * one that rejects.
 */
export function limitCall<T>(call: () => Promise<T>, limitMs: number, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const answer = call()
    const leave = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = startTimer(() => {
      signal?.removeEventListener('abort', leave)
      reject(new Error(`the store has not answered within ${limitMs} ms`))
    }, limitMs)
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', leave)
    }
    signal?.addEventListener('abort', leave, { once: true })
    Promise.resolve(answer).then(
      (result) => {
        end()
        resolve(result)
      },
      (error: unknown) => {
        end()
        reject(error)
      },
    )
  })
}
