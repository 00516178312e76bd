import { BodyTooLargeError } from '../errors/body-too-large-error.js'
import { UnsendableError } from '../errors/unsendable-error.js'
import type { OpenedOperation } from '../operation/operation-journal.js'
import { rememberFacts } from '../operation/facts.js'
import { withoutSecrets } from '../loop/guard.js'
import { captureRequest, OversizedBody, type CapturedRequest } from '../transport/capture-request.js'
import type { CheckedCallOptions, FetchSettings } from './fetch-options.js'
import type { IdempotentRequestInit } from './idempotent-init.js'
import { onAbort } from '../transport/on-abort.js'
import { readGivenKey } from '../transport/stamp-request.js'

/** A call with everything fixed: it can be launched again, by `retry()`. */
export interface PreparedCall {
  readonly request: CapturedRequest
  readonly options: CheckedCallOptions
  readonly givenKey: unknown
  /** The key was made for an earlier call, which this one goes on with. */
  readonly isGenerated?: boolean | undefined
  /** The hooks have made of the request what they wanted: it is sent as it is. */
  readonly isHooked?: boolean
  /** What a journal knows of it. */
  readonly opened?: OpenedOperation
}

/** @throws the signal's reason, at once. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    if (signal.aborted) leave()
    work.then(resolve, reject).finally(onAbort(signal, leave))
  })
}

/**
 * Fixes what a call sends, before anything is sent.
 *
 * @throws {@link UnsendableError} or {@link BodyTooLargeError} for a request that cannot be sent, and the signal's own
 * reason when it aborts meanwhile.
 */
export function prepareCall(
  settings: FetchSettings,
  input: string | URL | Request,
  init: IdempotentRequestInit,
  options: CheckedCallOptions,
): PreparedCall | Promise<PreparedCall> {
  const base = input instanceof Request ? input : undefined
  const signal = init.signal === undefined ? base?.signal : init.signal
  // Read now, as the caller may use `init` again while a body is read.
  const { idempotencyKey, idempotency: _, ...plain } = init
  const prepare = (request: CapturedRequest): PreparedCall => {
    // Not `throwIfAborted()`, which not every runtime has.
    if (signal?.aborted) throw signal.reason
    if (signal && !('addEventListener' in signal)) throw new TypeError('signal is no AbortSignal')
    const { carrier } = settings.guard.contract
    const givenKey = idempotencyKey === undefined ? readGivenKey(carrier, request) : idempotencyKey
    return { request, options, givenKey }
  }
  const refuse = (cause: unknown): never => {
    const method = (init.method ?? base?.method ?? 'GET').toUpperCase()
    const url = withoutSecrets(base?.url ?? String(input))
    const facts = { key: undefined, attempts: 0, outcome: 'not-applied', method, url } as const
    if (signal?.aborted) {
      rememberFacts(signal.reason, { ...facts, replayed: false }, {})
      throw signal.reason
    }
    throw cause instanceof OversizedBody
      ? new BodyTooLargeError(facts)
      : new UnsendableError({ ...facts, cause })
  }
  try {
    const captured = captureRequest(input, plain, settings)
    if (!(captured instanceof Promise)) return prepare(captured)
    return (signal ? untilAborted(captured, signal) : captured).then(prepare).catch(refuse)
  } catch (cause) {
    return refuse(cause)
  }
}
