import type { Clock } from '../clock/clock.js'
import { conclude, type EndOptions, type LastAttempt } from '../guard/conclude.js'
import { rememberFacts } from '../guard/facts.js'
import type { GuardedOperation } from '../guard/guard.js'
import type { StopReason } from '../retry/decide.js'
import type { CapturedRequest } from './capture-request.js'
import { sendAttempt, type AttemptResult, type Sender } from './send-attempt.js'
import { stoppable, type Run } from './run.js'

/** What the loop needs of its host. */
export interface OperationHost {
  readonly sender: Sender
  readonly clock: Clock
  readonly ends: EndOptions
  /** The request for the next attempt, an answer that makes it needless, or why there is none. Called before each retry. */
  readonly prepareRetry: (last: AttemptResult) => Promise<CapturedRequest | Response | StopReason>
  /** Sends the operation again after its end, where its body can be had again. */
  readonly retry: (() => Promise<Response>) | undefined
}

/** Before the first attempt: all that can happen to an operation then is that its deadline passes. */
const unsent: LastAttempt = {
  reading: { verdict: 'not-sent' },
  decision: { action: 'settle', why: 'deadline' },
  response: undefined,
  error: undefined,
}

/** Frees the connection of an answer that nobody will read. */
function discard(response: Response | undefined): void {
  if (response?.body && !response.bodyUsed) response.body.cancel().catch(() => undefined)
}

/**
 * The loop: attempt, read, wait, until the guard says that it is the end.
 *
 * @throws what {@link conclude} throws, and the reason of the run's stop.
 */
export async function runOperation(
  host: OperationHost,
  operation: GuardedOperation,
  first: CapturedRequest,
  run: Run,
): Promise<Response> {
  const { sender, clock, ends, prepareRetry, retry } = host
  let request = first
  let last = unsent
  for (;;) {
    const timeoutMs = operation.begin()
    if (timeoutMs <= 0) {
      last = { ...last, decision: unsent.decision }
      break
    }
    discard(last.response)
    const result = await sendAttempt(sender, request, timeoutMs, run)
    const { reading, decision } = operation.end(result.attempted)
    last = { reading, decision, response: result.response, error: result.error }
    if (decision.action === 'settle') break
    if (decision.delayMs > 0) await stoppable(run, (signal) => clock.sleep(decision.delayMs, signal))
    const next = await stoppable(run, () => prepareRetry(result))
    if (next instanceof Response) {
      if (next !== result.response) discard(result.response)
      rememberFacts(next, operation.settle(operation.facts().outcome))
      return next
    }
    if (typeof next === 'string') {
      last = { ...last, decision: { action: 'settle', why: next } }
      break
    }
    request = next
  }
  if (last.response !== undefined && last.reading.verdict === 'done') {
    rememberFacts(last.response, operation.settle(operation.facts().outcome))
    return last.response
  }
  return stoppable(run, (signal) => conclude(operation, last, ends, retry, signal))
}
