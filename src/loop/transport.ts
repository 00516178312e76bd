import type { Reading } from '../contract/verdict.js'

type StoredResult = NonNullable<Reading['result']>
import type { RecordedAnswer } from '../operation/record-step.js'
import type { Allowance, StopReason } from '../retry/decide.js'
import type { AttemptResult, OnStatus } from '../transport/attempted.js'

/** What the loop has to know of the answers of a host: it never looks into one. */
export interface AnswerKind<Answer> {
  /** Whether a value is an answer, such as one that a callback gives. */
  isAnswer(value: unknown): value is Answer
  /** Whether an answer tells of a success. */
  isOk(answer: Answer): boolean
  /** Frees what an answer holds that nobody will read. */
  discard(answer: Answer): void
  /** An answer for one more caller. */
  copy(answer: Answer): Answer
  /** Reads an answer that a callback has given, so that it can no longer fail. */
  readWhole(answer: Answer): Promise<Answer>
  /** The first result of the write, where an answer holds it as text: wrapped, or behind an error. */
  restore?(result: StoredResult, answer: Answer): Answer
  /** An answer as a journal keeps it. */
  toRecord?(answer: Answer): RecordedAnswer
  /** The answer that a journal has kept. A host without it does not give such answers. */
  fromRecord?(recorded: RecordedAnswer): Answer
  /** Whether the body of an answer is still on the way when the caller gets it. */
  isStreaming(answer: Answer): boolean
  /**
   * An answer whose body can be ended from outside, in place of one that streams: `over` is called when the body ends in any
   * way. `undefined` where somebody has begun to read the body.
   */
  watch(
    answer: Answer,
    over: () => void,
  ): { readonly answer: Answer; readonly fail: (reason: unknown) => void } | undefined
}

/** How one call is sent: what the loop asks of its host. */
export interface Transport<Answer> {
  /** Runs once, before the first attempt. An answer ends the call. What it throws ends the operation. */
  readonly begin?: (() => Promise<Answer | undefined>) | undefined
  /** Sends one attempt, until `signal` aborts. A lost answer is a result, not an exception. */
  readonly send: (
    signal: AbortSignal,
    headers: AttemptHeaders | undefined,
    onStatus: OnStatus<Answer>,
  ) => Promise<AttemptResult<Answer>>
  /** What the host's user says of a retry, asked before it is decided. @defaultValue nothing against it */
  readonly allow?:
    ((result: AttemptResult<Answer>, reading: Reading) => Allowance | Promise<Allowance>) | undefined
  /** Runs after the wait, before each retry. An answer or a reason ends the call. What it throws ends the operation. */
  readonly prepareRetry: (
    result: AttemptResult<Answer>,
    retries: number,
  ) => Promise<Answer | StopReason | undefined>
  /** Hears why the loop has ended, where that is not for an answer that is good as it is. */
  readonly stopped?: ((why: StopReason) => void) | undefined
  /** Sends the whole call again, for `retry()`. `undefined` where its body is used up. */
  readonly again: (() => Promise<Answer>) | undefined
}

/** Headers of one attempt, over those of the call. */
export type AttemptHeaders = Readonly<Record<string, string>>

/** What is told of an attempt before it is sent. */
export interface AttemptInfo {
  /** Tells operations apart: the same for all attempts of one call. */
  readonly operation: string
  /** The idempotency key, `undefined` when the operation has none. */
  readonly key: string | undefined
  /** The method of the request, in upper case. */
  readonly method: string
  /** The target without user info, query and fragment. */
  readonly url: string
  /** Number of this attempt, 1 for the first. */
  readonly attempt: number
}

/** What is told of an attempt after it has ended. */
export interface AttemptReport {
  /** The status of the answer, `undefined` when it was lost. */
  readonly status: number | undefined
  /** Why the answer was lost. */
  readonly error: unknown
}

/**
 * Stands around each attempt, for tracing and for headers that are new on each one (a timestamp, a signature, `traceparent`).
 * It has to call `next`, once, and to wait for what that gives; `headers` go over those of the call, but for the key.
 */
export type AroundAttempt = (
  attempt: AttemptInfo,
  next: (headers?: AttemptHeaders) => Promise<AttemptReport>,
) => Promise<unknown>
