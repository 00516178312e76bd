import type { Reading } from '../contract/verdict.js'
import type { Recorder } from '../operation/record-step.js'
import type { AttemptResult } from '../transport/attempted.js'
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
  { operation, transport, settings, kind, run }: OperationRun<Answer>,
  previous: Answer | undefined,
): Promise<AttemptResult<Answer>> | undefined {
  if (run.isStopped) throw run.reason
  const timeoutMs = operation.timeForAttemptMs()
  if (timeoutMs <= 0) return undefined
  // Without a limit of its own, an attempt could wait for the body of an error until the deadline.
  const errorBodyMs = operation.policy.attemptTimeoutMs === Infinity ? 10_000 : Infinity
  operation.begin()
  if (previous !== undefined) kind.discard(previous)
  const { aroundAttempt, tracing } = settings
  type OnStatus = (result: AttemptResult<Answer>) => void
  if (aroundAttempt === undefined && tracing?.attempt.hasSubscribers !== true)
    return limitAttempt(run, timeoutMs, errorBodyMs, (signal, onStatus: OnStatus) =>
      transport.send(signal, undefined, onStatus),
    )

  const info = operation.attemptInfo()
  return limitAttempt(run, timeoutMs, errorBodyMs, async (signal, onStatus: OnStatus) => {
    let sent: Promise<AttemptResult<Answer>> | undefined
    const next = async (headers?: AttemptHeaders): Promise<AttemptReport> => {
      sent ??= transport.send(signal, headers, onStatus)
      const { attempted } = await sent
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
  })
}
