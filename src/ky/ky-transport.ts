import { UnsendableError } from '../errors/unsendable-error.js'
import type { ScopeGuard } from '../loop/scope-guard.js'
import type { TrackedOperation } from '../loop/tracked-operation.js'
import type { Transport } from '../loop/transport.js'
import type { AttemptResult } from '../transport/attempted.js'
import { canBeSentOnce, type CapturedRequest } from '../transport/capture-request.js'
import { sendAttempt, type Sender } from '../transport/send-attempt.js'
import { stampRequest, unstampRequest, withHeaders } from '../transport/stamp-request.js'
import type { KeyCarrier } from '../contract/carrier.js'
import { releaseCopy } from '../transport/settled-response.js'
import type { KyCall } from './ky-call.js'
import {
  createHttpError,
  createNetworkError,
  createTimeoutError,
  isConnectionFailure,
  toNetworkFailure,
} from './ky-errors.js'
import { readAllowance, type OwnRetryOptions } from './ky-retries.js'
import type { KyOptions } from './ky-shapes.js'
import { isRequest, isResponse } from '../transport/web-shapes.js'
import { isSentOnce } from '../transport/captured-body.js'

/** What a call of ky is sent with. */
export interface KySending {
  readonly call: KyCall
  readonly options: KyOptions
  readonly retry: OwnRetryOptions
  readonly carrier: KeyCarrier
  readonly sender: Sender
  readonly guard: ScopeGuard | undefined
}

function isThrown({ throwHttpErrors = true }: KyOptions, { ok, status, type }: Response): boolean {
  if (ok || type === 'opaque') return false
  return typeof throwHttpErrors === 'function' ? throwHttpErrors(status) : throwHttpErrors
}

/** The request as hooks are shown it; a body that streams is left out, as a hook that read it would use it up. */
function showRequest({ url, method, headers, body, rest, signal }: CapturedRequest): Request {
  const shown = (isSentOnce(body) ? null : (body ?? null)) as BodyInit | null
  return new Request(url, { ...rest, method, headers, body: shown, ...(signal && { signal }) })
}

/** The body of an answer as ky 2 shows it on its errors: parsed where it is JSON, `undefined` where it was not read. */
function readData(
  attempted: AttemptResult<Response>['attempted'],
  { parseJson = (json) => JSON.parse(json) as unknown }: KyOptions,
): unknown {
  if ('lost' in attempted || attempted.bytes === undefined || attempted.bytes.length === 0) return undefined
  const text = new TextDecoder().decode(attempted.bytes)
  if (!/^[^;]*[/+-]json\s*(?:;|$)/i.test(attempted.headers.get('content-type') ?? '')) return text
  try {
    return parseJson(text) as unknown
  } catch {
    return undefined
  }
}

