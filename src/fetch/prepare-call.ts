import { monotonicNow } from '../clock/clock.js'
import { BodyTooLargeError } from '../errors/body-too-large-error.js'
import { DeadlineError } from '../errors/deadline-error.js'
import { UnsendableError } from '../errors/unsendable-error.js'
import { rememberFacts } from '../operation/facts.js'
import { safeUrl } from '../errors/safe-url.js'
import { captureRequest, takesTime, type CapturedRequest } from '../transport/capture-request.js'
import { OversizedBody } from '../transport/captured-body.js'
import type { CheckedCallOptions } from '../loop/call-options.js'
import type { FetchSettings } from './fetch-options.js'
import type { IdempotentRequestInit } from './idempotent-init.js'
import { untilEnded } from '../loop/wait-until.js'
import { reasonOf } from '../transport/on-abort.js'
import { readGivenKey } from '../transport/stamp-request.js'
import { isPromise, isRequest } from '../transport/web-shapes.js'
import { readInit } from '../transport/init-members.js'

/** A call with everything fixed: it can be launched again, by `retry()`. */
export interface PreparedCall {
  readonly request: CapturedRequest
  readonly options: CheckedCallOptions
  readonly givenKey: unknown
  /** The key was made for an earlier call, which this one goes on with. */
  readonly isGenerated?: boolean | undefined
  /** Where a redirect has led it. */
  readonly landing?: string | undefined
  /** The hooks have made of the request what they wanted: it is sent as it is. */
  readonly isHooked?: boolean
  /** When the call has to end, by the monotonic clock, where its body took time to read. */
  readonly deadlineAtMs?: number | undefined
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
  const base = isRequest(input) ? input : undefined
  const signal = init.signal === undefined ? base?.signal : init.signal
  // Read now, as the caller may use `init` again while a body is read.
  const plain = readInit(init)
  const { idempotencyKey } = plain
  let deadlineAtMs: number | undefined
  let late: DeadlineError | undefined
  const prepare = (request: CapturedRequest): PreparedCall => {
    // Not `throwIfAborted()`, which not every runtime has.
    if (signal?.aborted) throw reasonOf(signal)
    if (signal && !('addEventListener' in signal)) throw new TypeError('signal is no AbortSignal')
    const { carrier } = settings.operation.contract
    const givenKey = idempotencyKey === undefined ? readGivenKey(carrier, request) : idempotencyKey
    return { request, options, givenKey, deadlineAtMs }
  }
  const describe = () => {
    const method = String(init.method ?? base?.method ?? 'GET').toUpperCase()
    const url = safeUrl(base?.url ?? String(input))
    return { key: undefined, attempts: 0, outcome: 'not-applied', method, url } as const
  }
  const refuse = (cause: unknown): never => {
    if (late !== undefined) throw late
    const facts = describe()
    if (signal?.aborted) {
      const reason = reasonOf(signal)
      rememberFacts(reason, { ...facts, replayed: false }, {})
      throw reason
    }
    throw cause instanceof OversizedBody
      ? new BodyTooLargeError(facts)
      : new UnsendableError({ ...facts, cause })
  }
  try {
    const stop = takesTime(input, plain) ? new AbortController() : undefined
    const captured = captureRequest(input, plain, settings, stop?.signal)
    if (!isPromise(captured)) return prepare(captured)
    const { clock, policy } = settings.operation
    const leftMs = options.retry?.deadlineMs ?? policy.deadlineMs
    deadlineAtMs = monotonicNow(clock) + leftMs
    const limit = { leftMs, late: () => (late = new DeadlineError(describe())) }
    const inTime = untilEnded(captured, signal ?? undefined, limit, (reason) => stop?.abort(reason))
    return inTime.then(prepare).catch(refuse)
  } catch (cause) {
    return refuse(cause)
  }
}
