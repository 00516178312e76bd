import type { StepName } from './probe-steps.js'

/** An answer as it came. It stays in memory: what is printed of it is chosen field by field. */
export interface ProbeAnswer {
  readonly status: number
  readonly headers: Headers
  /** The body, `undefined` when it was longer than is read. */
  readonly text: string | undefined
  /** The body parsed as JSON, `undefined` when it is none. */
  readonly json: unknown
  /** What names the thing that was made. */
  readonly id: string | undefined
}

/** One request and how it ended. */
export interface Exchange {
  readonly step: StepName
  readonly answer?: ProbeAnswer | undefined
  /** Why there is no answer. */
  readonly lost?: string | undefined
  /** How far a request came whose answer was dropped on purpose. */
  readonly cut?: 'before-the-answer' | 'after-the-headers' | undefined
  readonly sentAtMs: number
  readonly tookMs: number
  /** The values that its body was filled in with, to see past what a server echoes. */
  readonly echoes: readonly string[]
}

/** Whether an answer is a success. */
export function isSuccess(answer: ProbeAnswer | undefined): answer is ProbeAnswer {
  return answer !== undefined && answer.status >= 200 && answer.status < 300
}

/** Whether an answer refuses the request. */
export function isRefusal(answer: ProbeAnswer | undefined): answer is ProbeAnswer {
  return answer !== undefined && answer.status >= 400
}

/** Whether an answer refuses the request with a status that may be about its key. */
export function isConflict(exchange: Exchange | undefined): boolean {
  return isRefusal(exchange?.answer) && exchange.answer.status < 500
}

export function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
