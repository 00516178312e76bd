import type { ReplayMarker } from './server-contract.js'

/** Which answers have one meaning. Everything that is said has to be true of the answer. */
export interface AnswerPattern {
  /** The status codes, one of which is enough. @defaultValue any error: 400 and above */
  readonly status?: number | readonly number[] | undefined
  /** The server's own codes, exactly as it writes them, one of which is enough. */
  readonly code?: string | readonly string[] | undefined
  /**
   * Where the code stands in the JSON body; dots separate the steps of the path.
   *
   * @defaultValue the usual places: `code`, `type`, `name`, `error` and the like, in the body, in its `error`, and in each of its
   * `errors` and `details`
   */
  readonly field?: string | undefined
  /** A header that the answer has, such as `{ header: 'Idempotency-Status', value: 'conflict' }`. */
  readonly header?: ReplayMarker | undefined
}

/** Where an answer holds the first result. */
export interface ResultPlace {
  /** The field of the JSON body that holds it; dots separate the steps of the path. @defaultValue the whole body */
  readonly field?: string | undefined
  /** The status with which the caller gets it. @defaultValue `200` */
  readonly status?: number | undefined
}

/** Which errors mean that the write was done before, and what they say about the original. */
export interface DuplicatePattern extends AnswerPattern {
  /** The field of the JSON body that holds the id of the original. @defaultValue none */
  readonly id?: string | undefined
  /** The field of the JSON body that holds the URL of the original. @defaultValue none: the `Location` header, where there is one */
  readonly url?: string | undefined
  /** Where the error holds the first result. The caller gets it in place of an `AlreadyDoneError`. @defaultValue nowhere */
  readonly result?: ResultPlace | undefined
  /** The server answers so to the repetition of a failure too: the outcome is unknown. @defaultValue `false` */
  readonly alsoAfterFailure?: boolean | undefined
}

/** A success that wraps the first result, such as `{"cached": true, "data": …}`. */
export interface WrappedReplay extends ResultPlace {
  /** The field of the JSON body that is `true` in a wrapped replay. */
  readonly marker: string
}

/** What a server's answers mean, as data. */
export interface AnswerMeanings {
  /**
   * An earlier request with this key is still being worked on. A pattern of a status alone holds only where the server can have
   * known the key; on the first attempt with a new key the same status is about something else.
   */
  readonly running?: AnswerPattern | readonly AnswerPattern[] | undefined
  /** The key was used with another payload. A pattern of a status alone holds only for a key that the caller gave. */
  readonly reused?: AnswerPattern | readonly AnswerPattern[] | undefined
  /** The write was done before. A pattern of a status alone holds only where the server can have known the key. */
  readonly alreadyDone?: DuplicatePattern | readonly DuplicatePattern[] | undefined
  /** The key is older than the server keeps it. A pattern of a status alone holds only where the server can have known the key. */
  readonly expired?: AnswerPattern | readonly AnswerPattern[] | undefined
  /**
   * The request came without a key that the server takes: a definite no. A pattern of a status alone does not hold where the text
   * may speak of a key that the server knows.
   */
  readonly keyMissing?: AnswerPattern | readonly AnswerPattern[] | undefined
  /** A repetition's success that wraps the first result. */
  readonly wrappedReplay?: WrappedReplay | undefined
}
