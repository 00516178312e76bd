import type { Outcome } from '../../src/errors/idempotency-error.js'
import type { HostName, HostOptions, Write } from './hosts.js'
import type { Step } from './stage.js'

/** What must be seen, by the server and by the caller. */
export interface Seen {
  /** What each attempt told, in order. Their number is that of the requests. */
  readonly verdicts: readonly string[]
  /** The status of the answer, or the code of the error. */
  readonly end: number | string
  readonly outcome: Outcome
  /** How often the write was executed. */
  readonly made: number
  readonly replayed: boolean
  /** Requests that arrive. By default all that were counted, but for those that were not sent. */
  readonly arrived: number
  /** The waits between the attempts, in milliseconds. */
  readonly waits: readonly number[]
}

/** What a host can not, and why; or what it gives instead. */
export type PerHost<T> = Partial<Record<HostName, T>>

/** One call against one server, and what comes of it. */
export interface Scene {
  readonly name: string
  /** The row of the table in docs/outcomes.md that this is. */
  readonly row?: string
  readonly server: readonly [Step, ...Step[]]
  readonly secure?: boolean
  readonly call?: Partial<Write> | (() => Partial<Write>)
  readonly options?: HostOptions
  /**
   * `made` is, where it is left out, 1 for `applied` and 0 for anything else; `replayed` is false; `waits` are not looked
   * at.
   */
  readonly seen: Pick<Seen, 'verdicts' | 'end' | 'outcome'> & Partial<Seen>
  /** What the key of the call is, where it is no UUIDv7: the caller's own, or none. */
  readonly key?: string | 'none'
  readonly differs?: PerHost<Partial<Seen>>
  readonly cannot?: PerHost<string>
}

/** Scenes under one heading: a rule, or a part of the table of outcomes. */
export interface Act {
  readonly title: string
  readonly scenes: readonly Scene[]
}
