import { startTimer } from '../clock/start-timer.js'
import type { AttemptResult, OnStatus } from '../transport/attempted.js'

/** A handle on what an operation is doing now, so that it can be ended from outside at any time. */
export interface Run {
  /** Of the attempt, as long as its answer may be on the way. */
  attempt: AbortController | undefined
  /** Of what is done between two attempts. */
  work: AbortController | undefined
  timer: ReturnType<typeof setTimeout> | undefined
  /** Ends whichever of the two goes on. */
  reject: ((reason: unknown) => void) | undefined
  isStopped: boolean
  reason: unknown
}

export function createRun(): Run {
  return {
    attempt: undefined,
    work: undefined,
    timer: undefined,
    reject: undefined,
    isStopped: false,
    reason: undefined,
  }
}

/** Ends what is going on: an attempt, a body read or a wait. */
export function stopRun(run: Run, reason: unknown): void {
  if (run.isStopped) return
  run.isStopped = true
  run.reason = reason
  clearTimeout(run.timer)
  run.reject?.(reason)
  run.work?.abort(reason)
  run.attempt?.abort(reason)
}

/**
 * Does something that can be stopped.
 *
 * @throws the reason of the stop, at once, whether or not `work` heeds its signal.
 */
export function stoppable<T>(run: Run, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (run.isStopped) return reject(run.reason)
    run.reject = reject
    run.work = new AbortController()
    work(run.work.signal).then(resolve, reject)
  })
}

/**
 * The same, for no longer than `limitMs`: what the work brings after that is not waited for.
 *
 * @throws the reason of the stop, and what the work throws.
 */
export function stoppableWithin<T>(
  run: Run,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | 'deadline'> {
  return stoppable(
    run,
    (signal) =>
      new Promise((resolve, reject) => {
        const timer = startTimer(() => {
          resolve('deadline')
          run.work?.abort(new DOMException('the deadline has passed', 'TimeoutError'))
        }, limitMs)
        run.timer = timer
        work(signal)
          .then(resolve, reject)
          .finally(() => clearTimeout(timer))
      }),
  )
}

/** The failure of an attempt whose hooks were still at work with its answer when the deadline passed. */
export const hooksTooLate: AttemptResult<never>['failure'] = { error: undefined }

/**
 * Sends one attempt that may take `timeoutMs`. One that takes longer is a lost answer, or one of which only the status counts,
 * whether or not the transport heeds its signal. For the body of an error it waits no longer than `errorBodyMs`. Once the answer
 * is there as a whole, hooks have the time of the operation: theirs is not that of the attempt.
 *
 * @throws the reason of the run's stop, and what `send` throws.
 */
export function limitAttempt<Answer>(
  run: Run,
  timeoutMs: number,
  errorBodyMs: number,
  send: (signal: AbortSignal, onStatus: OnStatus<Answer>) => Promise<AttemptResult<Answer>>,
  operation?: { leftMs(): number },
): Promise<AttemptResult<Answer>> {
  return new Promise((resolve, reject) => {
    if (run.isStopped) return reject(run.reason)
    const controller = new AbortController()
    let known: AttemptResult<Answer> | undefined
    const expire = () => {
      const error = new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError')
      stopTimers()
      resolve(known ?? { attempted: { lost: 'unknown', error, isTimeout: true }, answer: undefined, error })
      controller.abort(error)
    }
    const timer = startTimer(expire, timeoutMs)
    let bodyTimer: typeof timer
    run.attempt = controller
    run.timer = timer
    const onStatus: OnStatus<Answer> = (result, isWhole = false) => {
      if (isWhole) stopTimers()
      known = isWhole ? { ...result, failure: hooksTooLate } : result
      bodyTimer = startTimer(expire, isWhole ? (operation?.leftMs() ?? Infinity) : errorBodyMs)
    }
    const stopTimers = () => {
      clearTimeout(timer)
      clearTimeout(bodyTimer)
    }
    run.reject = (reason) => {
      stopTimers()
      reject(reason)
    }
    send(controller.signal, onStatus).then(
      (result) => {
        stopTimers()
        resolve(result)
      },
      (error: unknown) => {
        stopTimers()
        reject(error)
        controller.abort(error)
      },
    )
  })
}
