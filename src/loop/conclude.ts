import type { Outcome } from '../errors/idempotency-error.js'
import { rememberFacts, replaceFacts } from '../operation/facts.js'
import type { EndOptions, OperationSummary } from './end-options.js'
import { toError, type LastAttempt } from './to-error.js'
import type { TrackedOperation } from './tracked-operation.js'
import type { AnswerKind } from './transport.js'

/** What the callbacks are told of an operation. */
export function summarise<Answer>(
  operation: TrackedOperation,
  { answer, reading }: LastAttempt<Answer>,
  signal: AbortSignal,
): OperationSummary<Answer> {
  return { ...operation.errorFacts(), response: answer, original: reading.original ?? {}, signal }
}

/**
 * The last word on an operation: its answer, made better by the callbacks where they can.
 *
 * @throws the error that tells the truth about the operation, when there is no answer to give.
 */
export async function conclude<Answer extends object>(
  operation: TrackedOperation,
  last: LastAttempt<Answer>,
  kind: AnswerKind<Answer>,
  { resolve, reconcile }: EndOptions<Answer>,
  again: (() => Promise<Answer>) | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const { answer, reading, decision } = last
  const retry = operation.canResend() ? again : undefined
  const { verdict } = reading
  const { outcome } = operation.facts()
  const summary = () => summarise(operation, last, signal)
  const give = (result: Answer, found: Outcome, replayed?: boolean) => {
    replaceFacts(result, operation.settle(found, replayed))
    return result
  }

  if (verdict === 'already-done') {
    let failure: unknown
    const fail = (error: unknown) => void (failure = error)
    const result = resolve && (await Promise.resolve(summary()).then(resolve).catch(fail))
    if (signal.aborted) throw signal.reason
    // A look-up may bring a failure that the server has kept.
    if (kind.isAnswer(result)) return give(result, kind.isOk(result) ? 'applied' : outcome, true)
    if (outcome === 'applied') {
      operation.settle(outcome, true)
      throw toError(operation, { ...last, error: failure }, retry)
    }
  }
  if (outcome === 'unknown' && reconcile !== undefined) {
    const found = await Promise.resolve(summary())
      .then(reconcile)
      .catch(() => undefined)
    if (kind.isAnswer(found)) return give(found, kind.isOk(found) ? 'applied' : outcome)
    if (found === 'applied' || found === 'not-applied') operation.settle(found)
  }
  const facts = operation.settle()
  const isTooOld = decision.action === 'settle' && decision.why === 'key-age'
  if (answer === undefined || isTooOld || verdict === 'key-reused' || verdict === 'key-expired')
    throw toError(operation, last, retry)
  rememberFacts(answer, facts)
  return answer
}
