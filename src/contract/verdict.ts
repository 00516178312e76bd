import type { Original } from '../errors/already-done-error.js'
import type { Outcome } from '../errors/idempotency-error.js'

/**
 * What one attempt told us.
 *
 * - `not-sent`: the request provably never reached a server
 * - `unsendable`: the request itself is at fault, no retry can help
 * - `refused`: the server says that it did not act
 * - `unknown`: the answer was lost, or says nothing about the outcome
 * - `running`: an earlier attempt with this key is still being worked on
 * - `done`: success, first time or replayed
 * - `already-done`: an error answer that means "this happened before"
 * - `stored-failure`: a failure that is frozen under this key
 * - `key-reused`: the server knows this key with another payload
 * - `key-expired`: the key is older than the server keeps it
 * - `failed`: a definite no
 */
export type Verdict =
  | 'not-sent'
  | 'unsendable'
  | 'refused'
  | 'unknown'
  | 'running'
  | 'done'
  | 'already-done'
  | 'stored-failure'
  | 'key-reused'
  | 'key-expired'
  | 'failed'

/** What an answer can tell: all but what is said of a lost one. */
export const answered: ReadonlySet<unknown> = new Set<Verdict>([
  'refused',
  'unknown',
  'running',
  'done',
  'already-done',
  'stored-failure',
  'key-reused',
  'key-expired',
  'failed',
])

/** The result of the first execution, as found inside another answer. */
export interface StoredResult {
  readonly status: number
  /** The body, as text; JSON. */
  readonly text: string
}

/** A verdict with what else the answer said. */
export interface Reading {
  readonly verdict: Verdict
  /** The server answered from its store. Read from the contract's replay markers when absent. */
  readonly replayed?: boolean | undefined
  /** The server's own word on whether a resend under the same key can help; it overrules the verdict. */
  readonly resend?: boolean | undefined
  /** Shortest wait before the next request, in milliseconds. A longer `Retry-After` is obeyed. */
  readonly minimumWaitMs?: number | undefined
  /** The server did not say `running`: our own history makes it likely. When it has not come true in time, the outcome is unknown. */
  readonly guessed?: boolean | undefined
  /**
   * The answer names the key, by a code or header that is about nothing else. Without it, a `running` on the first attempt
   * with a new key is read as `failed`: the server cannot have known the key, so that the conflict is another one.
   */
  readonly namesKey?: boolean | undefined
  /**
   * How long a `running` is asked about in all, in milliseconds from the first one of the operation. An ask that would come
   * later is not made. `readAnswer` always gives one, so that a key that stays locked ends in time.
   */
  readonly askForMs?: number | undefined
  /** Wait between two asks about a `running` where the server names none, in milliseconds, in place of the backoff. */
  readonly askEveryMs?: number | undefined
  /** How often a `running` may be asked about at most. */
  readonly maxAsks?: number | undefined
  /** What is true of the operation, where the verdict alone does not say. */
  readonly outcome?: Outcome | undefined
  /** Where the result can be read, for `already-done`. */
  readonly original?: Original | undefined
  /** The first result, where the answer holds it in another form than the first answer did. The caller gets it in that form. */
  readonly result?: StoredResult | undefined
  /** The server cannot reach its store of keys, so that it refuses to act on any. */
  readonly keyStoreDown?: boolean | undefined
}

/** One answer of a server, as a contract sees it. */
export interface Answer {
  /** The status code. */
  readonly status: number
  /** The headers of the response. */
  readonly headers: Headers
  /** The body as text, `undefined` when it was not read (a stream, or longer than the limit). */
  readonly text: string | undefined
  /** The body parsed as JSON, `undefined` when it is none. */
  readonly json: unknown
  /** The method of the request, in upper case. */
  readonly method: string
  /** The target of the request without user info, query and fragment. */
  readonly url: string
  /** The idempotency key, `undefined` when the operation has none. */
  readonly key: string | undefined
  /** Who made the key. A generated one cannot be known to the server before the first attempt. */
  readonly keyOrigin: 'generated' | 'given' | 'none'
  /** A PUT or PATCH whose `If-Match` or `If-None-Match: *` keeps it from being executed twice. */
  readonly conditional: boolean
  /** Number of this attempt, 1 for the first. */
  readonly attempt: number
  /** An earlier attempt of this operation may have been applied. */
  readonly mayHaveRun: boolean
}
