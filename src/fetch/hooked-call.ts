import { UnsendableError } from '../errors/unsendable-error.js'
import type { GuardedOperation } from '../guard/guard.js'
import type { CapturedRequest } from './capture-request.js'
import type { FetchSettings } from './fetch-options.js'
import { runAfterResponse, runBeforeRequest, runBeforeRetry, type HookOptions } from './hooks.js'
import type { AttemptResult, Inspect } from './send-attempt.js'
import { showError, showRequest, takeHooked } from './shown-request.js'

/** The hooks of one call, in the order in which its request meets them. What a hook throws ends the operation. */
export interface HookedCall {
  /**
   * Runs `beforeRequest`, once.
   *
   * @throws {@link UnsendableError} for a request that no hook can be shown, or that a hook has made.
   */
  readonly begin: (request: CapturedRequest, isHooked: boolean) => Promise<CapturedRequest | Response>
  /** Runs `beforeRetry`. A symbol stops. */
  readonly prepare: (
    request: CapturedRequest,
    last: AttemptResult,
    retries: number,
  ) => Promise<CapturedRequest | Response | symbol>
  /** Runs `afterResponse`. */
  readonly inspect: Inspect | undefined
}

export function createHookedCall(
  { beforeRequest, beforeRetry, afterResponse }: NonNullable<FetchSettings['hooks']>,
  { method }: CapturedRequest,
  operation: GuardedOperation,
): HookedCall {
  const options: HookOptions = { method, context: {} }
  const refuse = (cause: unknown): never => {
    throw new UnsendableError({ ...operation.errorFacts(), cause })
  }
  let retryCount = 0
  return {
    async begin(request, isHooked) {
      const shown = await Promise.resolve(request).then(showRequest).catch(refuse)
      if (isHooked || beforeRequest.length === 0) return request
      const hooked = await runBeforeRequest(beforeRequest, shown, options)
      return hooked instanceof Response ? hooked : takeHooked(request, shown, hooked).catch(refuse)
    },
    async prepare(request, last, retries) {
      retryCount = retries
      if (beforeRetry.length === 0) return request
      const state = { request: showRequest(request), options, error: showError(last), retryCount }
      const hooked = await runBeforeRetry(beforeRetry, state)
      return hooked instanceof Request ? { ...request, headers: Object.fromEntries(hooked.headers) } : hooked
    },
    inspect:
      afterResponse.length === 0
        ? undefined
        : async (response, sent) =>
            runAfterResponse(afterResponse, showRequest(sent), options, response, retryCount),
  }
}
