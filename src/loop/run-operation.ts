import { isIdempotencyError } from '../errors/any-idempotency-error.js'
import { rememberFacts } from '../operation/facts.js'
import type { Reading } from '../contract/verdict.js'
import type { Recorder } from '../operation/record-step.js'
import type { Decision, StopReason } from '../retry/decide.js'
import type { AttemptResult } from '../transport/attempted.js'
import { conclude, summarise } from './conclude.js'
import type { EndOptions } from './end-options.js'
import { limitTime } from './limit-time.js'
import type { OperationSettings } from './operation-options.js'
import type { RecoveryQueue } from './recovery-queue.js'
import { limitAttempt, stoppable, stoppableWithin, type Run } from './run.js'
import { unsent, type LastAttempt } from './to-error.js'
import type { TrackedOperation } from './tracked-operation.js'
import type { AnswerKind, AttemptHeaders, AttemptReport, Transport } from './transport.js'

/** Everything that belongs to one operation on its way. */
export interface OperationRun<Answer extends object> {
  readonly settings: OperationSettings
  readonly operation: TrackedOperation
  readonly kind: AnswerKind<Answer>
  readonly transport: Transport<Answer>
  readonly ends: EndOptions<Answer>
  readonly recovery: RecoveryQueue
  readonly record: Recorder | undefined
  readonly run: Run
}

/**
 * The loop: attempt, read, decide, wait, until nothing can or need be done any more.
 *
 * @throws what {@link conclude} throws, the reason of the run's stop, and what a hook or a record throws.
 */
export function runOperation<Answer extends object>(own: OperationRun<Answer>): Promise<Answer> {
  return own.record === undefined ? loop(own) : recorded(own, own.record)
}

/** The loop of a journalled operation, whose last word is written down before the caller hears it. */
async function recorded<Answer extends object>(own: OperationRun<Answer>, record: Recorder): Promise<Answer> {
  const write = async (answer?: Answer) => {
    const { outcome, replayed } = own.operation.settle()
    const kept = answer === undefined ? undefined : own.kind.toRecord?.(answer)
    // The journal's own failure after sending changes nothing.
    await record({ type: 'settled', outcome, replayed, answer: kept }).catch(() => undefined)
  }
  try {
    const answer = await loop(own)
    await write(answer)
    return answer
  } catch (error) {
    await write()
    throw error
  }
}

async function loop<Answer extends object>(own: OperationRun<Answer>): Promise<Answer> {
  const { operation, transport, run, record, recovery, settings } = own
  try {
    if (own.record !== undefined && operation.isTooOld()) return await end(own, expired)
    const begun = transport.begin && (await stoppableWithin(run, operation.leftMs(), transport.begin))
    if (begun === 'deadline') return await end(own, unsent)
    if (begun !== undefined) return finish(own, begun)
    let last: LastAttempt<Answer> = unsent
    for (let retries = 1; ; retries += 1) {
      const result = await (record === undefined
        ? attempt(own, last.answer)
        : attemptRecorded(own, last.answer, record))
      if (result === undefined) return await end(own, { ...last, decision: unsent.decision })
      const { error } = result
      const reading = operation.read(result.attempted)
      if (reading.verdict === 'done') recovery.succeed()
      if (record !== undefined) await recordEnd(own, reading, record)
      if (result.failure !== undefined) throw giveUp(own, result.failure.error)
      const decision = reading.verdict === 'done' ? final : await judge(own, result, reading)
      const answer = restore(own, reading, result.answer)
      if (answer !== undefined && isResult(reading)) return finish(own, answer)
      last = { reading, decision, answer, error }
      if (decision.action === 'settle') return await end(own, last)
      await pause(own, decision)
      if (
        settings.contract.lookBeforeResend &&
        decision.reason === 'unknown' &&
        own.ends.reconcile &&
        operation.isKeyed()
      ) {
        const found = await look(own, last)
        const ends = { ...own.ends, reconcile: () => found as Answer | undefined }
        if (found !== 'not-applied')
          return await end({ ...own, ends }, { ...last, decision: { action: 'settle', why: 'look-up' } })
      }
      // Another operation may have shown meanwhile that the server ignores keys.
      const prepared = operation.isUnsafe() ? 'key-ignored' : await prepareRetry(own, result, retries)
      if (prepared === undefined) continue
      if (typeof prepared !== 'string') return finish(own, prepared)
      last = { ...last, decision: { action: 'settle', why: prepared } }
      return await end(own, last)
    }
  } catch (error) {
    rememberFacts(error, operation.settle(), operation)
    throw error
  }
}

