import type { Ky } from '../harness.js'
import type { Aspect, Log, Seen } from './log.js'

export type Major = 1 | 2
export type Place = 'with the call' | 'before ours'
export type Method = 'get' | 'head' | 'post' | 'put' | 'delete'

/** One request as it arrived at a scene's server. */
export interface Arrived {
  readonly request: Request
  readonly signal: AbortSignal
  readonly count: number
  readonly body: string
}

/** An answer of the server, what its connection throws, or a function that gives either. */
export type Answer = Response | Error | ((arrived: Arrived) => unknown)

/** Options of either major: a scene gives what each of them documents. */
export interface Options {
  readonly [name: string]: unknown
}

/** What is played in one scene. */
export interface Play {
  /** The answers in their order; the last one repeats. */
  readonly script: readonly Answer[]
  /** Options that may stand on an instance or with a call. */
  readonly options?: Options
  /** Options that belong to one call. */
  readonly call?: Options
  /** The input of the call. The default is an absolute URL. */
  readonly input?: string | URL | Request
  /** What is asked for. The default is the response, whose text is read. */
  readonly read?: (promise: Promise<Response> & Record<string, () => Promise<unknown>>) => Promise<unknown>
  /** What every random number is. The default, 1, leaves waits with jitter as long as those without. */
  readonly random?: number
}

/** One way in which a call is made. */
export interface Case {
  readonly major: Major
  readonly method: Method
  readonly place: Place
}

/** A difference that stays, which the docs name. */
export interface Difference {
  readonly because: string
  readonly when?: (one: Case) => boolean
  /** What is seen in place of what plain ky shows. */
  readonly expected?: (plain: Seen, one: Case) => Partial<Seen>
  /** What is not compared. */
  readonly ignores?: readonly Aspect[]
}

export interface Scene {
  readonly name: string
  readonly majors?: readonly Major[]
  readonly methods?: readonly Method[]
  /** A hook of the user's own drops the key. */
  readonly keyless?: boolean
  readonly play: (log: Log, one: Case, ky: Ky) => Play
  /** How a write differs from one of plain ky that resends it. A read never differs. */
  readonly differs?: Difference
}

export const isRead = (method: Method) => method === 'get' || method === 'head'