/** How a write of ky is sent: as ky sends it, with the user's hooks where ky runs them. */
export function openKyTransport(
  { call, options, retry, carrier, sender, guard }: KySending,
  first: CapturedRequest,
  operation: TrackedOperation,
): Transport<Response> {
  const { key, companions } = operation
  const { beforeRequest, afterResponse, beforeRetry, isKy2 } = call
  const shown = call.shown as object
  let request = first

  const stamp = () => {
    if (key === undefined || !operation.isKeyed()) return
    try {
      request = stampRequest(carrier, request, key, companions)
    } catch (cause) {
      throw new UnsendableError({ ...operation.errorFacts(), cause }, (cause as Error).message)
    }
  }
  stamp()

  const decorate = (response: Response) => {
    const { parseJson } = options
    if (parseJson)
      response.json = async () =>
        parseJson(await response.text(), { request: showRequest(request), response })
    return response
  }
  /** Runs the user's `afterResponse` on an answer, as ky does: each hook has a copy of its own. */
  const inspect = async (response: Response, sent: CapturedRequest) => {
    const outgoing = showRequest(sent)
    const { retryCount } = call
    let standing = response
    for (const hook of afterResponse) {
      const copy = decorate(standing.clone())
      const given = isKy2
        ? [{ request: outgoing, options: shown, response: copy, retryCount }]
        : [outgoing, shown, copy, { retryCount }]
      const result = await hook(...(given as never[]))
      releaseCopy(copy, standing, result)
      if (isResponse(result)) standing = result
      else if (result !== undefined && result !== null) {
        // `ky.retry()`: ky itself knows what to do with it.
        call.forced = result
        break
      }
    }
    return standing
  }

  const toKyError = ({ answer, attempted, error }: AttemptResult<Response>): Error => {
    const outgoing = showRequest(request)
    if (answer !== undefined) {
      const data = isKy2 ? readData(attempted, options) : undefined
      return createHttpError(answer.clone(), outgoing, shown, data)
    }
    const isTimeout = 'lost' in attempted && attempted.isTimeout
    return isTimeout ? createTimeoutError(outgoing) : createNetworkError(outgoing, error, isKy2)
  }

  return {
    async send(signal, headers, onStatus) {
      const outgoing = headers ? withHeaders(request, headers, carrier) : request
      const refused = guard?.(outgoing)
      if (refused !== undefined) return refused
      const result = await sendAttempt(
        sender,
        outgoing,
        signal,
        afterResponse.length > 0 ? inspect : undefined,
        onStatus,
      )
      const { attempted, error } = result
      // Whatever a body that breaks off says, it is the connection that failed.
      return 'lost' in attempted && attempted.isCut ? { ...result, error: toNetworkFailure(error) } : result
    },
    allow(result, reading) {
      const { attempted, answer, error } = result
      if (call.forced !== undefined) return 'refused'
      // ky asks its user only where another attempt is left.
      if (retry.limit !== undefined && call.retryCount >= retry.limit) return 'allowed'
      const isTimeout = 'lost' in attempted && attempted.isTimeout
      if (answer === undefined && !isTimeout && !isConnectionFailure(error)) return 'refused'
      // A success that is none by its contract, such as the 200 of GraphQL that says "throttled", which ky could not tell.
      if (answer?.ok && reading.verdict !== 'done') return 'allowed'
      return readAllowance(retry, {
        method: request.method,
        status: answer?.status,
        isTimeout,
        hasWait: answer?.headers.has('retry-after') === true,
        isThrown: answer !== undefined && isThrown(options, answer),
        error: () => toKyError(result),
        retryCount: call.retryCount + 1,
      })
    },
    async prepareRetry(result) {
      const retryCount = (call.retryCount += 1)
      if (canBeSentOnce(request)) return 'body-used'
      if (key !== undefined && !operation.isKeyed())
        request = unstampRequest(carrier, request, first, companions)
      const isRenewed = !isKy2 && beforeRequest.length > 0
      if (beforeRetry.length === 0 && !isRenewed) return undefined
      let standing = showRequest(request)
      const error = beforeRetry.length > 0 ? toKyError(result) : undefined
      for (const hook of beforeRetry) {
        let given: unknown
        try {
          given = await hook({ request: standing, options: shown, error, retryCount } as never)
        } catch (thrown) {
          call.replay = () => {
            throw thrown
          }
          return 'user'
        }
        if (isResponse(given) || typeof given === 'symbol') {
          call.replay = () => given
          return 'user'
        }
        if (isRequest(given)) {
          standing = given
          break
        }
      }
      // ky 1 runs `beforeRequest` on every attempt.
      for (const hook of isRenewed ? beforeRequest : []) {
        const given = await hook(...([standing, shown, { retryCount }] as never[]))
        if (isResponse(given)) return given
        if (isRequest(given)) {
          standing = given
          break
        }
      }
      request = { ...request, url: standing.url, headers: Object.fromEntries(standing.headers) }
      stamp()
      return undefined
    },
    stopped: (why) => void (call.stoppedBy = why),
    again: undefined,
  }
}