/** As {@link attempt}, after the journal has written down that it starts. What that throws ends the operation, and nothing is sent. */
async function attemptRecorded<Answer extends object>(
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
async function recordEnd<Answer extends object>(
  { operation }: OperationRun<Answer>,
  { verdict }: Reading,
  record: Recorder,
): Promise<void> {
  const { attempts, outcome } = operation.facts()
  await record({ type: 'attempt-ended', attempt: attempts, verdict, outcome }).catch(() => undefined)
}

/** Sends one attempt and gives what it brought, `undefined` when there is no time left for it. */
function attempt<Answer extends object>(
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

/** Frees an answer that may still stream. Gives what ends the operation. */
function giveUp<Answer extends object>({ run }: OperationRun<Answer>, error: unknown): unknown {
  run.attempt?.abort(error)
  return error
}

/** Asks the host's user, and decides. */
async function judge<Answer extends object>(
  { operation, transport: { allow }, run }: OperationRun<Answer>,
  result: AttemptResult<Answer>,
  reading: Reading,
): Promise<Decision> {
  const allowance =
    allow && (await stoppableWithin(run, operation.leftMs(), async () => allow(result, reading)))
  if (allowance === 'deadline') return unsent.decision
  return operation.decide(reading, result.attempted, allowance)
}

/** An operation that a journal knows, and whose key the server may have forgotten: nothing is sent any more. */
const expired: LastAttempt<never> = { ...unsent, decision: { action: 'settle', why: 'key-age' } }

const final: Decision = { action: 'settle', why: 'final' }

/** Whether an answer is, or holds, the result of the write: nothing is left to find out. */
function isResult({ verdict, outcome, result }: Reading): boolean {
  return outcome !== 'unknown' && (verdict === 'done' || (verdict === 'already-done' && result !== undefined))
}

/** The answer, or the first result of the write that it holds. */
function restore<Answer extends object>(
  { kind }: OperationRun<Answer>,
  { result }: Reading,
  answer: Answer | undefined,
): Answer | undefined {
  return result === undefined || answer === undefined ? answer : (kind.restore?.(result, answer) ?? answer)
}

/** Waits as long as was decided; where the budget is empty, until it is this operation's turn. */
async function pause<Answer extends object>(
  { operation, settings, recovery, run }: OperationRun<Answer>,
  { delayMs, mustProbe }: Decision & { action: 'resend' },
): Promise<void> {
  const { clock } = settings
  // `async`, for a clock of a test that gives no promise.
  if (delayMs > 0) await stoppable(run, async (signal) => clock.sleep(delayMs, signal))
  // An operation whose time runs out during the wait has none left for its next attempt.
  if (mustProbe) await stoppableWithin(run, operation.leftMs(), (signal) => recovery.wait(clock, signal))
}

async function prepareRetry<Answer extends object>(
  { operation, transport, kind, run }: OperationRun<Answer>,
  result: AttemptResult<Answer>,
  retries: number,
): Promise<Answer | StopReason | undefined> {
  const prepared = await stoppableWithin(run, operation.leftMs(), () =>
    transport.prepareRetry(result, retries),
  )
  const { answer } = result
  if (kind.isAnswer(prepared) && answer !== undefined && prepared !== answer) kind.discard(answer)
  return prepared
}

/** The end of an operation that has an answer, as it is. */
function finish<Answer extends object>({ operation }: OperationRun<Answer>, answer: Answer): Answer {
  rememberFacts(answer, operation.settle())
  return answer
}

/** The end of any other, with what the callbacks can still find out. */
async function end<Answer extends object>(
  own: OperationRun<Answer>,
  last: LastAttempt<Answer>,
): Promise<Answer> {
  const { operation, kind, transport, run } = own
  if (last.decision.action === 'settle') transport.stopped?.(last.decision.why)
  const limited = limitEnds(own)
  const again = transport.again && repeatable(kind, transport.again)
  return stoppable(run, (signal) => conclude(operation, last, kind, limited, again, signal))
}

/** The callbacks, each with the time of one attempt. */
function limitEnds<Answer extends object>({
  operation,
  kind,
  ends,
}: OperationRun<Answer>): EndOptions<Answer> {
  const { attemptTimeoutMs, deadlineMs } = operation.policy
  const limitMs = Math.min(attemptTimeoutMs, deadlineMs)
  const settle = async <Found>(found: Found) => (kind.isAnswer(found) ? kind.settle(found) : found)
  return {
    resolve: limitTime(ends.resolve, limitMs, settle),
    reconcile: limitTime(ends.reconcile, limitMs, settle),
  } as EndOptions<Answer>
}

/** Asks what has become of a write before it is resent, where the contract wants that. */
async function look<Answer extends object>(own: OperationRun<Answer>, last: LastAttempt<Answer>) {
  const { operation, run } = own
  const { reconcile } = limitEnds(own)
  return stoppableWithin(run, operation.leftMs(), (signal) =>
    Promise.resolve(summarise(operation, last, signal))
      .then(reconcile)
      .catch(() => undefined),
  )
}

/**
 * Sends again; asked once more, it goes on from how that ended: a copy of its answer, or what its error can do, which alone
 * knows what may have been applied since. A body that streams is shared as long as nobody has begun to read it.
 */
function repeatable<Answer extends object>(
  kind: AnswerKind<Answer>,
  again: () => Promise<Answer>,
): () => Promise<Answer> {
  let sent: Promise<Answer> | undefined
  let spare: Answer | undefined
  const keep = (answer: Answer) => {
    if (!kind.isStreaming(answer)) spare = kind.copy(answer)
    return answer
  }
  const goOn = (error: unknown) => {
    if (isIdempotencyError(error)) return error.retry() as Promise<object> as Promise<Answer>
    throw error
  }
  return () => {
    if (sent !== undefined) return sent.then((answer) => kind.copy(spare ?? answer), goOn)
    sent = again()
    // What is asked for later is copied before this one can be read.
    return sent.then(keep)
  }
}
