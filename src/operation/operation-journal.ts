import type { Outcome } from '../errors/idempotency-error.js'
import type { KeyRules } from '../key/key-rules.js'
import type { IdempotencyFacts } from './facts.js'
import type { RecordedAnswer, Recorder } from './record-step.js'

/** A call, as far as a journal has to know it. Its request is fixed: later attempts send the same. */
export interface JournalCall {
  /** Names the operation for ever. Without it the call is the journal's only inside of a run. */
  readonly operationId: string | undefined
  /** The name of the step, inside of a run. */
  readonly step: string | undefined
  /** Operations of one lane are recovered in their order. */
  readonly lane: string | undefined
  /** In upper case. */
  readonly method: string
  /** As it is sent. */
  readonly url: string
  readonly headers: Iterable<readonly [string, string]>
  /** The body, `undefined` when it can be sent only once. An absent body has no bytes. */
  readonly readBody: () => Uint8Array | undefined | Promise<Uint8Array | undefined>
  /** The caller's own key. */
  readonly givenKey: string | undefined
  /** Makes a key that fits the contract. */
  readonly makeKey: () => string
  readonly keyRules: KeyRules
  /** How long the server remembers a key, in milliseconds. */
  readonly keyTtlMs: number
  readonly signal: AbortSignal | undefined
  /** How long to wait for another worker that has the operation, in milliseconds. */
  readonly waitMs: number
}

/** The answer of an operation that was settled before. */
export interface JournalledAnswer extends RecordedAnswer {
  readonly bytes: Uint8Array
  readonly facts: Pick<IdempotencyFacts, 'outcome' | 'mayHaveRunTwice'>
}

/** An operation that a journal has written down, and that this call alone works on. */
export interface OpenedOperation {
  readonly key: string
  /** Only this journal knows the key, so that no answer to it can be about another operation's. */
  readonly isGenerated: boolean
  /** When an earlier call may have sent the key, in milliseconds since the epoch. */
  readonly firstSentMs: number | undefined
  /** What is known of the operation, where it was settled before. */
  readonly knownOutcome?: Outcome | undefined
  /** The operation is settled, and this is what the caller gets: nothing is sent. */
  readonly answer: JournalledAnswer | undefined
  /** The name of the step, which the same call has when it is sent again. */
  readonly step?: string | undefined
  readonly record: Recorder
  /** Lets go of an operation that ended without `settled`. After that, and called once more, it does nothing. */
  readonly release: () => Promise<void>
}

/** What makes operations durable. */
export interface OperationJournal {
  /**
   * Writes an operation down before its first attempt, or finds it. `undefined`, at once, when the call is not the journal's.
   *
   * @throws an error of this package, with nothing sent.
   */
  open(call: JournalCall): Promise<OpenedOperation> | undefined
}
