import { UnsendableError } from '../errors/unsendable-error.js'
import type { OperationSettings } from '../loop/operation-options.js'
import { createScopeGuard } from '../loop/scope-guard.js'
import type { TrackedOperation } from '../loop/tracked-operation.js'
import type { Transport } from '../loop/transport.js'
import type { AttemptResult } from '../transport/attempted.js'
import { canBeSentOnce, captureRequest, type CapturedRequest } from '../transport/capture-request.js'
import { isSentOnce } from '../transport/captured-body.js'
import { sendAttempt, type Sender } from '../transport/send-attempt.js'
import { releaseCopy } from '../transport/settled-response.js'
import { stampRequest, unstampRequest, withHeaders } from '../transport/stamp-request.js'
import { isRequest, isResponse } from '../transport/web-shapes.js'
import { countRetries, type KyCall, type LastAttempt } from './ky-call.js'
import { createHttpError, createLossError, createTimeoutError, toNetworkFailure } from './ky-errors.js'
import { readAllowance } from './ky-retries.js'
import { isKyRead, type KyOptions } from './ky-shapes.js'

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

/** `ky.stop`, of whichever copy of ky. */
function isStop(result: unknown): boolean {
  return typeof result === 'symbol' && result.description === 'stop'
}

/** How a write of ky is sent: as ky sends it, with the user's hooks where ky runs them. */
export function openKyTransport(
  call: KyCall,
  { contract, clock }: OperationSettings,
  sender: Sender,
  first: CapturedRequest,
  operation: TrackedOperation,
): Transport<Response> {
  const { carrier } = contract
  const guard = createScopeGuard(contract, operation)
  const { key, companions } = operation
  const { beforeRequest, afterResponse, beforeRetry, isKy2, options, shown } = call
  const limit = countRetries(call) + operation.policy.maxAttempts - 1
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
    const retryCount = countRetries(call)
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
        call.phase = 'forced'
        call.handBack = () => result
        break
      }
    }
    return standing
  }

  /** The error that ky would show for an attempt: one object for `shouldRetry`, the hooks, and the caller. */
  const showError = (last: LastAttempt): Error => {
    const { answer, attempted, error } = last.result
    const make = () => {
      const outgoing = showRequest(request)
      if (answer !== undefined)
        return createHttpError(
          answer.clone(),
          outgoing,
          shown,
          isKy2 ? readData(attempted, options) : undefined,
        )
      const isTimeout = 'lost' in attempted && attempted.isTimeout
      return isTimeout ? createTimeoutError(outgoing) : createLossError(outgoing, error, isKy2)
    }
    return (last.shown ??= make())
  }

  /** The request as a hook has left it. Another one than it was shown is sent as it is, with its body. */
  const take = async (standing: Request, given: Request) => {
    const { method, url, headers } = standing
    const next = { method, url, headers: Object.fromEntries(headers) }
    if (standing === given) return { ...request, ...next }
    const { body } = await captureRequest(
      standing,
      {},
      { maxRequestBytes: Infinity, oversizedBody: 'refuse' },
    )
    return { ...request, ...next, body }
  }

  const replay = (handBack: () => unknown) => {
    Object.assign(call, { phase: 'replay', handBack })
    // ky counts it.
    call.ownRetries -= 1
    return 'user' as const
  }

  return {
    async send(signal, headers, onStatus) {
      const outgoing = headers ? withHeaders(request, headers, carrier) : request
      const refused = guard?.(outgoing)
      if (refused !== undefined) return refused
      const look = afterResponse.length > 0 ? inspect : undefined
      const result = await sendAttempt(sender, outgoing, signal, look, onStatus, operation)
      const { attempted, error } = result
      // Whatever a body that breaks off says, it is the connection that failed.
      return 'lost' in attempted && attempted.isCut ? { ...result, error: toNetworkFailure(error) } : result
    },
    allow(result, reading) {
      const last: LastAttempt = { result }
      call.last = last
      if (call.phase === 'forced') return 'refused'
      // ky asks its user only where another attempt is left.
      if (countRetries(call) >= limit) return 'allowed'
      // A success that is none by its contract, such as the 200 of GraphQL that says "throttled", which ky could not tell.
      if (result.answer?.ok && reading.verdict !== 'done') return 'allowed'
      const { method } = request
      return readAllowance(call, last, { method, nowMs: clock.now(), show: () => showError(last) })
    },
    async prepareRetry() {
      call.ownRetries += 1
      const retryCount = countRetries(call)
      if (canBeSentOnce(request)) return 'body-used'
      if (key !== undefined && !operation.isKeyed())
        request = unstampRequest(carrier, request, first, companions)
      const isRenewed = !isKy2 && beforeRequest.length > 0
      if (beforeRetry.length === 0 && !isRenewed) return undefined
      const given = showRequest(request)
      let standing = given
      const error = beforeRetry.length > 0 && call.last ? showError(call.last) : undefined
      for (const hook of beforeRetry) {
        let result: unknown
        try {
          result = await hook({ request: standing, options: shown, error, retryCount } as never)
        } catch (thrown) {
          return replay(() => {
            throw thrown
          })
        }
        // A read in place of the write, such as a look-up, is ky's alone.
        const isRead = isRequest(result) && isKyRead(result.method)
        if (isResponse(result) || isStop(result) || isRead) {
          return replay(() => result)
        }
        if (isRequest(result)) {
          standing = result
          break
        }
      }
      // ky 1 runs `beforeRequest` on every attempt.
      for (const hook of isRenewed ? beforeRequest : []) {
        const result = await hook(...([standing, shown, { retryCount }] as never[]))
        if (isResponse(result)) return result
        if (isRequest(result)) {
          standing = result
          break
        }
      }
      request = await take(standing, given)
      stamp()
      operation.goTo(request.url, request.method)
      // Where a hook leads it, no redirect has.
      if (standing.url !== given.url) operation.landing = undefined
      return undefined
    },
    stopped: (why) => void (call.stoppedBy = why),
    again: undefined,
  }
}
