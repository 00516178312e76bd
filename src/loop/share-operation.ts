import { idempotencyOf, rememberFacts, type IdempotencyFacts } from '../operation/facts.js'
import { reasonOf } from '../transport/on-abort.js'
import { keepLive } from './keep-live.js'
import { createRun, stopRun, type Run } from './run.js'
import type { TrackedOperation } from './tracked-operation.js'
import type { AnswerKind } from './transport.js'
import { untilEnded, waitUntil, type WaitLimit } from './wait-until.js'

interface Reader<Answer> {
  readonly give: (answer: Answer, facts: IdempotencyFacts) => void
  readonly fail: (error: unknown) => void
}

/** One operation on its way, and everyone who waits for it. */
export interface SharedOperation<Answer> {
  readonly operation: TrackedOperation
  readonly kind: AnswerKind<Answer>
  readonly run: Run
  readonly readers: Set<Reader<Answer>>
  /** Calls that are another operation under the same key: they go on when this one has ended. */
  readonly successors: (() => void)[]
}

export function shareOperation<Answer>(
  operation: TrackedOperation,
  kind: AnswerKind<Answer>,
): SharedOperation<Answer> {
  return { operation, kind, run: createRun(), readers: new Set(), successors: [] }
}

/**
 * Waits for a shared operation. A caller who aborts leaves at once, with the reason of its own signal; the operation ends
 * with the last one who leaves.
 */
export function joinOperation<Answer>(
  { readers, run, operation, kind }: SharedOperation<Answer>,
  signal: AbortSignal | undefined,
  limit?: WaitLimit,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const leave = (reason: unknown, isAnswered = false) => {
      stopWaiting?.()
      readers.delete(reader)
      if (readers.size === 0) stopRun(run, reason)
      // What goes on for the others can be applied yet.
      const isOpen = readers.size > 0 && !isAnswered
      rememberFacts(reason, operation.facts(isOpen ? 'unknown' : undefined), operation)
      reject(reason)
    }
    const reader: Reader<Answer> = {
      give(answer, facts) {
        stopWaiting?.()
        const given =
          signal !== undefined && kind.isStreaming(answer)
            ? keepLive(kind, answer, signal, (reason) => leave(reason, true))
            : answer
        rememberFacts(given, facts)
        resolve(given)
      },
      fail(error) {
        stopWaiting?.()
        reject(error)
      },
    }
    readers.add(reader)
    let stopWaiting: (() => void) | undefined
    if (signal?.aborted) leave(reasonOf(signal))
    else stopWaiting = waitUntil(signal, limit, leave)
  })
}

/** Waits until an operation has ended that has the same key as the caller's and is not the same. */
export function awaitEnd<Answer>(
  { successors, operation }: SharedOperation<Answer>,
  signal: AbortSignal | undefined,
  limit: WaitLimit,
): Promise<void> {
  const ended = new Promise<void>((resolve) => successors.push(resolve))
  return untilEnded(ended, signal, limit, (reason) =>
    rememberFacts(reason, operation.facts('unknown'), operation),
  )
}

/**
 * Gives the result of a shared operation to everyone who still waits: the answer to the first, copies to the others.
 * `close` is called at that moment, so that nobody joins an operation that has ended.
 */
export function giveResult<Answer>(
  { kind, readers, successors }: SharedOperation<Answer>,
  result: Promise<Answer>,
  close: () => void,
): void {
  const over = () => {
    close()
    for (const goOn of successors.splice(0)) goOn()
  }
  result
    .then((answer) => {
      over()
      const waiting = [...readers]
      const copies = waiting.map((_, index) => (index === 0 ? answer : kind.copy(answer)))
      for (const [index, reader] of waiting.entries())
        reader.give(copies[index] as Answer, idempotencyOf(answer) as IdempotencyFacts)
    })
    .catch((error: unknown) => {
      over()
      for (const reader of readers) reader.fail(error)
    })
}
