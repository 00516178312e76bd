import { rememberFacts } from '../operation/facts.js'
import { onAbort, reasonOf } from '../transport/on-abort.js'
import { keepLive } from './keep-live.js'
import { createRun, stopRun, type Run } from './run.js'
import type { TrackedOperation } from './tracked-operation.js'
import type { AnswerKind } from './transport.js'

/**
 * Runs an operation that nobody else can join. It ends at once when its caller's signal aborts, with the signal's own reason: an
 * operation that several callers may share costs more.
 */
export function runAlone<Answer extends object>(
  operation: TrackedOperation,
  kind: AnswerKind<Answer>,
  signal: AbortSignal,
  start: (run: Run) => Promise<Answer>,
): Promise<Answer> {
  const run = createRun()
  const end = (reason: unknown) => {
    stopRun(run, reason)
    rememberFacts(reason, operation.facts(), operation)
  }
  if (signal.aborted) stopRun(run, reasonOf(signal))
  const stopListening = onAbort(signal, () => end(reasonOf(signal)))
  return start(run).then(
    (answer) => {
      stopListening()
      // It has aborted when the answer was on its way through the loop.
      if (run.isStopped) throw run.reason
      if (!kind.isStreaming(answer)) return answer
      const given = keepLive(kind, answer, signal, end)
      if (given !== answer) rememberFacts(given, operation.facts())
      return given
    },
    (error: unknown) => {
      stopListening()
      throw error
    },
  )
}
