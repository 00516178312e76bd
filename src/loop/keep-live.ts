import { endOnAbort, onAbort, reasonOf, type Endable } from '../transport/on-abort.js'
import type { AnswerKind } from './transport.js'

/** The body of an answer, which lives with the stream that it is read from. */
interface Live extends Endable {
  stop?: () => void
  fail?: (reason: unknown) => void
}

/** A body that still streams can be ended by its caller: only then does the operation outlive its answer. `end` ends it. */
export function keepLive<Answer>(
  kind: AnswerKind<Answer>,
  answer: Answer,
  signal: AbortSignal,
  end: (reason: unknown) => void,
): Answer {
  const live: Live = {
    end(reason) {
      end(reason)
      live.fail?.(reason)
    },
  }
  const watched = kind.watch(answer, () => live.stop?.())
  if (watched === undefined) {
    live.stop = onAbort(signal, () => live.end(reasonOf(signal)))
    return answer
  }
  live.fail = watched.fail
  live.stop = endOnAbort(signal, live)
  return watched.answer
}
