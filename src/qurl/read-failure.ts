import { idempotencyOf, isKeyReusedError, type IdempotencyFacts } from '../ky/index.js'
import type { Answer, Call } from './call.js'
import type { Exchange, Received } from './exchange.js'
import { parseJson } from './json.js'
import { errorOfLoss, isUnsent } from './loss.js'
import { keepFacts } from './meta.js'
import { errorOfProblem, type CallFacts } from './problem.js'
import type { QURLErrorData } from './qurl-error.js'
import { isRecord } from './validate.js'

/** What is needed to make an answer or an error of a call that did not succeed. */
export interface FailureTools {
  /** Takes the credential out of what may hold it. */
  readonly redact: (text: string) => string
  readonly settled: (received: Received, facts: IdempotencyFacts | undefined) => Answer
}

/**
 * The answer that a failed request stands for after all.
 *
 * @throws the error that it stands for.
 */
export async function readFailure(
  call: Call,
  failure: unknown,
  exchange: Exchange,
  tools: FailureTools,
): Promise<Answer> {
  const facts = idempotencyOf(failure)
  const known = call.method === 'GET' ? undefined : facts
  const callFacts = {
    attempts: facts?.attempts ?? exchange.attempts,
    key: known?.key,
    outcome: known?.outcome,
  }
  const response = responseOf(failure)
  const received =
    response === undefined ? headOf(failure, exchange) : (exchange.received ?? (await readShared(response)))
  if (received === undefined) {
    const isSent = facts === undefined ? !isUnsent(failure) : facts.outcome !== 'not-applied'
    throw keepFacts(errorOfLoss(failure, call, callFacts, isSent, tools.redact), known)
  }
  // Removed already, by an attempt of this very call whose answer was lost.
  if (call.method === 'DELETE' && facts?.outcome === 'applied')
    return tools.settled({ ...received, text: '', json: {} }, facts)
  const reuse = isKeyReusedError(failure) ? { code: failure.code, cause: failure } : {}
  return readProblem(call, received, { ...callFacts, ...reuse }, tools, facts)
}

/**
 * The result that an answer with an error status holds after all.
 *
 * @throws the error that it stands for.
 */
export function readProblem(
  call: Call,
  received: Received,
  callFacts: CallFacts & Partial<Pick<QURLErrorData, 'code' | 'cause'>>,
  { redact, settled }: FailureTools,
  facts?: IdempotencyFacts,
): Answer {
  const json = parseJson(redact(received.text))
  if (call.accepts?.(received.status, isRecord(json) ? json['data'] : undefined) === true)
    return settled({ ...received, json }, facts)
  const cause = received.cause === undefined ? {} : { cause: received.cause }
  const error = errorOfProblem(received, json, call, { ...cause, ...callFacts })
  throw keepFacts(error, call.method === 'GET' ? undefined : facts)
}

/** The status of an error answer whose body was on its way when the deadline passed. */
function headOf(failure: unknown, { head, received }: Exchange): Received | undefined {
  const { code, name } = (failure ?? {}) as { code?: unknown; name?: unknown }
  const isLate = code === 'deadline_exceeded' || name === 'TimeoutError'
  return isLate && received === undefined && head !== undefined && head.status >= 400
    ? { ...head, text: '', cause: failure }
    : undefined
}

/** The answer in ky's `HTTPError`, of whichever copy of ky, or behind a key that was used before. */
function responseOf(failure: unknown): Response | undefined {
  const { name, response } = (failure ?? {}) as { name?: unknown; response?: Response }
  return name === 'HTTPError' || isKeyReusedError(failure) ? response : undefined
}

/** The answer to another call with the same key, which sent for both. */
export async function readShared(response: Response): Promise<Received> {
  const { status, statusText, headers } = response
  const text = response.bodyUsed ? '' : await response.text()
  return { status, statusText, headers, text, json: parseJson(text) }
}
