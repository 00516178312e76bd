import { DeadlineError } from '../errors/deadline-error.js'
import { rememberFacts } from '../operation/facts.js'
import type { Reading } from '../contract/verdict.js'
import type { Recorder } from '../operation/record-step.js'
import type { Decision, StopReason } from '../retry/decide.js'
import type { AttemptResult } from '../transport/attempted.js'
import { attempt, attemptRecorded, recordEnd } from './attempt.js'
import { end, endByLook, finish } from './end-operation.js'
import type { OperationRun } from './operation-run.js'
import { hooksTooLate, stoppable, stoppableWithin } from './run.js'
import { unsent, type LastAttempt } from './to-error.js'

/**
 * The loop: attempt, read, decide, wait, until nothing can or need be done any more.
 *
 * @throws what {@link end} throws, the reason of the run's stop, and what a hook or a record throws.
 */
export function runOperation<Answer extends object>(own: OperationRun<Answer>): Promise<Answer> {
  return own.record === undefined ? loop(own) : recorded(own, own.record)
}

/** The loop of a journalled operation, whose last word is written down before the caller hears it. */
async function recorded<Answer extends object>(own: OperationRun<Answer>, record: Recorder): Promise<Answer> {
  const write = async (answer?: Answer) => {
    const facts = own.operation.settle()
    const kept = answer === undefined ? undefined : own.kind.toRecord?.(answer)
    // The journal's own failure after sending changes nothing.
    await record({ ...facts, type: 'settled', answer: kept }).catch(() => undefined)
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
  const { operation, transport, run, record, recovery } = own
  try {
    const why =
      own.record !== undefined && operation.isTooOld()
        ? 'key-age'
        : operation.isForbidden()
          ? 'not-resendable'
          : undefined
    if (why !== undefined) return await end(own, { ...unsent, decision: { action: 'settle', why } })
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
      if (result.failure !== undefined) throw giveUp(own, result.failure)
      const decision = reading.verdict === 'done' ? final : await judge(own, result, reading)
      const answer = restore(own, reading, result.answer)
      if (answer !== undefined && isResult(reading)) return finish(own, answer)
      last = { reading, decision, answer, error }
      if (decision.action === 'settle') return await end(own, last)
      await pause(own, decision)
      const found = await endByLook(own, last, decision)
      if (found !== undefined) return found
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

/** Frees an answer that may still stream. Gives what ends the operation. */
function giveUp<Answer extends object>(
  { run, operation, transport }: OperationRun<Answer>,
  failure: NonNullable<AttemptResult<Answer>['failure']>,
): unknown {
  let { error } = failure
  if (failure === hooksTooLate) {
    transport.stopped?.('deadline')
    error = new DeadlineError({ ...operation.errorFacts(), isResendable: operation.canResend() })
  }
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
