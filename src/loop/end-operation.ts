import { isIdempotencyError } from '../errors/any-idempotency-error.js'
import type { Verdict } from '../contract/verdict.js'
import { rememberFacts } from '../operation/facts.js'
import { conclude, summarise } from './conclude.js'
import type { EndOptions } from './end-options.js'
import { limitTime } from './limit-time.js'
import type { OperationRun } from './operation-run.js'
import { stoppable, stoppableWithin } from './run.js'
import type { LastAttempt } from './to-error.js'
import type { AnswerKind } from './transport.js'

/** The end of an operation that has an answer, as it is. */
export function finish<Answer extends object>({ operation }: OperationRun<Answer>, answer: Answer): Answer {
  rememberFacts(answer, operation.settle())
  return answer
}

/** The end of any other, with what the callbacks can still find out. */
export async function end<Answer extends object>(
  own: OperationRun<Answer>,
  last: LastAttempt<Answer>,
): Promise<Answer> {
  const { operation, kind, transport, run } = own
  if (last.decision.action === 'settle') transport.stopped?.(last.decision.why)
  const limited = limitCallbacks(own)
  const again = transport.again && repeatable(kind, transport.again)
  return stoppable(run, (signal) => conclude(operation, last, kind, limited, again, signal))
}

/** The callbacks, each with the time of one attempt. */
function limitCallbacks<Answer extends object>({
  operation,
  kind,
  callbacks,
}: OperationRun<Answer>): EndOptions<Answer> {
  const { attemptTimeoutMs, deadlineMs } = operation.policy
  const limitMs = Math.min(attemptTimeoutMs, deadlineMs)
  const read = async <Found>(found: Found) => (kind.isAnswer(found) ? kind.readWhole(found) : found)
  return {
    resolve: limitTime(callbacks.resolve, limitMs, read),
    reconcile: limitTime(callbacks.reconcile, limitMs, read),
  } as EndOptions<Answer>
}

/**
 * Asks what has become of a write before it is resent, where the contract wants that.
 *
 * @returns its end, `undefined` where it may be resent.
 */
export async function endByLook<Answer extends object>(
  own: OperationRun<Answer>,
  last: LastAttempt<Answer>,
  { reason }: { readonly reason: Verdict },
): Promise<Answer | undefined> {
  const { operation, run, settings } = own
  const isWanted = settings.contract.lookBeforeResend && reason === 'unknown' && operation.isKeyed()
  const { reconcile } = isWanted ? limitCallbacks(own) : {}
  if (reconcile === undefined) return undefined
  const found = await stoppableWithin(run, operation.leftMs(), (signal) =>
    Promise.resolve(summarise(operation, last, signal))
      .then(reconcile)
      .catch(() => undefined),
  )
  if (found === 'not-applied') return undefined
  const callbacks = { ...own.callbacks, reconcile: () => found as Answer | undefined }
  return end({ ...own, callbacks }, { ...last, decision: { action: 'settle', why: 'look-up' } })
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
