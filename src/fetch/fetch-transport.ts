import { UnsendableError } from '../errors/unsendable-error.js'
import { createScopeGuard } from '../loop/scope-guard.js'
import type { TrackedOperation } from '../loop/tracked-operation.js'
import type { OpenedOperation } from '../operation/operation-journal.js'
import type { Transport } from '../loop/transport.js'
import { canBeSentOnce, type CapturedRequest } from '../transport/capture-request.js'
import { sendAttempt } from '../transport/send-attempt.js'
import { stampRequest, unstampRequest, withHeaders } from '../transport/stamp-request.js'
import { allowResend } from '../transport/layer-below.js'
import type { FetchSettings } from './fetch-options.js'
import { createHookedCall } from './hooked-call.js'
import type { PreparedCall } from './prepare-call.js'
import { isResponse } from '../transport/web-shapes.js'

/** The request with a body that was not sent before. */
async function remade(request: CapturedRequest): Promise<CapturedRequest> {
  return request.remake === undefined ? request : { ...request, body: await request.remake() }
}

/**
 * How one call is sent by `fetch`: the key is put in, the hooks run, and each attempt sends what the first one sent.
 * `relaunch` sends the call again after its end.
 *
 * @throws {@link UnsendableError} for a request that cannot take the key.
 */
export function openFetchTransport(
  settings: FetchSettings,
  operation: TrackedOperation,
  call: PreparedCall,
  opened: OpenedOperation | undefined,
  relaunch: (call: PreparedCall) => Promise<Response>,
): Transport<Response> {
  const { contract } = settings.operation
  const { carrier } = contract
  const guard = createScopeGuard(contract, operation)
  const { key, companions } = operation
  let request = call.request
  const { response: bodyReading } = call.options
  const sender = bodyReading === undefined ? settings : { ...settings, bodyReading }

  const stamp = () => {
    if (key === undefined || !operation.isKeyed()) return
    try {
      request = stampRequest(carrier, request, key, companions)
    } catch (cause) {
      throw new UnsendableError({ ...operation.errorFacts(), cause }, (cause as Error).message)
    }
  }
  stamp()
  if (key !== undefined && operation.isRepeatable()) request = allowResend(request)
  // What `retry()` sends: the request as the first attempt had it.
  let fixed = request
  let isHooked = call.isHooked === true
  const hooked = settings.hooks && createHookedCall(settings.hooks, request, operation)

  const again = async () => {
    const { firstSentMs, ...rest } = operation.resume()
    const request = await remade(fixed)
    // The journal knows the key, and when it was first sent.
    if (opened !== undefined) {
      const options = { ...call.options, step: opened.step }
      return relaunch({ ...call, request, options, isHooked, landing: rest.landing, deadlineAtMs: undefined })
    }
    return relaunch({ request, options: { ...call.options, firstSentMs }, isHooked, ...rest })
  }
  return {
    begin:
      hooked &&
      (async () => {
        const begun = await hooked.begin(request, isHooked)
        if (isResponse(begun)) return begun
        request = begun
        stamp()
        operation.goTo(request.url, request.method.toUpperCase())
        fixed = request
        isHooked = true
        return undefined
      }),
    send(signal, headers, onStatus) {
      const outgoing = headers ? withHeaders(request, headers, carrier) : request
      return guard?.(outgoing) ?? sendAttempt(sender, outgoing, signal, hooked?.inspect, onStatus, operation)
    },
    async prepareRetry(result, retries) {
      if (canBeSentOnce(request)) return 'body-used'
      request = await remade(request)
      if (key !== undefined && !operation.isKeyed())
        request = unstampRequest(carrier, request, call.request, companions)
      if (hooked === undefined) return undefined
      const prepared = await hooked.prepare(request, result, retries)
      if (isResponse(prepared)) return prepared
      if (typeof prepared === 'symbol') return 'final'
      request = prepared
      stamp()
      return undefined
    },
    again: canBeSentOnce(fixed) ? undefined : again,
  }
}
