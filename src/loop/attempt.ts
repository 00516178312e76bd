import type { Reading } from '../contract/verdict.js'
import type { Recorder } from '../operation/record-step.js'
import type { AttemptResult, OnStatus } from '../transport/attempted.js'
import type { OperationRun } from './operation-run.js'
import { limitAttempt, stoppable } from './run.js'
import type { AttemptHeaders, AttemptReport } from './transport.js'

/** As {@link attempt}, after the journal has written down that it starts. What that throws ends the operation, and nothing is sent. */
export async function attemptRecorded<Answer extends object>(
  own: OperationRun<Answer>,
  previous: Answer | undefined,
  record: Recorder,
): Promise<AttemptResult<Answer> | undefined> {
  const { operation, run } = own
  if (run.isStopped) throw run.reason
  const number = operation.facts().attempts + 1
  await stoppable(run, () => record({ type: 'attempt-starting', attempt: number }))
  return attempt(own, previous)
}

/** The journal's own failure after sending changes nothing. */
export async function recordEnd<Answer extends object>(
  { operation }: OperationRun<Answer>,
  { verdict }: Reading,
  record: Recorder,
): Promise<void> {
  const { attempts, outcome } = operation.facts()
  await record({ type: 'attempt-ended', attempt: attempts, verdict, outcome }).catch(() => undefined)
}

/** Sends one attempt and gives what it brought, `undefined` when there is no time left for it. */
export function attempt<Answer extends object>(
  own: OperationRun<Answer>,
  previous: Answer | undefined,
): Promise<AttemptResult<Answer>> | undefined {
  const { operation, transport, settings, kind, run } = own
  if (run.isStopped) throw run.reason
  const timeoutMs = operation.timeForAttemptMs()
  if (timeoutMs <= 0) return undefined
  // Without a limit of its own, an attempt could wait for the body of an error until the deadline.
  const errorBodyMs = operation.policy.attemptTimeoutMs === Infinity ? 10_000 : Infinity
  operation.begin()
  if (previous !== undefined) kind.discard(previous)
  const { aroundAttempt, tracing } = settings
  const isPlain = aroundAttempt === undefined && tracing?.attempt.hasSubscribers !== true
  if (!isPlain) return attemptAround(own, timeoutMs, errorBodyMs)
  return limitAttempt<Answer>(
    run,
    timeoutMs,
    errorBodyMs,
    (signal, onStatus) => transport.send(signal, undefined, onStatus),
    operation,
  )
}

/** Sends one attempt with what stands around it. */
async function attemptAround<Answer extends object>(
  { operation, transport, settings: { aroundAttempt, tracing }, run }: OperationRun<Answer>,
  timeoutMs: number,
  errorBodyMs: number,
): Promise<AttemptResult<Answer>> {
  const info = operation.attemptInfo()
  let sent: Promise<AttemptResult<Answer>> | undefined
  const send = async (signal: AbortSignal, onStatus: OnStatus<Answer>) => {
    const next = async (headers?: AttemptHeaders): Promise<AttemptReport> => {
      // The time of the attempt is over: nothing is sent any more.
      if (signal.aborted) throw signal.reason
      sent ??= transport.send(signal, headers, onStatus)
      const result = await sent
      if (!signal.aborted) onStatus(result, true)
      const { attempted } = result
      return 'lost' in attempted
        ? { status: undefined, error: attempted.error }
        : { status: attempted.status, error: undefined }
    }
    // `async`, for one that throws at once or gives no promise.
    const around = aroundAttempt === undefined ? next : async () => aroundAttempt(info, next)
    const failure = await (tracing === undefined ? around() : tracing.attempt.trace(info, around)).then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    if (sent === undefined) {
      const { error } = failure ?? { error: new TypeError('aroundAttempt did not call next()') }
      const attempted = { lost: 'not-sent', error, isTimeout: false } as const
      return { attempted, answer: undefined, error, failure: { error } }
    }
    return { ...(await sent), ...(failure && { failure }) }
  }
  const result = await limitAttempt(run, timeoutMs, errorBodyMs, send, operation)
  const { attempted } = result
  // Its time ran out before it called next().
  return sent === undefined && 'lost' in attempted
    ? { ...result, attempted: { ...attempted, lost: 'not-sent' } }
    : result
}
