import { monotonicNow } from '../clock/clock.js'
import { systemClock } from '../clock/system-clock.js'

/** An answer that was read to its end. */
export interface Received {
  readonly status: number
  readonly statusText: string
  readonly headers: Headers
  /** The body. Empty where an error answer's body was lost, or where a body is refused. */
  readonly text: string
  /** The parsed body of a 2xx; `undefined` when it is no JSON. */
  readonly json?: unknown
  /** Why the body of a 2xx is refused. */
  readonly problem?: string | undefined
  /** Why the body of an error answer could not be read. */
  readonly cause?: unknown
}

/** One call on its way: what the `fetch` below ky sends, and what it received last. */
export interface Exchange {
  readonly url: string
  readonly method: string
  /** All headers but the idempotency key, which the hooks of ky make. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** Time for one attempt, from the connection to the last byte of its answer. */
  readonly timeoutMs: number
  /** The caller gave the key, so another call with it may share the answer and needs its body, too. */
  readonly isShareable: boolean
  /** An error answer may be a result, so one whose body is lost is a lost answer. */
  readonly needsErrorBody: boolean
  /** When the call must have ended, on the monotonic clock; for reads, whose deadline nobody else keeps. */
  readonly untilMs: number | undefined
  /** Requests sent so far. */
  attempts: number
  /** The answer of the attempt on its way, as soon as its status is known. */
  head?: Pick<Received, 'status' | 'statusText' | 'headers'> | undefined
  /** The answer of the last attempt, when it was read. */
  received?: Received | undefined
}

export const isSuccess = (status: number): boolean => status >= 200 && status < 300

/** The time that a call has left, in milliseconds. */
export const leftOf = ({ untilMs }: Pick<Exchange, 'untilMs'>): number =>
  untilMs === undefined ? Infinity : untilMs - monotonicNow(systemClock)

/** The option by which ky hands the exchange of a call to its `fetch`: ky passes on every option that is not its own. */
export const exchangeOption = 'qurlExchange'
