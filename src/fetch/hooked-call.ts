import { UnsendableError } from '../errors/unsendable-error.js'
import type { TrackedOperation } from '../loop/tracked-operation.js'
import type { CapturedRequest } from '../transport/capture-request.js'
import type { FetchSettings } from './fetch-options.js'
import type { HookRequest, StateOptions } from './hooks.js'
import type { AttemptResult } from '../transport/attempted.js'
import type { Inspect } from '../transport/send-attempt.js'
import { releaseCopy } from '../transport/settled-response.js'
import { showError, showRequest, takeHeaders, takeHooked } from './shown-request.js'
import { isRequest, isResponse } from '../transport/web-shapes.js'

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
    last: AttemptResult<Response>,
    retries: number,
  ) => Promise<CapturedRequest | Response | symbol>
  /** Runs `afterResponse`. */
  readonly inspect: Inspect | undefined
}

export function createHookedCall(
  { beforeRequest, beforeRetry, afterResponse }: NonNullable<FetchSettings['hooks']>,
  { method }: CapturedRequest,
  operation: TrackedOperation,
): HookedCall {
  const options = { method, context: {} } as StateOptions
  const refuse = (cause: unknown): never => {
    throw new UnsendableError({ ...operation.errorFacts(), cause })
  }
  let retryCount = 0
  const asState = <More extends object>(request: Request, more: More): HookRequest & More =>
    Object.assign(request, { request, options, ...more })
  return {
    async begin(request, isHooked) {
      const shown = await Promise.resolve(request).then(showRequest).catch(refuse)
      if (isHooked || beforeRequest.length === 0) return request
      let standing = shown
      for (const hook of beforeRequest) {
        const state = { retryCount: 0 } as const
        const result = await hook(asState(standing, state), options, state)
        if (isResponse(result)) return result
        if (isRequest(result)) standing = result
      }
      return takeHooked(request, shown, standing).catch(refuse)
    },
    async prepare(request, last, retries) {
      retryCount = retries
      if (beforeRetry.length === 0) return request
      const { answer } = last
      const copy = answer?.clone()
      const state = { options, error: showError({ ...last, answer: copy }), retryCount }
      let standing = showRequest(request)
      let result: unknown
      for (const hook of beforeRetry) {
        result = await hook({ ...state, request: standing })
        if (isResponse(result) || typeof result === 'symbol') break
        if (isRequest(result)) standing = result
      }
      if (copy !== undefined) releaseCopy(copy, answer as Response, result)
      return isResponse(result) || typeof result === 'symbol' ? result : takeHeaders(request, standing)
    },
    inspect:
      afterResponse.length === 0
        ? undefined
        : async (response, sent) => {
            const request = showRequest(sent)
            let standing = response
            for (const hook of afterResponse) {
              const copy = standing.clone()
              const state = { response: copy, retryCount }
              const result = await hook(asState(request, state), options, copy, { retryCount })
              releaseCopy(copy, standing, result)
              if (isResponse(result)) standing = result
            }
            if (standing !== response) releaseCopy(response, response)
            return standing
          },
  }
}
